"""The rows of a list of anomalies in which a person has marked false alarms."""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from keras_ae.apps.detection.rows import ROW
from keras_ae.apps.detection.spans import FALSE_ALARM
from keras_ae.data.tables.sources import encoding_of, open_text
from keras_ae.errors import InputError

__all__ = ["Mark", "points_of", "read_marks"]

NO_MARKS = ("", "0", "no", "false")
"""What stands in the column where nothing is marked, in lower case."""

NUMBER, RENAMED = re.compile(r"([0-9]{1,18})(?:[.,]0*)?"), re.compile(rf"{ROW}_\d+")
"""The number of a row, as programs save it; and the name of the column of a file that has one of its name."""


@dataclass(frozen=True)
class Mark:
    """A false alarm.

    Attributes:
        row: The index of its first row in the file that was searched, from 0.
        last: The index of its last row.
        series: The name of the series; "" for a single one, and for tables.
    """

    row: int
    last: int
    series: str = ""


def read_marks(path: Path) -> list[Mark]:
    """Reads the false alarms in spans.csv, top.csv or scored.csv, as `detect` writes them.

    Args:
        path: The file, in whose column "false_alarm" something stands beside each false alarm.

    Returns:
        The marks.

    Raises:
        InputError: The file is none of these, or nothing in it is marked.
    """
    lines = _lines_of(path)
    if lacking := [name for name in (ROW, FALSE_ALARM) if name not in lines]:
        raise InputError(
            f"expected the columns {ROW} and {FALSE_ALARM} in {path}, as detect writes them to spans.csv and "
            f"top.csv; there is no {' and no '.join(lacking)}; search the file with detect, and mark there"
        )
    marked = lines[~lines[FALSE_ALARM].str.strip().str.lower().isin(NO_MARKS)]
    if marked.empty:
        raise InputError(
            f"nothing is marked in {path}: write x into the column {FALSE_ALARM} beside each false alarm"
        )
    first = marked[ROW]
    last = marked.get("last_row", first)
    names = marked["series"] if "series" in marked else [""] * len(marked)
    marks = []
    for begin, end, name in zip(first, last, names, strict=True):
        numbers = [int(found[1]) for text in (begin, end) if (found := NUMBER.fullmatch(text.strip()))]
        if len(numbers) < 2 or not 1 <= numbers[0] <= numbers[1]:
            raise InputError(
                f"expected numbers of rows from 1 in {path}, received {begin!r} and {end!r}; leave the other "
                "columns as detect wrote them"
            )
        marks.append(Mark(numbers[0] - 1, numbers[1] - 1, name))
    return list(dict.fromkeys(marks))


def points_of(mark: Mark, rows: np.ndarray, source: str, found: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The points of a series that a mark is of.

    Args:
        mark: A false alarm.
        rows: The point of each row of the file, -1 for rows of no point.
        source: The file.
        found: The flagged spans of the series, (first point, past the last).

    Returns:
        The first point and one past the last.

    Raises:
        InputError: The file has no such rows, or they are in no order of time and those of no flagged span.
    """
    if mark.last >= len(rows):
        raise InputError(
            f"row {mark.last + 1} is marked, {source} has {len(rows):,}; name the searched file by --input"
        )
    own = rows[mark.row : mark.last + 1]
    own = own[own >= 0]
    if not len(own):
        raise InputError(f"row {mark.row + 1} of {source} has no time or no values; mark another")
    steps = np.diff(own)
    if (steps >= 0).all() or (steps <= 0).all():
        return int(own.min()), int(own.max()) + 1
    for first, end in found:  # rows that are in no order of time have others among them
        inside = np.flatnonzero((rows >= first) & (rows < end))
        if len(inside) and (inside[0], inside[-1]) == (mark.row, mark.last):
            return first, end
    raise InputError(
        f"rows {mark.row + 1} to {mark.last + 1} of {source} are in no order of time, and not those of a "
        "flagged span; sort the file by time, search it again, and mark there"
    )


def _lines_of(path):
    """The lines of a list as texts, whatever its separator and encoding."""
    try:
        with open_text(path, encoding_of(path)) as text, warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.ParserWarning)  # of separators at the ends of lines
            lines = pd.read_csv(
                text, sep=None, engine="python", dtype=str, keep_default_na=False, index_col=False
            )
    except (OSError, ValueError, csv.Error) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{path} cannot be read ({reason}); name spans.csv or top.csv of detect") from error
    names = [str(name).strip() for name in lines.columns]
    if RENAMED.fullmatch(names[0]):  # then a column of the searched file has that name
        names = [ROW, *(f"its {name}" if name == ROW else name for name in names[1:])]
    return lines.set_axis(names, axis=1)
