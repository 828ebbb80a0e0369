"""Rows of several series in one table: the column that parts them, or that names their channels."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from keras_ae.data.examples import LARGEST
from keras_ae.data.tables.columns import Column
from keras_ae.data.tables.labels import label_columns
from keras_ae.data.tables.numeric_times import is_id_name, is_time_name
from keras_ae.errors import InputError

__all__ = [
    "block_column",
    "entries",
    "group_note",
    "numbers_within",
    "parting_columns",
    "restarting_columns",
    "spread_values",
    "variable_columns",
]

REPEATED, MANY_REPEATED = 0.05, 0.2
"""Fractions of rows that repeat a time, from which a column is looked for that parts them: one that is called
an id, a machine or the like, and any."""

ALONE = 0.99
"""Fraction of different times in each group, at least."""

MOST_GROUPS, FEWEST_ROWS = 1000, 8
"""The most groups of rows, and the fewest rows that each has on average."""

FEWEST_BLOCKS = 3
"""The fewest blocks of rows that make a column one of groups."""

VARIABLE_NAMES = ("variable", "metric", "parameter", "field", "quantity", "measure", "measurement", "feature",
                  "channel", "signal", "tag", "attribute", "property", "series", "variable_name")  # fmt: skip
GROUP_NAMES = frozenset(
    """machine device sensor host hostname server node unit engine asset station site plant line vehicle pump
    turbine meter customer store item product country city region location symbol ticker series group name
    patient subject user channel instance trip ride gesture stroke path run session episode recording sequence
    track trajectory""".split()
)
VALUE_NAMES = ("value", "values", "val", "reading", "y")


def parting_columns(columns: Mapping[str, Column], times: np.ndarray) -> dict[str, Column]:
    """Finds the column, of few different entries, that parts the rows of the same time.

    Args:
        columns: By name.
        times: (rows,), int64.

    Returns:
        The column by its name; none where few times repeat, and where no column parts them.
    """
    count = len(times)
    different = len(np.unique(times))
    if count - different < max(2, REPEATED * count):
        return {}
    candidates = []
    for name, column in columns.items():
        if column.kind == "time" or column.missing.any():
            continue
        if count - different < MANY_REPEATED * count and not _is_group_name(name):
            continue
        if column.kind == "number" and not (is_id_name(name) or (column.values % 1 == 0).all()):
            continue
        groups, names = entries({name: column})
        if not 2 <= len(names) <= min(MOST_GROUPS, count / FEWEST_ROWS):
            continue
        pairs = np.unique(np.stack([groups, np.unique(times, return_inverse=True)[1]]), axis=1).shape[1]
        if pairs >= ALONE * count:
            candidates.append((len(names), name))
    return {name: columns[name] for _, name in sorted(candidates)[:1]}


def restarting_columns(columns: Mapping[str, Column]) -> dict[str, str]:
    """Finds a column of times that rise, and begin anew where the entry of another column changes.

    Args:
        columns: By name.

    Returns:
        The name of the column of times, by the name of the one whose entries are series; {} for none.
    """
    whole = [column for column in columns.values() if column.kind != "time" and not column.missing.any()]
    for time in whole:
        falls = np.diff(time.values) < 0
        if time.kind != "number" or not is_time_name(time.name) or not falls.any():
            continue
        for column in whole:
            changes = np.diff(column.values) != 0
            if (
                column is not time
                and (changes == falls).all()
                and len(np.unique(column.values)) > falls.sum()
            ):
                return {column.name: time.name}
    return {}


def block_column(columns: Mapping[str, Column], apart: Collection[str] = ()) -> str:
    """Finds a column whose entries stand in one block of two or more rows each, such as numbers of trips.

    Args:
        columns: By name.
        apart: Names of columns that are none.

    Returns:
        The one of most entries, three at least, of those that hold text or whose names say that they number
        things; "" for none. Columns that are called labels are none.
    """
    labels, found = label_columns(columns), []
    for name, column in columns.items():
        numbers = column.kind == "number" and _is_group_name(name)
        if name in apart or name in labels or column.missing.any() or not (numbers or column.kind == "text"):
            continue
        codes, names = entries({name: column})
        blocks = 1 + int((np.diff(codes) != 0).sum())
        if blocks == len(names) >= FEWEST_BLOCKS and np.bincount(codes).min() > 1:
            found.append((-len(names), name))
    return min(found)[1] if found else ""


def entries(columns: Mapping[str, Column]) -> tuple[np.ndarray, tuple[str, ...]]:
    """The different entries of columns.

    Args:
        columns: One or more columns by name, whose entries are joined.

    Returns:
        (rows,), the index of each row's entry, -1 where one is missing; and the entries.
    """
    import pandas as pd

    texts, missing = [], np.zeros(len(next(iter(columns.values())).values), bool)
    for column in columns.values():
        missing |= column.missing
        if column.kind == "text":
            words, codes = np.array(column.words, object), column.values
        else:
            different, codes = np.unique(column.values, return_inverse=True)
            words = np.array([f"{value:g}" for value in different], object)
        texts.append(words[codes])
    joined = pd.Series(texts[0])
    for more in texts[1:]:
        joined = joined + " " + pd.Series(more)
    codes, names = pd.factorize(joined.mask(missing), sort=False)
    return codes, tuple(map(str, names))


def numbers_within(groups: np.ndarray) -> np.ndarray:
    """The number of each row among those of its group, from 0.

    Args:
        groups: (rows,), the index of each row's group.

    Returns:
        (rows,), int64.
    """
    import pandas as pd

    return pd.Series(groups).groupby(groups).cumcount().to_numpy()


def variable_columns(name: str, columns: Mapping[str, Column]) -> str:
    """The columns of a table of a row for each value: of the names of channels, and of their values.

    Args:
        name: The column that parts rows of the same time.
        columns: The others, by name.

    Returns:
        Both names, with a comma between them; "" where the rows are of several series instead.
    """
    values = [other for other, column in columns.items() if column.kind == "number"]
    if _plain(name) in VARIABLE_NAMES and len(values) == 1 and _plain(values[0]) in VALUE_NAMES:
        return f"{name},{values[0]}"
    return ""


def spread_values(
    by: Column, value: Column, chosen: Collection[str] = ()
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Values in the columns of their channels, of a table of a row for each value.

    Args:
        by: The names of the channels.
        value: Their values.
        chosen: The channels to take; () for all.

    Returns:
        (rows, channels), float64, NaN but for each row's own channel; and the channels' names.

    Raises:
        InputError: For values that are no numbers, and where rows of a channel are missing.
    """
    groups, names = entries({by.name: by})
    if value.kind != "number":
        raise InputError(f"expected numbers in column {value.name!r}, received {value.kind}; correct them")
    lacking = [channel for channel in chosen if channel not in names]
    if lacking:
        raise InputError(
            f"expected rows of {', '.join(lacking)} in column {by.name!r}, it holds {', '.join(names)}; add "
            "them"
        )
    channels = tuple(chosen) or names
    if len(groups) * len(channels) * 8 > LARGEST:
        raise InputError(
            f"{by.name} names {len(channels):,} channels of {len(groups):,} rows, which do not fit in "
            "memory; use fewer rows"
        )
    codes = np.array([names.index(channel) for channel in channels])
    return np.where(groups[:, None] == codes, value.values[:, None], np.nan), channels


def group_note(by: Collection[str], names: Sequence[str]) -> str:
    """The note on groups of rows.

    Args:
        by: The columns that part them.
        names: The groups.

    Returns:
        The note, for the user.
    """
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return f"{len(names)} series, one for each entry of {' and '.join(by)}: {shown}"


def _is_group_name(name):
    """Whether a column is called an id, a machine or the like."""
    return is_id_name(name) or not GROUP_NAMES.isdisjoint(_plain(name).split("_"))


def _plain(name):
    """A column's name in small letters, with _ between its words."""
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_")
