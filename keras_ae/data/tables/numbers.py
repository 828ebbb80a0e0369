"""Numbers as texts, with decimal points or decimal commas."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

__all__ = ["holds_commas", "number", "to_numbers"]

_COMMA = re.compile(r"[+-]?\d+,\d+(e[+-]?\d+)?|[+-]?\d{1,3}(\.\d{3})+(,\d+)?", re.IGNORECASE)
_WHOLE = re.compile(r"[+-]?\d+(e[+-]?\d+)?", re.IGNORECASE)
_POINT = re.compile(r"[+-]?\d*\.\d+(e[+-]?\d+)?", re.IGNORECASE)


def holds_commas(cells: list[str]) -> bool:
    """Whether commas stand for decimal points.

    Args:
        cells: Some cells of a file.

    Returns:
        Whether some are numbers with decimal commas, and none is one with a decimal point.
    """
    return any(map(_COMMA.fullmatch, cells)) and not any(map(_POINT.fullmatch, cells))


def number(cell: str, commas: bool) -> float | None:
    """The number that a cell holds.

    Args:
        cell: A text.
        commas: Whether commas stand for decimal points.

    Returns:
        The number; None for another text.
    """
    if commas and not (_COMMA.fullmatch(cell) or _WHOLE.fullmatch(cell)):
        return None
    try:
        return None if "_" in cell else float(_pointed(cell) if commas else cell)
    except ValueError:
        return None


def to_numbers(cells: pd.Series, commas: bool) -> tuple[np.ndarray, np.ndarray]:
    """Converts a column of texts to numbers.

    Args:
        cells: (n,), texts, NaN where missing.
        commas: Whether commas stand for decimal points.

    Returns:
        (n,), float64; and (n,), bool, where a cell holds no finite number.
    """
    present = cells.notna().to_numpy()
    if commas:
        written = cells.str.fullmatch(f"{_COMMA.pattern}|{_WHOLE.pattern}", flags=re.IGNORECASE)
        cells = cells.where(written.fillna(False).astype(bool) | cells.isna(), "no number")
        cells = cells.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    values = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64)
    return values, present & ~np.isfinite(values)


def _pointed(cell):
    """A number with a decimal comma, written with a point."""
    return cell.replace(".", "").replace(",", ".")
