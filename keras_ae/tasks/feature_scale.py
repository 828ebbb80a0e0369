"""How much the features of a table count in distances between its rows."""

from __future__ import annotations

import numpy as np

__all__ = ["feature_scale", "inverse_of_usual"]

LARGEST = 4.0
"""The largest factor: what a word that training rows have hardly ever, or never, counts."""

LEAST_SPREAD = 1e-6
"""A number with a smaller standard deviation among training rows counts in its own scale."""


def feature_scale(rows: np.ndarray, groups: np.ndarray, of_words: np.ndarray) -> np.ndarray:
    """The factors of a table's features in distances, so that each column varies as much as any other.

    A number is divided by its standard deviation. The features of a column of words are weighted as in
    multiple correspondence analysis (Greenacre 2017; Pages 2014 for mixed columns), by 1 / sqrt(p (K - 1))
    for a word that a fraction p of the rows have, among K words: the column's variance is then 1 too, and a
    rare word counts more than a common one. That a number is missing counts as one deviation.

    Args:
        rows: (n, features), normal rows as a network takes them.
        groups: (features,), the index of the column that each feature comes from.
        of_words: (features,), bool, whether that is a column of words.

    Returns:
        (features,), float32.
    """
    scale = np.ones(rows.shape[1])
    first = np.flatnonzero(
        np.diff(groups, prepend=-1)
    )  # of a number, the value; whether it is missing follows
    numbers = first[~of_words[first]]
    spread = rows[:, numbers].std(axis=0, dtype=np.float64)
    scale[numbers] = np.where(spread > LEAST_SPREAD, 1 / np.maximum(spread, LEAST_SPREAD), 1.0)
    fractions = np.maximum(rows.mean(axis=0, dtype=np.float64), 1 / len(rows))
    used = rows.max(axis=0) > 0
    words = np.bincount(groups, weights=used)[groups]
    by_frequency = np.minimum(1 / np.sqrt(fractions * np.maximum(words - 1, 1)), LARGEST)
    return np.where(of_words, by_frequency, scale).astype(np.float32)


def inverse_of_usual(contributions: np.ndarray) -> np.ndarray:
    """Factors that bring each column's contributions into units of what is usual there.

    Args:
        contributions: (n, columns), of normal examples, at least 0.

    Returns:
        (columns,), float32, with which the contributions of a normal example sum up to about 1. What is usual
        is taken as half the column's mean and half that of all, for few examples tell a column's mean badly.
    """
    mean = contributions.mean(axis=0, dtype=np.float64)
    usual = 0.5 * mean + 0.5 * mean.mean()
    return (1 / (len(mean) * np.maximum(usual, 1e-12))).astype(np.float32)
