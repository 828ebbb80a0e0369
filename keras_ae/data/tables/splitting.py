"""Splits of the rows of a table: by content, by the groups in a column, by time, or by a list of rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_ae.data.groups import by_group, check_apart
from keras_ae.data.split_rules import by_content, by_list, by_time, read_list
from keras_ae.data.splits import Parts
from keras_ae.data.tables.columns import Column, Table
from keras_ae.data.tables.roles import times_in_numbers
from keras_ae.data.tables.words import words_of
from keras_ae.errors import InputError, check_choices

__all__ = ["SPLIT_RULES", "TEST", "VALIDATION", "check_splitting", "split_rows"]

VALIDATION, TEST = 0.2, 0.2
"""Fractions of the rows for validation and for test."""

SPLIT_RULES = ("content", "time")
"""What the splits of rows may follow from, where nothing else is given."""


def check_splitting(dataset: Any) -> None:
    """Checks how a table is to be split.

    Args:
        dataset: With fields `split`, `group`, `time` and `test_list`.

    Raises:
        InputError: For an unknown rule, and for settings that exclude each other.
    """
    check_choices(dataset, split=SPLIT_RULES)
    by_time = dataset.split == "time"
    if by_time and (dataset.group or dataset.test_list):
        raise InputError(
            "split=time takes the last rows as the test split, received a group or a test_list with it; "
            "leave one of them out"
        )
    if dataset.time and not by_time:
        raise InputError(f"time={dataset.time} is the column that split=time splits by; give both")


def split_rows(
    table: Table, dataset: Any, content: list[bytes], own: Mapping[str, np.ndarray] | None = None
) -> Parts:
    """Splits the rows of a table.

    Args:
        table: The table.
        dataset: With fields as for `check_splitting`.
        content: The hash of each row's content.
        own: Indices of the rows of splits that are given, such as "validation".

    Returns:
        The splits.

    Raises:
        InputError: For an unknown column, and for too few different rows, groups or times.
    """
    own = own or {}
    fractions = {"validation": VALIDATION, "test": TEST} | dict.fromkeys(own, 0.0)
    given = np.zeros(len(content), bool)
    for rows in own.values():
        given[rows] = True
    others = np.flatnonzero(~given)
    groups = _groups(table, dataset.group)
    if groups is not None:
        by_split = {"the others": others} | dict(own)
        check_apart({name: groups[rows] for name, rows in by_split.items()}, dataset.group)
    if len(own) == 2:
        rule = "; ".join(f"{name} is the {name} split" for name in own)
        return Parts({"train": others, **own}, rule)
    parts = _split(table, dataset, content, groups, others, fractions)
    told = [f"{name} is the {name} split; the others " for name in own]
    return Parts(
        {name: others[rows] for name, rows in parts.indices.items()} | dict(own), "".join([*told, parts.rule])
    )


def _split(table, dataset, content, groups, others, fractions):
    """The splits of some rows, as indices of these."""
    if dataset.split == "time":
        times, name = _times(table, dataset.time)
        return by_time(times[others], name, **fractions)

    def rest(rows: np.ndarray, **fractions: float) -> Parts:
        if groups is not None:
            return by_group(groups[others][rows], dataset.group, **fractions)
        return by_content([content[row] for row in others[rows]], **fractions)

    if not dataset.test_list:
        return rest(np.arange(len(others)), **fractions)
    names = list(map(str, others if groups is None else groups[others].tolist()))
    what = "numbers of rows from 0" if groups is None else f"values of {dataset.group}"
    tested = read_list(dataset.test_list, names, what)
    return by_list(tested, dataset.test_list, lambda rows: rest(rows, **fractions | {"test": 0.0}))


def _groups(table: Table, name: str) -> np.ndarray | None:
    """The group of each row, as text; None without."""
    if not name:
        return None
    column = _column(table, name)
    if column.missing.any():
        raise InputError(
            f"expected a group in every row of {name!r}, {int(column.missing.sum())} rows have none; add "
            "them, or remove the rows"
        )
    if column.kind == "text":
        return words_of(column).astype(str)
    return np.array([f"{value:.15g}" for value in column.values.tolist()])


def _times(table: Table, name: str) -> tuple[np.ndarray, str]:
    """The time of each row, and what it is called; without a column of times the order of the rows."""
    if not name:
        numeric = times_in_numbers(table.columns)
        name = next(
            (name for name, one in table.columns.items() if one.kind == "time" or name in numeric), ""
        )
    if not name:
        return np.arange(len(table)), "no column of times: the order of the rows"
    column = _column(table, name)
    if column.kind == "text" or column.missing.any():
        raise InputError(
            f"expected a time in every row of {name!r}, received {int(column.missing.sum())} rows without "
            f'and values of kind {column.kind}; correct them, or choose another: SET="data.time=..."'
        )
    return column.values, name


def _column(table: Table, name: str) -> Column:
    if name not in table.columns:
        raise InputError(f"there is no column {name!r}; the columns are {', '.join(table.columns)}")
    return table.columns[name]
