"""Rows of a table as inputs of a served head, and outputs of a head as rows of a table."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from keras_ae.column_names import find_columns
from keras_ae.errors import InputError

__all__ = ["RowWriter", "column_names", "read_columns"]

BY_COLUMN = "contributions"
"""The output of a detector that has a number for each column of a table."""


def read_columns(
    path: Path, specs: Mapping[str, dict[str, Any]], data: Mapping[str, Any] | None = None
) -> dict[str, np.ndarray]:
    """Reads the columns that a signature takes from a file of rows.

    Args:
        path: A file of rows.
        specs: The signature's inputs, {"shape", "dtype"} by name.
        data: What the head's card says of the data of its training: the columns' own names by those of the
            inputs, and how its file was written, which decides where this one does not tell.

    Returns:
        Columns by the inputs' names: strings where the signature takes strings, else float32.

    Raises:
        InputError: The head takes no columns, or the file lacks one.
    """
    from keras_ae.data.precision import clipped
    from keras_ae.data.tables.dialect import detect_dialect
    from keras_ae.data.tables.reading import log_notes, read_table
    from keras_ae.data.tables.words import words_of
    from keras_ae.data.tables.writing import Writing
    from keras_ae.formats import from_json

    data = data or {}
    if any(spec["shape"] != [None] for spec in specs.values()):
        format = from_json(json.dumps(data["format"])) if data.get("format") else None
        if format is None or ".npy" in format.suffixes:
            advice = "the rows of a series are read by keras-ae encode and keras-ae detect"
        else:
            advice = f"give those, or {format.noun} ({' '.join(format.suffixes)})"
        raise InputError(
            f"expected arrays of {', '.join(specs)}, as an .npz, received the rows of {path}; {advice}"
        )
    before = Writing(**data.get("written", {}))
    names = find_columns(specs, detect_dialect(path, in_doubt=before).names, data.get("columns"), str(path))
    kinds = {names[name]: "text" if spec["dtype"] == "string" else "number" for name, spec in specs.items()}
    times = from_json(json.dumps(data["format"])).times if data.get("format") else ()
    kinds |= {names[name]: "time" for name in specs if (data.get("columns") or {}).get(name) in times}
    table = read_table(path, kinds, only=tuple(kinds), in_doubt=before)
    log_notes(table, str(path))
    columns = {name: table.columns[names[name]] for name in specs}
    return {
        name: words_of(column)
        if column.kind == "text"
        else clipped(column.days if column.kind == "time" else column.values)
        for name, column in columns.items()
    }


def column_names(outputs: Mapping[str, Sequence[int]], columns: Sequence[str] = ()) -> list[str]:
    """The columns of a table of outputs.

    Args:
        outputs: The shape of one example's output, by its name.
        columns: The columns of the table that the head was trained on, as its card has them.

    Returns:
        The output's own name where it is one number; else a name for each number, such as code_0, or
        contributions_speed for the column `speed`.
    """
    names: list[str] = []
    for name, shape in outputs.items():
        ends = columns if name == BY_COLUMN and tuple(shape) == (len(columns),) else range(prod(shape))
        names += [f"{name}_{end}" for end in ends] if shape else [name]
    return names


class RowWriter:
    """Writes outputs as rows of comma-separated values, under a header.

    Args:
        file: A text file, open for writing with newline="".
        outputs: The shape of one example's output, by its name.
        before: Columns that stand before those of the outputs, such as the name of each row.
        columns: The columns of the table that the head was trained on, as its card has them.
    """

    def __init__(
        self,
        file: TextIO,
        outputs: Mapping[str, Sequence[int]],
        before: Sequence[str] = (),
        columns: Sequence[str] = (),
    ):
        self.names, self.writer = list(outputs), csv.writer(file)
        self.writer.writerow([*before, *column_names(outputs, columns)])

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
    if values.dtype == object:
        return [
            value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in values
        ]
    return [
        str(int(value)) if value.dtype == bool else "" if value != value else str(value) for value in values
    ]
