"""Files of rows that are no texts of rows, as such: workbooks of Excel, ARFF, JSON."""

from __future__ import annotations

import functools
import os
from pathlib import Path

from keras_ae.data.examples import LARGEST
from keras_ae.data.tables.arff import read_arff
from keras_ae.data.tables.json_records import read_json
from keras_ae.data.tables.sheets import read_sheet
from keras_ae.data.tables.suffixes import SHEETS, row_suffix
from keras_ae.errors import InputError

__all__ = ["read_converted"]


def read_converted(path: str | Path) -> tuple[str, str]:
    """Reads a file as text.

    Args:
        path: A file of one of the suffixes `SHEETS` and `RECORDS`.

    Returns:
        Rows of comma-separated values; and what they were in the file.

    Raises:
        InputError: It cannot be read.
    """
    if row_suffix(path) in SHEETS:
        return read_sheet(path)
    try:
        facts = os.stat(path)
        if facts.st_size > LARGEST:
            size = f"{facts.st_size / 2**30:.1f} GiB"
            raise InputError(f"{path} takes {size}; save fewer columns or rows as CSV")
        return _read(str(path), facts.st_mtime_ns, facts.st_size)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}); check the path") from error


@functools.lru_cache(maxsize=1)  # the beginning is looked at before all is read
def _read(path, *_):
    return read_arff(path) if row_suffix(path) == ".arff" else read_json(path)
