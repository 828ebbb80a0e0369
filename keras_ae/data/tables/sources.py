"""The text of files of rows: compressed or not, in whatever encoding, or in a workbook."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TextIO

from keras_ae.data.examples import LARGEST
from keras_ae.data.tables.byte_order import marked_encoding
from keras_ae.data.tables.converted import read_converted
from keras_ae.data.tables.suffixes import RECORDS, SHEETS, row_suffix
from keras_ae.errors import InputError

__all__ = ["encoding_of", "open_text", "readable"]

MOST_BYTES = 4 * LARGEST
"""Bytes of a text, decompressed, at most."""

_AT_ONCE = 2**20
_BROKEN = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile, NotImplementedError)


def encoding_of(path: str | Path) -> str:
    """The encoding of a text: what its byte order mark says, UTF-8 if all of it is, else Windows' or Latin-1.

    Args:
        path: The file.

    Returns:
        The encoding's name in Python.

    Raises:
        InputError: For a file that cannot be read, is binary, or too large once it is decompressed.
    """
    if row_suffix(path) in (*SHEETS, *RECORDS):
        return "utf-8"
    with readable(path), _open_bytes(path) as file:
        start = file.read(_AT_ONCE)
    marked = marked_encoding(start)
    if marked is None and b"\0" in start:
        raise InputError(f"expected a file of rows, {path} is binary; save it as comma-separated values")
    for encoding in [marked] if marked else ["utf-8", "cp1252", "latin-1"]:
        if _decodes(path, encoding):
            return encoding
    raise InputError(f"{path} is no text in {marked}, as its first bytes say; save it as CSV in UTF-8")


@contextmanager
def open_text(path: str | Path, encoding: str) -> Iterator[TextIO]:
    """Opens a text, in which every line ends in a line feed.

    Args:
        path: The file.
        encoding: As `encoding_of` gives it.

    Yields:
        The text.

    Raises:
        InputError: For a file that cannot be read.
    """
    if row_suffix(path) in (*SHEETS, *RECORDS):
        yield io.StringIO(read_converted(path)[0])
        return
    with readable(path), _open_bytes(path) as file, io.TextIOWrapper(file, encoding, newline=None) as text:
        yield text


@contextmanager
def readable(path: str | Path) -> Iterator[None]:
    """Raises an InputError where the file that is read in the block cannot be read.

    Args:
        path: The file.

    Yields:
        Nothing.

    Raises:
        InputError: It cannot be read.
    """
    try:
        yield
    except _BROKEN as error:
        raise InputError(f"{path} cannot be decompressed ({error}); compress it again") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}); check the path") from error


@contextmanager
def _open_bytes(path: str | Path) -> Iterator[IO[bytes]]:
    """Opens a file, which is decompressed as it is read."""
    suffix = Path(path).suffix.lower()
    if suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/") and "__MACOSX" not in name]
            if len(names) != 1:
                some = ", ".join(names[:5])
                raise InputError(
                    f"expected one file in {path}, received {len(names)} ({some}); unpack it, and give one"
                )
            if archive.getinfo(names[0]).flag_bits & 1:
                raise InputError(f"{path} is encrypted; unpack it first")
            with archive.open(names[0]) as member:
                yield member
        return
    openers: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
    with openers.get(suffix, open)(path, "rb") as file:
        yield file


def _decodes(path, encoding):
    """Whether all bytes of a file are text in an encoding."""
    decoder, read = codecs.getincrementaldecoder(encoding)(), 0
    with readable(path), _open_bytes(path) as file:
        while part := file.read(_AT_ONCE):
            read += len(part)
            if read > MOST_BYTES:
                raise InputError(
                    f"{path} holds more than {MOST_BYTES / 2**30:g} GiB of text; use fewer columns or rows"
                )
            try:
                decoder.decode(part)
            except UnicodeDecodeError:
                return False
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
