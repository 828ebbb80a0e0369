"""Columns of numbers, words or times, and tables of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_ae.data.tables.time_form import TimeForm
from keras_ae.data.tables.writing import UNKNOWN, Writing

__all__ = ["KINDS", "MISSING", "Column", "Table", "distinct_names"]

KINDS = ("number", "text", "time")
MISSING = ("", "?", "-", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "None", "none", "NaT")
"""Texts that stand for a missing value, without the blanks around them."""


@dataclass(frozen=True, eq=False)
class Column:
    """The values of a column.

    Attributes:
        name: Name of the column.
        kind: "number", "text" or "time".
        values: (n,). Of numbers: float64, NaN where missing. Of text: int32, indices into `words`, -1 where
            missing. Of times: int64, nanoseconds since 1970 in UTC, or since midnight for times of day; the
            lowest integer where missing.
        words: The different words of a column of text; "False" and "True" for truth values, as numbers.
        form: How times are written.
        unit: Of numbers, such as "°C"; "" where it is not known.
    """

    name: str
    kind: str
    values: np.ndarray
    words: tuple[str, ...] = ()
    form: TimeForm = TimeForm()
    unit: str = ""

    @property
    def missing(self) -> np.ndarray:
        """Where values are missing: (n,), bool."""
        if self.kind == "number":
            return np.isnan(self.values)
        return self.values == (-1 if self.kind == "text" else np.iinfo(np.int64).min)

    @property
    def days(self) -> np.ndarray:
        """Of times: (n,), float64, days since 1970, or since midnight; NaN where missing."""
        return np.where(self.missing, np.nan, self.values / (86_400 * 10**9))


@dataclass(frozen=True, eq=False)
class Table:
    """A table of named columns.

    Attributes:
        columns: Columns of equal length, by name.
        notes: How the file was read, for the user.
        written: How it is written, for later files of the same kind.
    """

    columns: dict[str, Column]
    notes: tuple[str, ...]
    written: Writing = UNKNOWN

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())).values)


def distinct_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names of a header, each one once.

    Args:
        names: As they stand in the header.

    Returns:
        The names; the column's position is appended to repeated ones, and to "column" for empty ones.
    """
    distinct: dict[str, None] = {}
    for position, name in enumerate(names, 1):
        if not name or name in distinct:
            name = f"{name or 'column'}_{position}"
            while name in distinct or name in names:
                name = f"{name}_{position}"
        distinct[name] = None
    return tuple(distinct)
