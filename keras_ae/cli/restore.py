"""The verb that restores images with an exported restorer: restore."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import Any

from keras_ae.cli.arguments import EXPORT, MODELS, add_option
from keras_ae.cli.output import load_tensorflow, show
from keras_ae.cli.parser import add_former

__all__ = ["ORDER", "add"]

ORDER = 6


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "restore", restore, "restore an image or a folder of them: cleaned, enlarged or filled in", "use",
        "keras-ae restore photo_denoising photos/ --output clean", result=True,
    )  # fmt: skip
    parser.add_argument("recipe", help=EXPORT)
    parser.add_argument("input", help="an image, or a folder of images")
    add_option(parser, "--output", "default: restored/MODEL", type=Path, metavar="FOLDER")
    add_option(
        parser, "--mask",
        "an image of the same size, white where they are, or a folder of such masks (default: fully "
        "transparent pixels)", type=Path, metavar="FILE_OR_FOLDER",
    )  # fmt: skip
    add_option(parser, "--head", "default: restorer; colorization also has vivid_restorer", metavar="NAME")
    add_option(parser, "--force", action="store_true")
    add_option(parser, "--head-version", "default: the stable one", type=int, metavar="N")
    add_former(parser, "--version", "is now --head-version")
    add_option(parser, "--tile", "default: 512", type=int, default=512, metavar="PIXELS")
    add_option(
        parser, "--most-megapixels",
        "before it is decoded, or where it would become larger, before it is enlarged (default: 100)",
        type=float, default=100.0, metavar="N",
    )  # fmt: skip
    add_option(parser, "--models", type=Path, default=MODELS, metavar="FOLDER")


def restore(options: argparse.Namespace) -> int:
    """Restores each image and prints the speed; returns 1 if some were left out."""
    from keras_ae.apps.restoration.request import HEAD, RestorationRequest, find_restorer

    folder = find_restorer(options.models, options.recipe, options.head_version, options.head or HEAD)
    output = options.output or Path("restored", folder.parents[1].name)
    request = RestorationRequest.of(
        options.input, output, options.mask, options.force, options.tile, options.most_megapixels
    )
    load_tensorflow()
    from keras_ae.apps.restoration.head import Restorer
    from keras_ae.apps.restoration.restore import restore, summary

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    done = restore(Restorer.of(folder), request, _say)
    for name, reason in done.failures.items():
        print(f"keras-ae: left out {name}: {reason}", file=sys.stderr)
    files = [job.restored for job in request.jobs if str(job.name) not in done.failures]
    lines = [_printable(line) for line in summary(done, request)]
    show(options, {"folder": output, "files": files, "left_out": done.failures, "lines": lines}, lines)
    return 1 if done.failures else 0


def _say(text):
    """Prints a line immediately, even if a file's name contains bytes that are not text."""
    print(_printable(text), flush=True)


def _printable(text):
    return text.encode("utf-8", "backslashreplace").decode()
