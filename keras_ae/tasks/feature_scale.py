"""How much the features of a table count in distances between its rows."""

from __future__ import annotations

import numpy as np

from keras_ae.table_layout import TableLayout

__all__ = ["feature_scale", "usual_differences"]

LARGEST = 4.0
"""The largest factor: what a word that training rows have hardly ever, or never, counts."""

LEAST_SPREAD = 1e-6
"""A number with a smaller standard deviation among training rows counts in its own scale."""


def feature_scale(rows: np.ndarray, layout: TableLayout) -> np.ndarray:
    """The factors of a table's features in distances, so that each column varies as much as any other.

    A number is divided by its standard deviation. The features of a column of words are weighted as in
    multiple correspondence analysis (Greenacre 2017; Pages 2014 for mixed columns), by 1 / sqrt(p (K - 1))
    for a word that a fraction p of the rows have, among K words: the column's variance is then 1 too, and a
    rare word counts more than a common one. That a value is missing does not count.

    Args:
        rows: (n, features), normal rows as a network takes them.
        layout: Of their columns.

    Returns:
        (features,), float32.
    """
    spread = rows.std(axis=0, dtype=np.float64)
    numbers = np.where(spread > LEAST_SPREAD, 1 / np.maximum(spread, LEAST_SPREAD), 1.0)
    fractions = np.maximum(rows.mean(axis=0, dtype=np.float64), 1 / len(rows))
    words = ((rows.max(axis=0) > 0) * layout.classes) @ layout.of_column
    words = np.minimum(1 / np.sqrt(fractions * np.maximum(words - 1, 1)[layout.groups]), LARGEST)
    return (layout.numbers * numbers + layout.classes * words).astype(np.float32)


def usual_differences(squares: np.ndarray) -> np.ndarray:
    """What is usual of each column, as a divisor of its squared differences.

    Args:
        squares: (n, columns), of normal examples, at least 0.

    Returns:
        (columns,), float32, by which those of a normal example add up to about 1. What is usual is taken as
        half the column's mean and half that of all, for few examples tell a column's mean badly.
    """
    mean = squares.mean(axis=0, dtype=np.float64)
    usual = 0.5 * mean + 0.5 * mean.mean()
    return (len(mean) * np.maximum(usual, 1e-12)).astype(np.float32)
