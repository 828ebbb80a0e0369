"""The verbs that move a run as one file: pack and unpack."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from keras_ae.cli.arguments import RUNS, add_option
from keras_ae.cli.output import show
from keras_ae.runs.folders import finished_run, run_called
from keras_ae.runs.packed import pack, unpack

__all__ = ["ORDER", "add"]

ORDER = 10


def add(verb: Any) -> None:
    """Adds the verbs of this file.

    Args:
        verb: (name, function, help) -> the parser of a new verb.
    """
    parser = verb(
        "pack", pack_run, "write a finished run into one file, with checksums", "train and evaluate",
        "keras-ae pack denoising --output denoising.zip", result=True,
    )  # fmt: skip
    parser.add_argument(
        "run", help="a model's or a recipe's name, for its newest finished run, or a run's folder"
    )
    add_option(parser, "--output", "default: NAME-NUMBER.zip", type=Path, metavar="FILE")
    add_option(parser, "--force", action="store_true")
    add_option(parser, "--runs", type=Path, default=RUNS, metavar="FOLDER")
    parser = verb(
        "unpack", unpack_run, "restore a packed run, after checking its checksums", "train and evaluate",
        "keras-ae unpack denoising.zip", result=True,
    )  # fmt: skip
    parser.add_argument("file", type=Path, help="a file that pack wrote")
    add_option(parser, "--runs", type=Path, default=RUNS, metavar="FOLDER")


def pack_run(options: argparse.Namespace) -> int:
    """Packs a run and prints the file."""
    folder = run_called(options.runs, options.run)
    folder = (folder if os.path.isdir(folder) else finished_run(options.runs, options.run)).resolve()
    file = options.output or Path(f"{folder.parent.name}-{folder.name}.zip")
    pack(folder, file, options.force)
    size = file.stat().st_size
    line = f"packed {folder} into {file}, {size / 2**20:.1f} MiB"
    show(options, {"run": folder, "file": file, "bytes": size}, [line])
    return 0


def unpack_run(options: argparse.Namespace) -> int:
    """Unpacks a run and prints its folder."""
    folder = unpack(options.file, options.runs)
    show(options, {"run": folder}, [f"run folder: {folder}"])
    return 0
