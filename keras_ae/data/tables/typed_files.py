"""Files of typed columns, Parquet and Feather, as data frames."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd

from keras_ae.data.examples import LARGEST
from keras_ae.data.tables.columns import distinct_names
from keras_ae.data.tables.suffixes import row_suffix
from keras_ae.errors import InputError
from keras_ae.extras import install_command

__all__ = ["frame_names", "read_frame"]

_INDEX = "__index_level_"
"""How the name of an index without one begins, as pandas writes it."""


def frame_names(path: str | Path) -> tuple[str, ...]:
    """The names of the columns of a file.

    Args:
        path: A .parquet or .feather file.

    Returns:
        The names; columns of lists and the like are none.

    Raises:
        InputError: pyarrow is not installed, or the file cannot be read.
    """
    return tuple(_columns(_dataset(path)))


def read_frame(path: str | Path, names: Collection[str]) -> pd.DataFrame:
    """Reads columns of a file.

    Args:
        path: A .parquet or .feather file.
        names: The columns, of those that `frame_names` gives.

    Returns:
        The columns: numbers, truth values, times, and texts for all else.

    Raises:
        InputError: pyarrow is not installed, or the file cannot be read or has too many values.
    """
    dataset = _dataset(path)
    columns = {name: own for name, own in _columns(dataset).items() if name in names}
    try:
        rows = dataset.count_rows()
        is_large = rows * len(columns) * 8 > LARGEST
        table = None if is_large else dataset.to_table(columns=list(columns.values()))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if table is None:
        raise InputError(
            f"{path} holds more than {LARGEST / 2**30:g} GiB of values; use fewer columns or rows"
        )
    return pd.DataFrame({name: _plain(table[own]) for name, own in columns.items()})


def _dataset(path: str | Path) -> Any:
    try:
        import pyarrow.dataset
    except ModuleNotFoundError as error:
        raise InputError(f"{path} needs pyarrow: {install_command('parquet')}; or save it as CSV") from error
    try:
        return pyarrow.dataset.dataset(str(path), format=row_suffix(path)[1:])
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _columns(dataset):
    """The names of columns in the file, by those that they are read by."""
    import pyarrow.types

    own = [field.name for field in dataset.schema if not pyarrow.types.is_nested(field.type)]
    names = distinct_names(["index" if name.startswith(_INDEX) else " ".join(name.split()) for name in own])
    return dict(zip(names, own, strict=True))


def _plain(column):
    """A column as one of pandas."""
    import pyarrow
    import pyarrow.types

    kinds, kind = pyarrow.types, column.type
    if kinds.is_decimal(kind) or kinds.is_float16(kind):
        column = column.cast(pyarrow.float64())
    elif kinds.is_duration(kind):
        return column.to_pandas().dt.total_seconds()
    elif kinds.is_time(kind) or kinds.is_binary(kind) or kinds.is_large_binary(kind):
        column = column.cast(pyarrow.string())
    return column.to_pandas(date_as_object=False)


def _unreadable(path, error):
    reason = " ".join(str(error).split())[:200]
    return InputError(f"{path} cannot be read as {row_suffix(path)[1:]} ({reason}); write it anew, or as CSV")
