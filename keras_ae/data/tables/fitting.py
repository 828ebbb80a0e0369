"""What is fitted to the training rows of a table: the scaling of its numbers, and the words that it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from keras_ae.column_names import served_names
from keras_ae.data.precision import MOST, Precision, precision_of
from keras_ae.data.tables.columns import Column
from keras_ae.data.tables.quantiles import QuantileScaling
from keras_ae.data.tables.words import MISSING_WORD, words_of
from keras_ae.table_layout import ColumnLayout, TableLayout

__all__ = ["SCALINGS", "FittedColumns", "NumberScaling", "fit_columns", "fit_scaling", "number_precision"]

SCALINGS = {"spread": (-20.0, 20.0), "range": (-1.0, 2.0)}
"""How numbers are scaled, and the limits that scaled numbers are clipped to.

"spread": to mean 0 and standard deviation 1. "range": to minimum 0 and maximum 1.
"""

SKEWED = 2.0
"""Skewness above which the logarithm of nonnegative numbers is taken."""


@dataclass(frozen=True)
class NumberScaling:
    """How the numbers of a column are scaled: (x - offset) / scale.

    Attributes:
        offset: Subtracted from a number.
        scale: That it is then divided by.
        logarithm: Whether log(1 + x) is taken first; a number below 0 counts as 0.
        lowest: The least scaled number; others are clipped to it.
        highest: The greatest scaled number.
        usual: The scaled number that a missing one is replaced with.
        spread: The standard deviation of the scaled numbers that it was fitted on; 1 of one number alone.
    """

    offset: float
    scale: float
    logarithm: bool
    lowest: float = SCALINGS["spread"][0]
    highest: float = SCALINGS["spread"][1]
    usual: float = 0.0
    spread: float = 1.0


@dataclass(frozen=True, eq=False)
class FittedColumns:
    """Columns as features: a number is its scaled value and whether it is missing, words are one-hot.

    Words have two more features, for an unknown and for a missing one.

    Attributes:
        signature: The columns' names by those in a served signature.
        scalings: Of the columns of numbers, by the columns' names.
        words: The words that training rows have, without (missing), by the names of the other columns.
        condition: The column of words that rows are generated for; "" without one.
        complete: The columns of which no value is missing in rows that are generated.
    """

    signature: dict[str, str]
    scalings: Mapping[str, NumberScaling | QuantileScaling]
    words: dict[str, tuple[str, ...]]
    condition: str = ""
    complete: frozenset[str] = frozenset()

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.signature.values())

    @property
    def logarithms(self) -> tuple[str, ...]:
        """The columns of numbers whose logarithm is taken."""
        return tuple(name for name in self.columns if name in self.scalings and self.scalings[name].logarithm)

    @property
    def layout(self) -> TableLayout:
        """How the columns lie in the features."""
        return TableLayout(tuple(map(self._column, self.columns)))

    def _column(self, name):
        """The layout of a column."""
        conditional, complete = name == self.condition, name in self.complete
        if name not in self.scalings:
            return ColumnLayout(len(self.words[name]), conditional=conditional, complete=complete)
        scaling = self.scalings[name]
        return ColumnLayout(None, scaling.usual, scaling.spread, complete=complete)


def takes_logarithm(values: np.ndarray) -> bool:
    """Whether the logarithm of numbers is taken: of none below 0 that are skewed.

    Args:
        values: (n,), finite.

    Returns:
        Whether it is.
    """
    if values.min() < 0 or not 1 < values.max() < MOST:
        return False
    deviations = values - values.mean()
    spread = values.std()
    return bool(spread > 0 and np.mean((deviations / spread) ** 3) > SKEWED)


def number_precision(values: np.ndarray) -> Precision:
    """What becomes of the numbers of a column in float32.

    Args:
        values: (n,), finite.

    Returns:
        The precision.
    """
    transform = np.log1p if len(values) and takes_logarithm(values) else None
    return precision_of(values, "leave those cells empty", transform)


def fit_scaling(values: np.ndarray, scaling: str = "spread") -> NumberScaling:
    """Fits a scaling to the training values of a column.

    Args:
        values: (n,), NaN where missing.
        scaling: One of `SCALINGS`.

    Returns:
        The scaling.
    """
    present = values[np.isfinite(values)].astype(np.float64)
    limits = SCALINGS[scaling]
    if not len(present):
        return NumberScaling(0.0, 1.0, False, *limits)
    logarithm = takes_logarithm(present)
    numbers = np.log1p(present) if logarithm else present
    middle = float(numbers.mean())
    if scaling == "spread":
        offset, scale = middle, float(numbers.std())
    else:
        offset, scale = float(numbers.min()), float(np.ptp(numbers))
    scale = 1.0 if number_precision(present).constant else scale
    spread = float(f"{np.clip((numbers - offset) / scale, *limits).std():.6g}") or 1.0
    return NumberScaling(offset, scale, logarithm, *limits, (middle - offset) / scale, spread)


def fit_columns(columns: Mapping[str, Column], rows: np.ndarray, scaling: str = "spread") -> FittedColumns:
    """Fits columns of numbers and words.

    Words have one more feature for unknown words, which is 0 in training, and one for missing ones.

    Args:
        columns: Of numbers or words, by name.
        rows: Indices of the rows to fit on.
        scaling: Of numbers, one of `SCALINGS`.

    Returns:
        The columns as features.
    """
    scalings, words = {}, {}
    for name, column in columns.items():
        if column.kind == "number":
            scalings[name] = fit_scaling(column.values[rows], scaling)
        else:
            words[name] = tuple(word for word in np.unique(words_of(column)[rows]) if word != MISSING_WORD)
    return FittedColumns(served_names(columns), scalings, words)
