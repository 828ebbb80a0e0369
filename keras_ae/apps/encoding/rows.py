"""The rows of a table as a stream of examples."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.data.streams.rows import Batch
from keras_ae.data.streams.stream import Stream
from keras_ae.data.tables.suffixes import FRAMES, RECORDS, SHEETS, TEXTS, holds_rows
from keras_ae.errors import InputError
from keras_ae.serving.columns import read_columns

__all__ = ["RowStream"]


class RowStream(Stream):
    """The rows of a file, as a head takes them: examples are structured arrays, a field for each column.

    Args:
        path: A file of rows.
        columns: The dtype of each of the head's inputs, by its name.
        data: What the head's card says of the data of its training.

    Raises:
        InputError: It is no file of rows, or lacks a column.
    """

    def __init__(self, path: Path, columns: Mapping[str, str], data: Mapping[str, Any] | None = None):
        if not holds_rows(path) or not path.is_file():
            kinds = ", ".join((*TEXTS, *SHEETS, *FRAMES, *RECORDS))
            raise InputError(
                f"expected a file of rows ({kinds}), as the model was trained on a table; received {path}"
            )
        self.where, self.path = str(path), path
        specs = {name: {"shape": [None], "dtype": dtype} for name, dtype in columns.items()}
        read = read_columns(path, specs, data)
        self.count = len(next(iter(read.values())))
        self.rows = np.empty(self.count, [(name, array.dtype) for name, array in read.items()])
        for name, array in read.items():
            self.rows[name] = array

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Batch]:
        stop = self.count if stop is None else stop
        for first in range(start, stop, size):
            last = min(first + size, stop)
            yield Batch(np.arange(first, last), self.rows[first:last])

    def sha256(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()
