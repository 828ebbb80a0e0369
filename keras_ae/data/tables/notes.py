"""What the user is told about the values of a table: what is missing, or may stand for it, and units."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from keras_ae.data.tables.columns import Column

__all__ = ["column_notes", "without_infinite"]

MOST_NAMED = 8
"""Columns or words that are named at most."""

FAR = 2
"""How many times the range of the other values a number lies beyond them that may stand for a missing one."""

_SENTINEL = re.compile(r"-?(9{2,6}(\.9+)?|7{2,5}|8{2,5}|200|32768|32767|65535|2147483647)")


def without_infinite(columns: Mapping[str, Column]) -> tuple[dict[str, Column], Counter[str]]:
    """Infinite numbers as missing ones.

    Args:
        columns: Columns by name.

    Returns:
        The columns, and how many infinite numbers there were.
    """
    found, changed = Counter[str](), dict(columns)
    for name, column in columns.items():
        if column.kind == "number" and (infinite := np.isinf(column.values)).any():
            found["inf"] += int(infinite.sum())
            changed[name] = replace(column, values=np.where(infinite, np.nan, column.values))
    return changed, found


def column_notes(columns: Mapping[str, Column], replaced: Counter[str]) -> Iterator[str]:
    """What the user is told about columns.

    Args:
        columns: Columns by name.
        replaced: How often words were read as missing values.

    Yields:
        The notes.
    """
    units = [f"{name} {column.unit}" for name, column in columns.items() if column.unit]
    if units:
        yield f"units: {_first(units)}"
    truth = [name for name, column in columns.items() if column.kind == "number" and column.words]
    if truth:
        yield f"True is read as 1, False as 0: {_first(truth)}"
    if replaced:
        yield f"read as missing: {_first([f'{word} ({count:,})' for word, count in replaced.most_common()])}"
    for name, column in columns.items():
        for value, count in _sentinels(column):
            plural = "s" * (count > 1)
            yield (
                f"{name} is {value:g} in {count:,} row{plural}, far from its other values: where that "
                "stands for a missing one, leave the cells empty"
            )
    counts = {name: int(column.missing.sum()) for name, column in columns.items()}
    incomplete = [f"{name} {count}" for name, count in counts.items() if count]
    if incomplete:
        yield f"missing values: {_first(incomplete, ' columns')}"


def _first(texts, what=""):
    """The first of many texts."""
    more = f" and {len(texts) - MOST_NAMED}{what} more" if len(texts) > MOST_NAMED else ""
    return f"{', '.join(texts[:MOST_NAMED])}{more}"


def _sentinels(column):
    """Extreme numbers that loggers write for missing ones, and how many there are."""
    if column.kind != "number" or column.missing.all():
        return
    for value in (np.nanmin(column.values), np.nanmax(column.values)):
        if not _SENTINEL.fullmatch(f"{value:.10g}"):
            continue
        others = column.values[(column.values != value) & ~column.missing]
        if len(others) and np.abs(others - value).min() > FAR * (others.max() - others.min()):
            yield value, int((column.values == value).sum())
