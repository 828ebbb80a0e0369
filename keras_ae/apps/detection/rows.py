"""The rows of a file with their scores: scored.csv, a copy with further columns."""

from __future__ import annotations

import csv
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from keras_ae.apps.detection.scored_rows import ScoredRows
from keras_ae.data.tables.blocks import read_rows
from keras_ae.data.tables.columns import distinct_names
from keras_ae.data.tables.dialect import Dialect
from keras_ae.data.tables.records import BLANKS
from keras_ae.data.tables.writing import SINGLE
from keras_ae.files import written_whole

__all__ = ["ROW", "localized", "separator_of", "write_rows"]

ROW, ROW_COLUMNS = "row", ("score", "p_value", "is_anomaly", "reasons")
"""The column of the number of a row, which the first below the header has as 1; and those behind a row."""


def write_rows(
    scored: ScoredRows,
    rows: np.ndarray,
    path: Path,
    target: Path,
    form: Dialect,
    wanted: Collection[int] = (),
) -> dict[int, list[str]]:
    """Copies a file and adds columns for each row's number, score, p-value, anomaly flag and reasons.

    These cells, but for the number, are empty for a row without a score. A column that the file has already
    gets another name.

    Args:
        scored: The scores.
        rows: (rows of the file,), the index of each row's score, -1 for a row that has none.
        path: The file.
        target: The copy.
        form: How the file is written.
        wanted: Indices of rows whose cells are returned.

    Returns:
        The cells of each wanted row.
    """
    width, cells = len(form.names), dict[int, list[str]]()
    *names, number = distinct_names([*form.names, *ROW_COLUMNS, ROW])

    def copied():
        # totals below the rows have no score
        for index, (line, own) in enumerate(
            zip(read_rows(path, form), _cells(scored, rows, form), strict=False)
        ):
            if index in wanted:
                cells[index] = list(line[:width])
            yield [index + 1, *line[:width], *own]

    with written_whole(target) as (partial,), open(partial, "w", encoding="utf-8", newline="") as copy:
        out = csv.writer(copy, delimiter=separator_of(form))
        out.writerow([number, *names])
        out.writerows(copied())
    return cells


def _cells(scored, rows, form):
    """The score, p-value, flag and reasons of each row as texts, which are empty without a score."""
    reasons = {row: scored.largest(row) for row in np.flatnonzero(scored.flags).tolist()}
    scores, p_values = scored.scores.tolist(), scored.p_values.tolist()  # faster than numbers of NumPy
    flags, known = scored.flags.tolist(), np.isfinite(scored.scores).tolist()
    for row in rows.tolist():
        if row >= 0 and known[row]:
            numbers = [f"{scores[row]:.6g}", f"{p_values[row]:.4g}", "1" if flags[row] else "0"]
            yield [*localized(numbers, form), reasons.get(row, "")]
        else:
            yield ["", "", "", reasons.get(row, "")]


def localized(cells: Sequence[str], form: Dialect) -> list[str]:
    """Numbers as a file writes them.

    Args:
        cells: Numbers with decimal points.
        form: How the file is written.

    Returns:
        The numbers with its decimal mark.
    """
    return [cell.replace(".", ",") for cell in cells] if form.numbers.decimal == "," else list(cells)


def separator_of(form: Dialect) -> str:
    """The separator of a copy of a file: its own, or a comma where that is none of CSV.

    Args:
        form: How the file is written.

    Returns:
        A character.
    """
    return "," if form.separator in (BLANKS, SINGLE) else form.separator
