"""The verb that shows runs in a browser: tensorboard."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

from keras_ae.cli.arguments import RUNS, add_option
from keras_ae.cli.checks import check_port
from keras_ae.errors import InputError

__all__ = ["ORDER", "add"]

ORDER = 2

IMAGES = 100
"""Images of each tag that TensorBoard loads, of which it would load 10."""


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "tensorboard", tensorboard, "show runs in a browser, until Ctrl-C", "look up",
        "keras-ae tensorboard --port 7000",
    )  # fmt: skip
    add_option(parser, "--port", "default: 6006", type=int, default=6006)
    add_option(parser, "--host", "0.0.0.0 for all, default: localhost", default="localhost")
    add_option(parser, "--runs", type=Path, default=RUNS, metavar="FOLDER")


def tensorboard(options: argparse.Namespace) -> int:
    """Runs TensorBoard over the folder of all runs; returns its exit status."""
    check_port("--port", options.port)
    if options.runs.exists() and not options.runs.is_dir():
        raise InputError(
            f"expected --runs to be a folder, received the file {options.runs}; name the folder of runs"
        )
    if not options.runs.is_dir() or not any(options.runs.iterdir()):
        print(f"{options.runs} holds no run yet: keras-ae train denoising starts one", flush=True)
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(options.runs)]
    command += ["--samples_per_plugin", f"images={IMAGES}"]
    command += ["--host", options.host, "--port", str(options.port)]
    return subprocess.call(command)
