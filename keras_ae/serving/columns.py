"""Rows of a table as inputs of a served head, and outputs of a head as rows of a table."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from keras_ae.errors import InputError

__all__ = ["TABLES", "RowWriter", "column_names", "read_columns"]

TABLES = (".csv", ".tsv", ".txt")
"""The suffixes of files of rows."""


def read_columns(path: Path, specs: Mapping[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Reads the columns that a signature takes from a file of rows.

    Args:
        path: A file of comma-separated values.
        specs: The signature's inputs, {"shape", "dtype"} by name.

    Returns:
        Columns by the inputs' names: strings where the signature takes strings, else float32.

    Raises:
        InputError: The file lacks a column.
    """
    from keras_ae.data.tables.dialect import detect_dialect
    from keras_ae.data.tables.preprocessing import served_names, words_of
    from keras_ae.data.tables.reading import read_table

    names = served_names(detect_dialect(path).names)
    if list(specs) == ["inputs"] or not set(specs) <= set(names):
        missing = ", ".join(name for name in specs if name not in names)
        raise InputError(f"expected a column for each of the head's inputs in {path}, it lacks {missing}")
    kinds = {names[name]: "text" if spec["dtype"] == "string" else "number" for name, spec in specs.items()}
    columns = read_table(path, kinds, only=tuple(kinds)).columns
    return {
        name: words_of(columns[names[name]])
        if spec["dtype"] == "string"
        else columns[names[name]].values.astype(np.float32)
        for name, spec in specs.items()
    }


def column_names(outputs: Mapping[str, Sequence[int]]) -> list[str]:
    """The columns of a table of outputs.

    Args:
        outputs: The shape of one example's output, by its name.

    Returns:
        The output's own name where it is one number; else a name for each number, such as code_0.
    """
    return [
        column
        for name, shape in outputs.items()
        for column in ([f"{name}_{index}" for index in range(prod(shape))] if shape else [name])
    ]


class RowWriter:
    """Writes outputs as rows of comma-separated values, under a header.

    Args:
        file: A text file, open for writing with newline="".
        outputs: The shape of one example's output, by its name.
        before: Columns that stand before those of the outputs, such as the name of each row.
    """

    def __init__(self, file: TextIO, outputs: Mapping[str, Sequence[int]], before: Sequence[str] = ()):
        self.names, self.writer = list(outputs), csv.writer(file)
        self.writer.writerow([*before, *column_names(outputs)])

    def add(self, outputs: Mapping[str, np.ndarray], before: Sequence[Sequence[Any]] = ()) -> None:
        """Writes rows.

        Args:
            outputs: Arrays by name, a row for each example.
            before: The values of the columns before those of the outputs, by column.
        """
        arrays = [outputs[name].reshape(len(outputs[name]), -1) for name in self.names]
        self.writer.writerows(chain(first, *map(_texts, parts)) for first, *parts in _rows(before, arrays))


def _rows(before: Sequence[Sequence[Any]], arrays: Sequence[np.ndarray]) -> Iterator[tuple]:
    first = zip(*before, strict=True) if before else ((),) * len(arrays[0])
    return zip(first, *arrays, strict=True)


def _texts(values: np.ndarray) -> list[str]:
    """Numbers with as many digits as tell them apart in their own precision."""
    return [str(int(value)) if value.dtype == bool else str(value) for value in values]
