"""The tables of an entropy coder: how often each level occurs in each dimension, as whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Table", "coding_order", "count_levels", "pack", "symbols_among", "symbols_of", "unpack"]

TOTAL = 2**16 - 1
"""Sum that the counts of a row are scaled down to."""

MOST_VALUES = 2**16
"""Different levels of a dimension, at most."""

MOST_LISTED = 2**20
"""Levels from the smallest to the largest that are looked up in a list of all; of more, by a search."""


@dataclass(frozen=True, eq=False)
class Table:
    """How often each level of a dimension occurs, of all examples or by the level of another dimension.

    Attributes:
        parent: The index of the dimension that it depends on; -1 for none.
        values: (k,), int32, the levels that occur, ascending.
        counts: (rows, k), uint16, their counts; a row for each value of the parent, or one.
    """

    parent: int
    values: np.ndarray
    counts: np.ndarray


def count_levels(levels: np.ndarray, parents: Sequence[int]) -> list[Table]:
    """Counts the levels of every dimension.

    Args:
        levels: (n, dimensions), int32, at least one row.
        parents: For each dimension the index of the one that it depends on, or -1.

    Returns:
        A table for each dimension.
    """
    occurring = [symbols_of(column) for column in levels.T]
    return [
        Table(parent, values.astype(np.int32), _scaled(_counts(symbols, values, parent, occurring)))
        for parent, (values, symbols) in zip(parents, occurring, strict=True)
    ]


def symbols_of(column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The levels that occur in a dimension.

    Args:
        column: (n,), int32, at least one.

    Returns:
        The levels, ascending, and for each example the index of its level among them, both int32.
    """
    low, high = int(column.min()), int(column.max())
    if high - low >= MOST_LISTED:
        values = np.unique(column)
    else:
        occurs = np.zeros(high - low + 1, bool)
        occurs[column - low] = True
        values = (np.flatnonzero(occurs) + low).astype(np.int32)
    return values, symbols_among(values, column)


def symbols_among(values: np.ndarray, column: np.ndarray) -> np.ndarray:
    """The indices of levels among those that occur.

    Args:
        values: (k,), int32, ascending.
        column: (n,), int32, each of them one of the values.

    Returns:
        (n,), int32.
    """
    low, high = int(values[0]), int(values[-1])
    if high - low >= MOST_LISTED:
        return np.searchsorted(values, column).astype(np.int32)
    listed = np.zeros(high - low + 1, np.int32)
    listed[values - low] = np.arange(len(values), dtype=np.int32)
    return listed[column - low]


def _counts(symbols, values, parent, occurring):
    """(rows, k) of whole numbers."""
    above, rows = (0, 1) if parent < 0 else (occurring[parent][1], len(occurring[parent][0]))
    joint = above * len(values) + symbols
    return np.bincount(joint, minlength=rows * len(values)).reshape(rows, len(values))


def _scaled(counts):
    """Counts whose rows have sums that 16 bits hold; what occurs has a count of at least 1."""
    totals = counts.sum(axis=1, keepdims=True)
    smaller = np.maximum(counts * TOTAL // totals, counts > 0)
    return np.where(totals > TOTAL, smaller, counts).astype(np.uint16)


def coding_order(parents: Sequence[int]) -> list[int]:
    """The dimensions in an order in which each comes after the one that it depends on.

    Args:
        parents: The index of a dimension for each, or -1.

    Returns:
        Indices of all dimensions.

    Raises:
        ValueError: A dimension depends on itself, directly or by way of others, or on one that is not there.
    """
    if any(not -1 <= parent < len(parents) for parent in parents):
        raise ValueError("a dimension depends on one that is not there")
    children: dict[int, list[int]] = {}
    for dimension, parent in enumerate(parents):
        children.setdefault(parent, []).append(dimension)
    order = list(children.get(-1, ()))
    for dimension in order:  # which grows
        order += children.get(dimension, ())
    if len(order) < len(parents):
        raise ValueError("a dimension depends on itself")
    return order


def pack(tables: Sequence[Table]) -> bytes:
    """Writes tables as bytes: parents, sizes, values as differences, counts by their low and high bytes.

    Args:
        tables: The tables.

    Returns:
        The bytes, which compress well.
    """
    parents = np.array([table.parent for table in tables], "<i4")
    sizes = np.array([len(table.values) for table in tables], "<u4")
    firsts = np.array([table.values[0] for table in tables], "<i4")
    gaps = np.concatenate([np.diff(table.values.astype(np.int64)) for table in tables]).astype("<u4")
    counts = np.concatenate([table.counts.ravel() for table in tables]).astype("<u2")
    return b"".join(_by_bytes(part) for part in (parents, sizes, firsts, gaps, counts))


def unpack(content: bytes, dimensions: int) -> list[Table]:
    """Reads what `pack` has written.

    Args:
        content: The bytes.
        dimensions: How many tables there are, at least 1.

    Returns:
        The tables.

    Raises:
        ValueError: The bytes are no such tables.
    """
    reader = _Reader(content)
    parents = reader.take("<i4", dimensions).tolist()
    sizes = reader.take("<u4", dimensions).tolist()
    firsts = reader.take("<i4", dimensions).astype(np.int64)
    if not all(1 <= size <= MOST_VALUES for size in sizes):
        raise ValueError("a table has no value, or too many")
    coding_order(parents)
    gaps = np.split(reader.take("<u4", sum(sizes) - dimensions).astype(np.int64), _ends(sizes, -1))
    rows = [1 if parent < 0 else sizes[parent] for parent in parents]
    areas = [size * row for size, row in zip(sizes, rows, strict=True)]
    counts = np.split(reader.take("<u2", sum(areas)), _ends(areas))
    reader.end()
    tables = []
    for dimension, parent in enumerate(parents):
        values = firsts[dimension] + np.concatenate([[0], np.cumsum(gaps[dimension])])
        own = counts[dimension].reshape(rows[dimension], sizes[dimension])
        if not gaps[dimension].all() or values[-1] >= 2**31 or not own.any(axis=1).all():
            raise ValueError("a table's values do not ascend, or do not occur")
        tables.append(Table(parent, values.astype(np.int32), own))
    return tables


def _by_bytes(array):
    """An array's lowest bytes, then the next: they are alike, and compress better."""
    return np.ascontiguousarray(array).view(np.uint8).reshape(-1, array.itemsize).T.tobytes()


def _ends(sizes, more=0):
    """Where to split what was joined."""
    return np.cumsum([size + more for size in sizes])[:-1]


class _Reader:
    """Arrays from bytes, one after the other."""

    def __init__(self, content: bytes):
        self.content, self.at = content, 0

    def take(self, dtype: str, count: int) -> np.ndarray:
        """The next array, of what `_by_bytes` gives."""
        size = np.dtype(dtype).itemsize
        own = self.content[self.at : self.at + count * size]
        if len(own) < count * size:
            raise ValueError("tables end early")
        self.at += count * size
        return np.ascontiguousarray(np.frombuffer(own, np.uint8).reshape(size, count).T).view(dtype).ravel()

    def end(self) -> None:
        """Checks that nothing is left."""
        if self.at < len(self.content):
            raise ValueError("tables are followed by something else")
