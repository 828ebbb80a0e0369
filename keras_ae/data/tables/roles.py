"""Columns that tell rows apart, and so are none to learn from: times, and numbers of rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from keras_ae.data.tables.columns import Column
from keras_ae.data.tables.numeric_times import is_even, numbers_rows, times_of_numbers
from keras_ae.data.tables.time_form import TimeForm

__all__ = ["incomplete_times", "times_and_indices", "times_in_numbers"]

MOST_MISSING = 0.5
"""Fraction of missing numbers up to which the others may be times."""


def times_and_indices(
    columns: Mapping[str, Column], known: Collection[str] = ()
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Finds the columns that tell rows apart, and so are none to learn from.

    Args:
        columns: By name.
        known: Names of those that are not to be looked at.

    Returns:
        Why each of them is left out, by name; and the names of columns that rise evenly, and yet are neither
        times nor indices.
    """
    faults, rising = {}, []
    free = {name: column for name, column in columns.items() if name not in known}
    numeric = {*times_in_numbers(free), *incomplete_times(free)}
    for name, column in columns.items():
        if name in known:
            continue
        if column.kind == "time" or name in numeric:
            faults[name] = "a time"
        elif column.kind == "number" and not column.missing.any():
            if numbers_rows(name, column.values):
                faults[name] = "numbers the rows"
            elif is_even(column.values) and len(np.unique(column.values)) == len(column.values):
                rising.append(name)
    return faults, tuple(rising)


def times_in_numbers(columns: Mapping[str, Column]) -> dict[str, tuple[np.ndarray, TimeForm]]:
    """The times in columns of numbers.

    Args:
        columns: By name.

    Returns:
        (n,) int64 and their form, by the names of those that hold times.
    """
    numbers = {name: column.values for name, column in columns.items() if column.kind == "number"}
    found = {name: times_of_numbers(name, values) for name, values in numbers.items()}
    return {
        name: times
        for name, times in found.items()
        if times is not None and not numbers_rows(name, numbers[name])
    }


def incomplete_times(columns: Mapping[str, Column]) -> tuple[str, ...]:
    """The columns of numbers that are dates, or count from 1970, but for some that are missing.

    Args:
        columns: By name.

    Returns:
        Their names.
    """
    found = []
    for name, column in columns.items():
        if column.kind == "number" and 0 < column.missing.mean() < MOST_MISSING:
            times = times_of_numbers(name, column.values[~column.missing])
            found += [name] if times is not None and times[1].dated else []
    return tuple(found)
