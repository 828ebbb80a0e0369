"""The rows of a table that are most unlike the normal ones, with what was expected in their place."""

from __future__ import annotations

import csv
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.apps.detection.rows import ROW, localized, separator_of
from keras_ae.apps.detection.scored_rows import ScoredRows
from keras_ae.apps.detection.spans import FALSE_ALARM
from keras_ae.apps.detection.summary import rarity
from keras_ae.data.tables.columns import distinct_names
from keras_ae.data.tables.dialect import Dialect
from keras_ae.files import written_whole

__all__ = ["Reason", "TopRow", "top_rows", "write_top"]

MOST_MARKS, LONGEST_MARK = 3, 40
"""Columns beside those of the model that tell which row it is, and characters of each, at most."""

TOP_COLUMNS = (ROW, "score", "p_value", "is_anomaly", "reasons", "column", "value", "expected", FALSE_ALARM)


@dataclass(frozen=True)
class Reason:
    """A column that a row's score comes from.

    Attributes:
        column: Its name.
        fraction: What it contributes to the score, of 1.
        value: What the row holds, as the file writes it.
        expected: What was expected in its place; "" if that is unknown.
    """

    column: str
    fraction: float
    value: str = ""
    expected: str = ""

    def __str__(self) -> str:
        told = f"{self.column} {self.fraction:.0%}"
        return f"{told} ({self.value}, expected {self.expected})" if self.expected else told


@dataclass(frozen=True)
class TopRow:
    """A row of a table with its score.

    Attributes:
        index: Its index, from 0 for the first row below the header.
        score: Its anomaly score.
        p_value: The fraction of normal examples that score as high.
        flagged: Whether it is an anomaly.
        reasons: The columns that contribute most, the first of them first.
        cells: What the row holds, as the file writes it.
        marks: What the first columns hold that the model does not take, such as an id, by their names.
    """

    index: int
    score: float
    p_value: float
    flagged: bool
    reasons: tuple[Reason, ...]
    cells: tuple[str, ...]
    marks: Mapping[str, str] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The number of the row, from 1 for the first below the header."""
        return self.index + 1

    def __str__(self) -> str:
        mark = "" if self.flagged else ", not flagged"
        marks = ", ".join(f"{name} {text}" for name, text in self.marks.items() if text)
        named = f"row {self.number} ({marks})" if marks else f"row {self.number}"
        told = f"{named}: score {self.score:.4g}, {rarity(self.p_value)}{mark}"
        return f"{told}; {', '.join(map(str, self.reasons))}" if self.reasons else told


def top_rows(
    scored: ScoredRows, indices: Sequence[int], cells: Mapping[int, Sequence[str]], names: Sequence[str]
) -> list[TopRow]:
    """The rows of some indices.

    Args:
        scored: The scores of all rows.
        indices: The indices.
        cells: What these rows hold.
        names: The names of the file's columns.

    Returns:
        The rows in the order of the indices.
    """
    found, beside = [], [name for name in names if name not in scored.columns][:MOST_MARKS]
    for index in indices:
        values = dict(zip(names, cells[index], strict=False))
        expected = scored.expectations.get(index, {})
        reasons = tuple(
            Reason(column, fraction, values.get(column, "").strip(), _text(expected.get(column, "")))
            for column, fraction in scored.fractions(index)
        )
        score, p_value = float(scored.scores[index]), float(scored.p_values[index])
        flagged = bool(scored.flags[index])
        marks = {
            name: textwrap.shorten(values.get(name, ""), LONGEST_MARK, placeholder="...") for name in beside
        }
        found.append(TopRow(index, score, p_value, flagged, reasons, tuple(cells[index]), marks))
    return found


def write_top(rows: Sequence[TopRow], target: Path, form: Dialect) -> None:
    """Writes rows into a file, in their order: what was found, and what they hold.

    A column of theirs that is called like one of what was found gets another name.

    Args:
        rows: The rows.
        target: The file.
        form: How the file of the rows is written.
    """
    names = distinct_names([*TOP_COLUMNS, *form.names])
    with written_whole(target) as (partial,), open(partial, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, delimiter=separator_of(form))
        out.writerow(names)
        for row in rows:
            numbers = localized([f"{row.score:.6g}", f"{row.p_value:.4g}", str(int(row.flagged))], form)
            reasons = ", ".join(f"{reason.column} {reason.fraction:.0%}" for reason in row.reasons)
            first = row.reasons[0] if row.reasons else Reason("", 0)
            told = [reasons, first.column, first.value, first.expected, ""]
            out.writerow([row.number, *numbers, *told, *row.cells])


def _text(value: Any) -> str:
    """An expected value as a text: four digits of a number, and "no value" of a missing one."""
    if isinstance(value, str):
        return value
    return f"{value:.4g}" if np.isfinite(value) else "no value"
