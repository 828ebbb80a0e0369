"""Numeric precision: one rule for arrays, tables and series, whose numbers a model takes as float32.

float32 tells numbers apart that differ by more than a ten-millionth of their size. A column that varies by
less, next to its size, would reach a model blurred, and one with outliers a million times farther away than
the others are from each other would reach it flattened. Both are found here, before anything is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from keras_ae.errors import InputError

__all__ = [
    "FARTHEST",
    "MOST",
    "SHARPEST",
    "Precision",
    "as_float32",
    "clipped",
    "precision_of",
    "precisions_of",
    "standardized",
]

SHARPEST = 1e6
"""How many times larger than their spread values may be, for float32 to tell them apart."""

FLAT = 1e-2
"""Fraction of the whole spread below which the values without outliers count as flattened by them."""

FAR = 1e3
"""Distances between the quartiles beyond which a value is an outlier."""

LEAST, MOST = 1e-30, 1e38
"""The least spread and the greatest size of values that float32 can standardize without a loss."""

ROUNDED = 1e-14
"""Spread, as a fraction of values' size, up to which they are equal but for the rounding of float64."""

FARTHEST = 1e6
"""Standard deviations at which a standardized value is clipped, so that no square of it becomes infinite."""

LOOKED_AT = 2**20
"""Values of a column that its quartiles are taken of, at most."""

AT_ONCE = 2**22
"""Values of columns that are looked at together."""


@dataclass(frozen=True)
class Precision:
    """What becomes of a column's values in float32.

    Attributes:
        constant: Whether they are equal, or as good as equal, so that they keep their own scale.
        fault: Why they cannot be told apart, and what to do; "" if they can.
        note: What the user should know of a column that can be trained on; "" for nothing.
    """

    constant: bool = False
    fault: str = ""
    note: str = ""


def precision_of(
    values: np.ndarray, without: str, transform: Callable[[np.ndarray], np.ndarray] | None = None
) -> Precision:
    """Finds what becomes of a column's values in float32.

    Args:
        values: (n,), the finite values of the column, as the user has them.
        without: What to do where values mark missing ones, as a part of a sentence.
        transform: What a model takes of them first, such as the logarithm.

    Returns:
        The precision.
    """
    values = np.asarray(values).ravel().astype(np.float64, copy=False)
    learned = values if transform is None else transform(values)
    if not len(values) or learned.min() == learned.max():
        return Precision(constant=True)
    size = float(np.abs(learned).max())
    if size > MOST:
        listed = _listed(values[np.abs(learned) > MOST])
        return Precision(fault=f"holds {listed}, more than float32 can: {without}, or divide all values")
    spread = _spread(learned, size)
    if spread <= ROUNDED * size:
        return Precision(constant=True)
    if spread < LEAST:
        note = f"spreads by {spread:.0e}, too little for float32, and counts as constant: multiply it"
        return Precision(constant=True, note=note)
    for outliers in _outliers(learned):
        rest = _spread(learned[~outliers], size) / spread
        text = (
            f"holds {_listed(values[outliers])} so far away that the others spread by {rest:.0e} of the whole"
        )
        if 0 < rest < 1 / SHARPEST:
            return Precision(fault=f"{text}, which float32 cannot tell: if that means missing, {without}")
        if 0 < rest < FLAT:
            return Precision(note=f"{text}, hardly to be learned: if that means missing, {without}")
    if spread < size / SHARPEST:
        digits = -int(np.floor(np.log10(_spread(values, float(np.abs(values).max())))))
        origin = round(float(np.median(values)), digits)
        fault = "varies by less than a millionth of its size, which float32 cannot tell"
        return Precision(fault=f"{fault}: subtract an origin such as {origin:.15g} from it, in float64")
    return Precision()


