"""The profile of a table: what the cells of its columns are like, before they are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keras_ae.data.tables.columns import MISSING
from keras_ae.data.tables.numbers import is_number, says_missing
from keras_ae.data.tables.value_cells import is_value

__all__ = ["Profile"]

MOSTLY = 0.8
"""Fraction of a column's cells that are of the kind that is expected of all of them."""


@dataclass(frozen=True)
class Profile:
    """What the cells of a table's columns are like.

    Attributes:
        columns: Of each column: "number", "value" for times and the like, or "text".
    """

    columns: tuple[str, ...]

    @classmethod
    def of(cls, rows: Sequence[Sequence[str]]) -> Profile:
        """The profile of some rows.

        Args:
            rows: Their cells; all have as many.

        Returns:
            The profile.
        """
        return cls(tuple(map(_kind, zip(*rows, strict=True))))

    def fits(self, row: Sequence[str]) -> bool:
        """Whether a row is like the others.

        Args:
            row: Its cells, as many as there are columns.

        Returns:
            Whether a cell is a time where times are expected, or most cells are numbers where those are
            expected.
        """
        told = self._fits_of(row)
        times = [fit for kind, fit in told if kind == "value"]
        return any(times) if times else 2 * sum(fit for _, fit in told) > len(told)

    def tells_apart(self, row: Sequence[str]) -> bool:
        """Whether a row is unlike the others, as a header is.

        Args:
            row: Its cells, as many as there are columns.

        Returns:
            Whether it has cells where numbers or times are expected, and does not fit.
        """
        return bool(self._fits_of(row)) and not self.fits(row)

    def _fits_of(self, row):
        """The kinds of the cells that tell something, and whether they are of these kinds."""
        return [
            (kind, is_number(cell) if kind == "number" else is_value(cell) and not is_number(cell))
            for kind, cell in zip(self.columns, row, strict=True)
            if kind != "text" and cell not in MISSING and not says_missing(cell)
        ]


def _kind(cells):
    """What a column's cells are like."""
    present = [cell for cell in cells if cell not in MISSING and not says_missing(cell)]
    if not present:
        return "text"
    if sum(map(is_number, present)) >= MOSTLY * len(present):
        return "number"
    return "value" if sum(map(is_value, present)) >= MOSTLY * len(present) else "text"
