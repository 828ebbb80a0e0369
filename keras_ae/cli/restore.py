"""The verb that restores images and sounds with an exported restorer: restore."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import Any

from keras_ae.cli.arguments import EXPORT, MODELS, add_option
from keras_ae.cli.output import load_tensorflow, show
from keras_ae.cli.parser import add_former
from keras_ae.data.sources.local import local_copy

__all__ = ["ORDER", "add"]

ORDER = 6


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "restore", restore, "restore images or sounds: cleaned, enlarged or filled in", "use",
        "keras-ae restore photo_denoising photos/ --output clean", result=True,
    )  # fmt: skip
    parser.add_argument("recipe", help=EXPORT)
    parser.add_argument("input", help="an image or a sound, or a folder of them")
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
    add_option(parser, "--tile", "default: 512", type=int, metavar="PIXELS")
    add_option(
        parser, "--most-megapixels",
        "before it is decoded, or where it would become larger, before it is enlarged (default: 100)",
        type=float, metavar="N",
    )  # fmt: skip
    add_option(parser, "--most-seconds", "of sounds (default: 7200)", type=float, metavar="S")
    add_option(parser, "--models", type=Path, default=MODELS, metavar="FOLDER")


def restore(options: argparse.Namespace) -> int:
    """Restores each file and prints the speed; returns 1 if some were left out."""
    from keras_ae.apps.restoration.kinds import kind_of
    from keras_ae.apps.restoration.request import HEAD, find_restorer
    from keras_ae.serving.card_signatures import version_card

    folder = find_restorer(options.models, options.recipe, options.head_version, options.head or HEAD)
    output = options.output or Path("restored", folder.parents[1].name)
    of_some = {  # the options that not every restorer takes
        "mask": options.mask,
        "tile": options.tile,
        "most_megapixels": options.most_megapixels,
        "most_seconds": options.most_seconds,
    }
    given = {name: value for name, value in of_some.items() if value is not None}
    kind = kind_of(version_card(folder), given)
    request = kind.request(local_copy(options.input), output, options.force, **given)
    load_tensorflow()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    done = kind.restore(folder, request, _say)
    for name, reason in done.failures.items():
        print(f"keras-ae: left out {name}: {reason}", file=sys.stderr)
    lines = [_printable(line) for line in done.lines]
    show(options, {"folder": output, "files": done.files, "left_out": done.failures, "lines": lines}, lines)
    return 1 if done.failures else 0


def _say(text):
    """Prints a line immediately, even if a file's name contains bytes that are not text."""
    print(_printable(text), flush=True)


def _printable(text):
    return text.encode("utf-8", "backslashreplace").decode()
