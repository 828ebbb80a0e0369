"""The columns of data frames as columns of numbers, words or times."""

from __future__ import annotations

import numpy as np
import pandas as pd

from keras_ae.data.tables.columns import MISSING, Column
from keras_ae.errors import InputError
from keras_ae.names import nearby

__all__ = ["frame_columns"]


def frame_columns(
    frame: pd.DataFrame, numbers: tuple[str, ...] = (), words: tuple[str, ...] = ()
) -> dict[str, Column]:
    """The columns of a data frame, each of numbers, of words or of times.

    Args:
        frame: The data frame.
        numbers: Columns to read as numbers.
        words: Columns to read as words.

    Returns:
        Columns by name.

    Raises:
        InputError: For an unknown column, and for values that cannot be read as its kind.
    """
    names = [str(name) for name in frame.columns]
    unknown = [name for name in (*numbers, *words) if name not in names]
    if unknown:
        near = nearby(unknown[0], names)
        raise InputError(
            f"the data frame has no column {unknown[0]!r}{near}; its columns are {', '.join(names)}"
        )
    columns = {}
    for index, name in enumerate(names):
        values = frame.iloc[:, index]
        kind = "text" if name in words else "number" if name in numbers else _kind(values)
        columns[name] = {"number": _numbers, "text": _words, "time": _times}[kind](name, values)
    return columns


def _kind(values):
    types = pd.api.types
    if types.is_datetime64_any_dtype(values.dtype):
        return "time"
    if types.is_numeric_dtype(values.dtype) and not types.is_complex_dtype(values.dtype):
        return "number"
    present = values.dropna()
    if types.is_object_dtype(values.dtype) and len(present):
        return "number" if all(isinstance(one, int | float | np.number) for one in present) else "text"
    return "text"


def _numbers(name, values):
    numbers = pd.to_numeric(values, errors="coerce").astype("Float64").to_numpy(np.float64, na_value=np.nan)
    bad = np.flatnonzero(np.isnan(numbers) & values.notna().to_numpy())
    if len(bad):
        cell = values.iloc[bad[0]]
        cell = cell.item() if isinstance(cell, np.generic) else cell
        raise InputError(
            f"expected numbers in column {name!r}, row {bad[0]} holds {cell!r}; "
            "correct it, set it to NaN where it is missing, or name the column among words"
        )
    words = ("False", "True") if pd.api.types.is_bool_dtype(values.dtype) else ()
    return Column(name, "number", numbers, words)


def _words(name, values):
    """Words, as they would be read from a file; numbers and truth values among them by their text."""
    present = values.notna().to_numpy()
    for row, cell in enumerate(values.tolist()):
        if present[row] and not isinstance(cell, str | int | float | np.generic):
            raise InputError(
                f"expected numbers, words or times in column {name!r}, row {row} holds a "
                f"{type(cell).__name__}; leave the column out of the data frame"
            )
    texts = values.astype(object).where(present, "").map(str).str.strip()
    codes, words = pd.factorize(texts.mask(texts.isin(MISSING)))
    return Column(name, "text", codes.astype(np.int32), tuple(words))


def _times(name, values):
    times = pd.to_datetime(values, utc=True).dt.as_unit("ns")
    return Column(name, "time", times.astype("int64").to_numpy())
