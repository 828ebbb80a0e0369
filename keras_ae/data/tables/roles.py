"""Columns that tell rows apart, and so are none to learn from: times, and numbers of rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from keras_ae.data.tables.columns import Column
from keras_ae.data.tables.numeric_times import is_even, numbers_rows, times_of_numbers
from keras_ae.data.tables.time_form import TimeForm

__all__ = ["times_and_indices", "times_in_numbers"]


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
    numeric = times_in_numbers({name: column for name, column in columns.items() if name not in known})
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