def precisions_of(values: np.ndarray, without: str) -> list[Precision]:
    """Finds what becomes of the values of each of many columns in float32.

    Args:
        values: (..., columns), finite.
        without: As for `precision_of`, which gives the same for each column.

    Returns:
        The precision of each column.
    """
    rows = np.asarray(values).reshape(-1, values.shape[-1])
    found: list[Precision] = []
    for begin in range(0, rows.shape[1], step := max(1, AT_ONCE // max(len(rows), 1))):
        part = np.ascontiguousarray(rows[:, begin : begin + step].T, np.float64)
        for column, is_clear in zip(part, _clear(part), strict=True):
            found.append(Precision() if is_clear else precision_of(column, without))
    return found


def standardized(values: np.ndarray, offset: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Standardizes values in float32, as a served head does, so that a model learns what it is served.

    Args:
        values: (..., columns), any numbers; NaN stays NaN.
        offset: (columns,) or (), subtracted.
        scale: (columns,) or (), that the values are then divided by.

    Returns:
        (..., columns), float32, at most `FARTHEST` from 0.
    """
    scaled = (clipped(values) - np.float32(offset)) / np.float32(scale)
    return np.clip(scaled, -FARTHEST, FARTHEST, out=scaled)


def clipped(values: np.ndarray) -> np.ndarray:
    """Converts numbers to float32, those that it does not hold to the farthest that it does.

    Args:
        values: Any numbers; NaN stays NaN.

    Returns:
        The numbers, float32.
    """
    with np.errstate(over="ignore"):
        small = np.asarray(values).astype(np.float32)
    return np.clip(small, -MOST, MOST, out=small)


def as_float32(values: np.ndarray, where: str, first: int = 0) -> np.ndarray:
    """Converts numbers to float32, and refuses those that it does not hold.

    Args:
        values: (n, ...), any numbers.
        where: Their name in a message.
        first: The position of the first example, for messages.

    Returns:
        (n, ...), float32.

    Raises:
        InputError: For values that are not finite, or too large.
    """
    with np.errstate(over="ignore"):
        small = values.astype(np.float32)
    bad = ~np.isfinite(small)
    if bad.any():
        row = int(np.flatnonzero(bad.reshape(len(bad), -1).any(axis=1))[0])
        value = np.ravel(values[row])[np.ravel(bad[row])][0]
        raise InputError(
            f"expected finite numbers in {where}, of which float32 holds up to 3.4e38; example {first + row} "
            f"holds {value}; replace it, or leave the example out"
        )
    return small


def _spread(values: np.ndarray, size: float) -> float:
    """The standard deviation of values up to a size, whose squares may be too large or small for float64."""
    if not len(values) or values.min() == values.max():
        return 0.0
    return float((values / size).std()) * size


def _clear(columns: np.ndarray) -> np.ndarray:
    """Whether there is surely nothing to say of columns, (columns, n): (columns,), bool."""
    count = columns.shape[1]
    if not count:
        return np.zeros(len(columns), bool)
    low, high = columns.min(axis=1), columns.max(axis=1)
    size = np.maximum(np.abs(low), np.abs(high))
    first, median, third = np.percentile(columns[:, :: -(-count // LOOKED_AT)], (25, 50, 75), axis=1)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        from_mean = columns - columns.mean(axis=1)[:, None]
        squares = np.einsum("ij,ij->i", from_mean, from_mean)
        spread = np.sqrt(squares / count)
        clear = (size <= MOST) & (spread > 2 * LEAST) & (spread > 2 * size / SHARPEST)
        clear &= (third == first) | (np.maximum(high - median, median - low) <= FAR * (third - first))
        edges = [columns == edge[:, None] for edge in (low, high)]
        are_two = edges[0].sum(axis=1) + edges[1].sum(axis=1) == count
        for outliers, own in zip(edges, (from_mean.min(axis=1), from_mean.max(axis=1)), strict=True):
            number = outliers.sum(axis=1)
            of_rest = squares - number * own**2 * (count / (count - number))
            clear &= are_two | (of_rest * count > 4 * FLAT**2 * squares * (count - number))
    return clear


def _outliers(values: np.ndarray) -> Iterator[np.ndarray]:
    """Masks of values that may flatten the others: far beyond the quartiles, the highest, the lowest."""
    first, median, third = np.percentile(values[:: -(-len(values) // LOOKED_AT)], (25, 50, 75))
    far = np.abs(values - median) > FAR * (third - first)
    if third > first and far.any():
        yield far
    yield values == values.max()
    yield values == values.min()


def _listed(values: np.ndarray) -> str:
    """Some values as a text, after their number."""
    low, high = f"{values.min():.6g}", f"{values.max():.6g}"
    shown = low if low == high else f"{low} to {high}"
    return f"{len(values):,} value{'s' if len(values) > 1 else ''} of {shown}"
