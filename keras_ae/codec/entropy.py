"""An entropy coder of levels: asymmetric numeral systems over tables of whole counts.

Duda, Tahboub, Gadgil and Delp, "The use of asymmetric numeral systems as an accurate replacement for Huffman
coding", 2015; Bamler, "Understanding Entropy Coding With Asymmetric Numeral Systems", 2022, arXiv:2201.01741,
whose package does it. What a table holds are whole numbers, never the output of a network: tables that differ
in a last digit decode to something else.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from keras_ae.codec.tables import Table, coding_order, symbols_among
from keras_ae.errors import InputError
from keras_ae.extras import install_command

__all__ = ["decode", "empirical_bits", "encode"]

BLOCK = 2**22
"""Levels that are coded at a time, about."""


def encode(levels: np.ndarray, tables: Sequence[Table]) -> bytes:
    """Encodes levels.

    Args:
        levels: (n, dimensions), int32, each of its table's values.
        tables: The table of each dimension.

    Returns:
        The bytes.
    """
    package = _package()
    models = _models(package, tables)
    order = coding_order([table.parent for table in tables])
    pieces = []
    for start, stop in _blocks(*levels.shape):
        ans, block = package.stack.AnsCoder(), np.ascontiguousarray(levels[start:stop].T)
        symbols = {each: symbols_among(tables[each].values, block[each]) for each in order}
        for dimension in reversed(order):  # a stack: the last is decoded first
            parent = tables[dimension].parent
            groups = list(_groups(parent, symbols.get(parent), stop - start, tables))
            for row, rows in reversed(groups):
                model = models[dimension][row]
                if model is not None and symbols[dimension][rows].size:
                    ans.encode_reverse(np.ascontiguousarray(symbols[dimension][rows]), model)
        words = ans.get_compressed().astype("<u4")
        pieces += [struct.pack("<I", len(words)), words.tobytes()]
    return b"".join(pieces)


def decode(content: bytes, tables: Sequence[Table], count: int) -> np.ndarray:
    """Decodes levels.

    Args:
        content: What `encode` returned.
        tables: The same tables.
        count: How many rows there are.

    Returns:
        (count, dimensions), int32.

    Raises:
        ValueError: The bytes are no such code.
    """
    package = _package()
    models = _models(package, tables)
    order = coding_order([table.parent for table in tables])
    levels, at = np.empty((len(tables), count), np.int32), 0
    for start, stop in _blocks(count, len(tables)):
        size = struct.unpack_from("<I", content, at)[0] if len(content) >= at + 4 else 2**32
        if len(content) < at + 4 + 4 * size:
            raise ValueError("a block ends early")
        ans = package.stack.AnsCoder(np.frombuffer(content, "<u4", size, at + 4).astype(np.uint32))
        at += 4 + 4 * size
        symbols: dict[int, np.ndarray] = {}
        for dimension in order:
            parent, own = tables[dimension].parent, np.zeros(stop - start, np.int32)
            for row, rows in _groups(parent, symbols.get(parent), stop - start, tables):
                model = models[dimension][row]
                if model is not None and own[rows].size:
                    own[rows] = ans.decode(model, own[rows].size)
            symbols[dimension] = own
            levels[dimension, start:stop] = tables[dimension].values[own]
        if not ans.is_empty():
            raise ValueError("a block holds more than its levels")
    if at < len(content):
        raise ValueError("blocks are followed by something else")
    return levels.T


def empirical_bits(levels: np.ndarray) -> float:
    """The empirical entropy of levels, each dimension by itself: the fewest bits of tables without parents.

    Args:
        levels: (n, dimensions), whole numbers.

    Returns:
        Bits of all levels together.
    """
    bits = 0.0
    for column in levels.T:
        counts = np.unique(column, return_counts=True)[1]
        bits -= float((counts * np.log2(counts / len(column))).sum())
    return bits


def _package() -> Any:
    """The package's coders and models."""
    try:
        import constriction
    except ImportError as error:
        raise InputError(f"a .kae needs constriction: {install_command('codec')}") from error
    return constriction.stream


def _models(package, tables):
    """A model of the package for each row of each table; None where nothing needs to be said."""

    def model(counts):  # whole numbers, so exact everywhere
        return package.model.Categorical(counts.astype(np.float64), perfect=False)

    return [
        [None if len(table.values) == 1 else model(counts) for counts in table.counts] for table in tables
    ]


def _blocks(count: int, dimensions: int) -> Iterator[tuple[int, int]]:
    """Where blocks of rows of about `BLOCK` levels start and stop."""
    rows = max(1, BLOCK // dimensions)
    for start in range(0, count, rows):
        yield start, min(start + rows, count)


def _groups(parent, above, count, tables):
    """The rows of a block for each row of a table: all of them, or by the parent's symbol."""
    if parent < 0:
        yield 0, slice(count)
        return
    order = np.argsort(above, kind="stable")
    ends = np.searchsorted(above[order], np.arange(len(tables[parent].values) + 1))
    for row, (start, stop) in enumerate(pairwise(ends)):
        yield row, order[start:stop]
