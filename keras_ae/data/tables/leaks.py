"""Columns that tell anomalies by themselves, as a copy of their labels does."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from keras_ae.data.tables.columns import Column

__all__ = ["separating_columns", "telling_columns"]

FEWEST = 5
"""Fewer anomalies, or fewer rows a value on average, may have a value of their own by chance."""


def telling_columns(columns: Mapping[str, Column], anomalies: np.ndarray) -> tuple[str, ...]:
    """Finds the columns of which each value belongs to normal rows or to anomalies alone.

    Numbers or words with few rows a value, such as names, tell nothing.

    Args:
        columns: By name.
        anomalies: (n,), bool, whether a row is labeled as an anomaly.

    Returns:
        Their names: columns of which the values, or which are missing, are known once the labels are.
    """
    if min(anomalies.sum(), (~anomalies).sum()) < FEWEST:
        return ()
    return tuple(
        name
        for name, column in columns.items()
        if _tells(column.missing, anomalies) or _tells(_values(column), anomalies)
    )


def separating_columns(columns: Mapping[str, Column], anomalies: np.ndarray) -> tuple[str, ...]:
    """Finds the columns of numbers which are all higher, or all lower, in anomalies than in normal rows.

    They may be made from the labels, or measure what makes anomalies so.

    Args:
        columns: By name.
        anomalies: (n,), bool, whether a row is labeled as an anomaly.

    Returns:
        Their names.
    """
    if min(anomalies.sum(), (~anomalies).sum()) < FEWEST:
        return ()
    numbers = {name: column.values for name, column in columns.items() if column.kind == "number"}
    return tuple(name for name, values in numbers.items() if _separates(values, anomalies))


def _separates(values, anomalies):
    """Whether a limit parts the numbers of anomalies from those of normal rows; no number may be missing."""
    odd, normal = values[anomalies], values[~anomalies]
    return bool(odd.min() > normal.max() or odd.max() < normal.min())


def _values(column):
    """The values of a column, a missing one being a value like others."""
    return np.nan_to_num(column.values, nan=np.inf) if column.kind == "number" else column.values


def _tells(values, anomalies):
    """Whether each value belongs to one kind of rows alone, with several rows a value."""
    different, index = np.unique(values, return_inverse=True)
    if not 1 < len(different) <= len(values) / FEWEST:
        return False
    counts = np.bincount(index, minlength=len(different))
    odd = np.bincount(index, weights=anomalies, minlength=len(different))
    return bool(((odd == 0) | (odd == counts)).all())
