"""Imputation of a file: a copy with its missing values filled in, and a list of these."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.apps.imputation.imputer import FilledColumns, Imputer
from keras_ae.apps.imputation.request import ImputationRequest
from keras_ae.data.tables.blocks import read_rows
from keras_ae.data.tables.columns import distinct_names
from keras_ae.data.tables.dialect import Dialect, detect_dialect
from keras_ae.data.tables.records import BLANKS
from keras_ae.data.tables.writing import SINGLE, Writing
from keras_ae.errors import InputError
from keras_ae.files import written_whole

__all__ = ["CELLS", "Imputation", "impute"]

CELLS = ("row", "column", "value", "lower", "upper", "probability", "set")
"""The columns of the list of filled values; rows are counted from 1, the first below the header."""

MOST_TOLD = 8
"""Rows in a line, at most."""


@dataclass(frozen=True)
class Imputation:
    """What was filled in.

    Attributes:
        output: The copy.
        cells: The list of filled values.
        rows: Rows of the file.
        filled: Values that were filled in.
        by_column: How many of each column, of those that had some.
        left_out: Numbers of the rows of which nothing is known, from 1.
        level: The probability of an interval.
    """

    output: Path
    cells: Path
    rows: int
    filled: int
    by_column: dict[str, int]
    left_out: tuple[int, ...]
    level: float

    @property
    def lines(self) -> tuple[str, ...]:
        """The same for the user."""
        if not self.filled:
            return (f"nothing was missing that could be filled in; {self.output} is as the input",)
        counts = ", ".join(f"{name} {count:,}" for name, count in self.by_column.items())
        return (
            f"filled {self.filled:,} values in {self.rows:,} rows: {counts}",
            f"rows:   {self.output}",
            f"values: {self.cells}, with {self.level:.0%} intervals",
        )

    @property
    def remark(self) -> str:
        """A line about rows that were left as they are; "" without any."""
        if not self.left_out:
            return ""
        some = ", ".join(f"{row:,}" for row in self.left_out[:MOST_TOLD])
        more = f" and {len(self.left_out) - MOST_TOLD:,} more" if len(self.left_out) > MOST_TOLD else ""
        rows, they, them = ("row", "it is", "it") if len(self.left_out) == 1 else ("rows", "they are", "them")
        return (
            f"left {rows} {some}{more} as {they}: nothing of {them} is known in the columns that were learned"
        )


def impute(folder: Path, request: ImputationRequest) -> Imputation:
    """Fills in the missing values of a file by an exported imputer, and writes a copy and a list.

    Each known cell of the copy is as it is in the file.

    Args:
        folder: The version's folder of the imputer.
        request: The file, and where to write.

    Returns:
        What was filled in.

    Raises:
        InputError: The file cannot be read as rows, lacks a column, or nothing of any row is known.
    """
    imputer = Imputer(folder)
    found = imputer.fill(request.source)
    if len(found.missing) and found.unknown.all():
        raise InputError(
            f"nothing is known of any row of {request.source} in the columns {', '.join(found.columns[:9])}; "
            "give rows with some values"
        )
    form = detect_dialect(request.source, in_doubt=Writing(**imputer.data.get("written", {})))
    texts = _texts(found, form)
    request.output.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(request.output, request.cells) as (copy, cells):
        _write_rows(found, texts, request, copy, form)
        _write_cells(found, texts, cells, form)
    counts = found.filled.sum(axis=0)
    by_column = {name: int(count) for name, count in zip(found.columns, counts, strict=True) if count}
    left_out = tuple((np.flatnonzero(found.unknown) + 1).tolist())
    return Imputation(
        request.output, request.cells, len(found.missing), int(counts.sum()), by_column, left_out,
        imputer.level,
    )  # fmt: skip


def _texts(found: FilledColumns, form: Dialect) -> dict[tuple[int, int], str]:
    """What is written for each filled value, by row and column, in the file's own decimal mark."""
    texts = {}
    rows = np.flatnonzero(found.filled.any(axis=1))
    for row, cells in zip(rows.tolist(), found.format.cells(found.values[rows]), strict=True):
        for column in np.flatnonzero(found.filled[row]).tolist():
            is_number = found.format.kinds[column] == "number"
            own = cells[column].replace(found.format.point, ".") if is_number else cells[column]
            texts[row, column] = _localized(own, found, form) if is_number else own
    return texts


def _localized(number: str, found: FilledColumns, form: Dialect) -> str:
    """A number with the file's decimal mark; where no cell tells it, with that of the training."""
    point = form.numbers.decimal if form.is_sure else found.format.point
    return number.replace(".", point)


def _write_rows(
    found: FilledColumns, texts: dict[tuple[int, int], str], request: ImputationRequest, copy: Path, form: Any
) -> None:
    """Writes the copy."""
    width, names = len(form.names), list(form.names)
    places = [names.index(name) for name in found.columns]
    flagged = np.flatnonzero(found.filled.any(axis=0)).tolist() if request.flags else []
    header = distinct_names([*names, *(f"{found.columns[column]}_filled" for column in flagged)])

    def copied() -> Iterator[list[str]]:
        # totals below the rows are copied as they are
        lines = zip_longest(read_rows(request.source, form), range(len(found.missing)))
        for line, row in lines:
            cells = list(line[:width])
            if row is not None:
                for column in np.flatnonzero(found.filled[row]).tolist():
                    cells[places[column]] = texts[row, column]
                cells += ["1" if found.filled[row, column] else "0" for column in flagged]
            yield cells

    with copy.open("w", encoding="utf-8", newline="") as file:
        separator = "," if form.separator in (BLANKS, SINGLE) else form.separator
        writer = csv.writer(file, delimiter=separator, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(copied())


def _write_cells(found: FilledColumns, texts: dict[tuple[int, int], str], path: Path, form: Dialect) -> None:
    """Writes the list of filled values, row after row; of words with their sets, of others with intervals."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(CELLS)
        for (row, column), text in texts.items():
            kind = found.format.kinds[column]
            ends = ["", ""]
            if kind != "word":
                ends = [_end(found, values, row, column) for values in (found.lower, found.upper)]
                ends = [_localized(end, found, form) if kind == "number" else end for end in ends]
            several = "|".join(found.sets.get((row, column), ()))
            probability = f"{found.probability[row, column]:.3g}"
            writer.writerow([row + 1, found.columns[column], text, *ends, probability, several])


def _end(found: FilledColumns, values: np.ndarray, row: int, column: int) -> str:
    """An end of an interval: a number of six digits, or a time as the column has them."""
    if found.format.kinds[column] == "number":
        return f"{values[row, column]:.6g}"
    times = found.values[row].copy()
    times[column] = values[row, column]
    return found.format.cells(times[None])[0][column]
