"""The column of a table that says what each row counts in the objective."""

from __future__ import annotations

import numpy as np

from keras_ae.data.tables.columns import Table
from keras_ae.data.weights import checked_weights
from keras_ae.errors import InputError

__all__ = ["column_weights"]


def column_weights(table: Table, name: str) -> np.ndarray | None:
    """What each row of a table counts.

    Args:
        table: The table.
        name: The column's name; "" for none.

    Returns:
        (n,), float32; None without such a column.

    Raises:
        InputError: For a column that there is not, and for one of other than numbers of at least 0.
    """
    if not name:
        return None
    if name not in table.columns:
        raise InputError(
            f"there is no column {name!r} of weights; the columns are {', '.join(table.columns)}"
        )
    column = table.columns[name]
    if column.kind != "number" or column.missing.any():
        raise InputError(
            f"expected a number of at least 0 in each row of {name!r}, the weights; received "
            f"{column.kind} with {int(column.missing.sum())} missing; correct them, or leave data.weight out"
        )
    return checked_weights(column.values, len(table), f"the weights {name}")
