"""Standard input and output in the place of files."""

from __future__ import annotations

import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keras_ae.addresses import is_address
from keras_ae.cli.output import STANDARD
from keras_ae.data.sources.local import local_copy
from keras_ae.data.sources.objects import RemoteObject
from keras_ae.errors import InputError

__all__ = ["input_file", "output_file", "sent_output"]

BEGINNINGS = {
    b"\x93NUMPY": ".npy",
    b"PAR1": ".parquet",
    b"ARROW1": ".feather",
    b"\x1f\x8b": ".csv.gz",
    b"BZh": ".csv.bz2",
    b"\xfd7zXZ\0": ".csv.xz",
    b"\x89PNG\r\n\x1a\n": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"II*\x00": ".tif",
    b"MM\x00*": ".tif",
    b"GIF8": ".gif",
    b"MThd": ".mid",
    b"fLaC": ".flac",
    b"OggS": ".ogg",
    b"FORM": ".aiff",
}
"""Suffixes of files by their first bytes; others are rows of a table, or what a head takes as text."""


@contextmanager
def input_file(path: str) -> Iterator[Path]:
    """A file to read: the one of a path, a local copy of a source, or one with what comes on standard input.

    Args:
        path: The path, what stands for the source, or "-".

    Yields:
        The file; one of standard input has the suffix of its kind.

    Raises:
        InputError: Nothing comes on standard input, or the source cannot be read.
    """
    if path != STANDARD:
        yield Path(local_copy(path))
        return
    with tempfile.TemporaryDirectory() as folder:
        received = Path(folder, "standard_input")
        with received.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield received.rename(received.with_suffix(_suffix(received)))


def _suffix(path):
    """The suffix for what a file holds."""
    with path.open("rb") as file:
        beginning = file.read(12)
    if not beginning:
        raise InputError(
            "expected rows, an array or an image on standard input, received nothing; "
            "pipe a file into it, or name one"
        )
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
        if "[Content_Types].xml" in names:
            return ".xlsx"
        return ".npz" if any(name.endswith(".npy") for name in names) else ".csv.zip"
    if beginning.startswith(b"RIFF"):
        return ".wav" if beginning.endswith(b"WAVE") else ".webp"
    return next((suffix for start, suffix in BEGINNINGS.items() if beginning.startswith(start)), ".csv")


@contextmanager
def sent_output(options: Any) -> Iterator[None]:
    """In the place of an address as output a file here, which is sent there when the block ends.

    Args:
        options: The parsed arguments `output`, which is another in the block, and `force`.

    Yields:
        Nothing.

    Raises:
        InputError: There is a file at the address already, or it cannot be written.
    """
    address = options.output
    if address is None or not is_address(address):
        yield
        return
    target = RemoteObject(address)
    target.check_new(options.force)
    with tempfile.TemporaryDirectory() as folder:
        options.output = str(Path(folder, Path(address).name))
        try:
            yield
        finally:
            options.output = address
        target.send(Path(folder))


@contextmanager
def output_file(path: str | None, suffix: str, stream: Any) -> Iterator[str | None]:
    """A file to write: the one of a path, or one that is copied to standard output when the block ends.

    Args:
        path: The path, "-", or None.
        suffix: The suffix of a file for standard output.
        stream: Standard output.

    Yields:
        The path of the file; None if there is none.
    """
    if path != STANDARD:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder, f"standard_output{suffix}")
        yield str(written)
        if not written.exists():  # none of the inputs could be used
            return
        with written.open("rb") as file:
            stream.flush()
            shutil.copyfileobj(file, stream.buffer)
            stream.buffer.flush()
