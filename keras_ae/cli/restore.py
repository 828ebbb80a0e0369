"""The verb that restores images with an exported restorer: restore."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import Any

from keras_ae.cli.arguments import add_models

__all__ = ["ORDER", "add"]

ORDER = 6


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help) -> the parser of a new verb.
    """
    parser = verb("restore", restore, "restore an image or a folder of them: cleaned, enlarged or filled in")
    parser.add_argument("recipe", help="the name of a recipe with an exported restorer")
    parser.add_argument("input", help="an image, or a folder of images")
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="folder for the PNG files (default: restored/RECIPE)"
    )
    parser.add_argument(
        "--mask", type=Path, metavar="FILE_OR_FOLDER",
        help="missing pixels, for a restorer that fills in: an image of the same size, white where they "
        "are, or a folder of such masks (default: fully transparent pixels)",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace existing files")
    parser.add_argument(
        "--version", type=int, metavar="N", help="version of the restorer (default: the stable one)"
    )
    parser.add_argument(
        "--tile", type=int, default=512, metavar="PIXELS",
        help="side of a tile; smaller tiles need less memory (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--most-megapixels", type=float, default=100.0, metavar="N",
        help="an image of more is left out before it is decoded, one that would become larger before it is "
        "enlarged (default: %(default)g)",
    )  # fmt: skip
    add_models(parser)


def restore(options: argparse.Namespace) -> int:
    """Restores each image and prints the speed; returns 1 if some were left out."""
    from keras_ae.apps.restoration.head import Restorer, find_restorer
    from keras_ae.apps.restoration.request import RestorationRequest
    from keras_ae.apps.restoration.restore import restore, summary

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    recipe = Path(options.recipe).name.removesuffix(".py")
    folder = find_restorer(options.models, recipe, options.version)
    output = options.output or Path("restored", recipe)
    request = RestorationRequest.of(
        options.input, output, options.mask, options.force, options.tile, options.most_megapixels
    )
    done = restore(Restorer.of(folder), request, _say)
    for name, reason in done.failures.items():
        print(f"keras-ae: left out {name}: {reason}", file=sys.stderr)
    _say("\n".join(summary(done, request)))
    return 1 if done.failures else 0


def _say(text):
    """Prints a line immediately, even if a file's name contains bytes that are not text."""
    print(text.encode("utf-8", "backslashreplace").decode(), flush=True)
