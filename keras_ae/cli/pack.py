"""The verbs that move a run as one file: pack and unpack."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from keras_ae.cli.arguments import add_runs
from keras_ae.runs.folders import finished_run
from keras_ae.runs.packed import pack, unpack

__all__ = ["ORDER", "add"]

ORDER = 10


def add(verb: Any) -> None:
    """Adds the verbs of this file.

    Args:
        verb: (name, function, help) -> the parser of a new verb.
    """
    parser = verb("pack", pack_run, "write a finished run into one file, with checksums")
    parser.add_argument("run", help="a recipe's name, for its newest finished run, or a run's folder")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="the file to write (default: RECIPE-NUMBER.zip)"
    )
    parser.add_argument("--force", action="store_true", help="replace an existing file")
    add_runs(parser)
    parser = verb("unpack", unpack_run, "restore a packed run, after checking its checksums")
    parser.add_argument("file", type=Path, help="a file that pack wrote")
    add_runs(parser)


def pack_run(options: argparse.Namespace) -> int:
    """Packs a run and prints the file."""
    folder = Path(options.run)
    if not folder.is_dir():
        folder = finished_run(options.runs, options.run)
    folder = folder.resolve()
    file = options.output or Path(f"{folder.parent.name}-{folder.name}.zip")
    pack(folder, file, options.force)
    print(f"packed {folder} into {file}, {file.stat().st_size / 2**20:.1f} MiB")
    return 0


def unpack_run(options: argparse.Namespace) -> int:
    """Unpacks a run and prints its folder."""
    folder = unpack(options.file, options.runs)
    print(f"run folder: {folder}")
    return 0
