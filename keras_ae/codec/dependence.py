"""Which dimension of a code tells most about which other: a forest of pairs that pays for its tables.

Chow and Liu, "Approximating Discrete Probability Distributions with Dependence Trees", 1968.
"""

from __future__ import annotations

import numpy as np

from keras_ae.codec.tables import symbols_of

__all__ = ["choose_parents"]

MOST_DIMENSIONS = 128
"""Dimensions of which all pairs are compared; of more, neighbors alone."""

NEIGHBORS = 4
"""How far apart neighbors are, at most."""

MOST_ROWS = 20_000
"""Examples that are looked at, at most."""

MOST_CELLS = 2**16
"""Cells of a table of two dimensions, at most."""

BITS_OCCUPIED, BITS_EMPTY = 7.0, 0.6
"""What a cell of a table takes in a file, about: of a pair that occurs, and of one that does not."""


def choose_parents(levels: np.ndarray) -> list[int]:
    """Chooses the dimension that each depends on, so that all together take the fewest bytes.

    Args:
        levels: (n, dimensions), whole numbers.

    Returns:
        The index of a dimension for each, or -1 where none saves more than its table takes.
    """
    count, dimensions = levels.shape
    thin = levels[:: -(-count // MOST_ROWS)]
    symbols = [symbols_of(column) for column in thin.T]
    sizes = [len(values) for values, _ in symbols]
    reach = dimensions if dimensions <= MOST_DIMENSIONS else NEIGHBORS
    gains = []
    for one in range(dimensions):
        for other in range(one + 1, min(dimensions, one + 1 + reach)):
            if sizes[one] > 1 < sizes[other] and sizes[one] * sizes[other] <= MOST_CELLS:
                joint = symbols[one][1] * sizes[other] + symbols[other][1]  # of at most MOST_CELLS
                table = np.bincount(joint, minlength=sizes[one] * sizes[other]).reshape(sizes[one], -1)
                gain = _mutual_bits(table) * (count / len(thin)) - _table_bits(table)
                if gain > 0:
                    gains.append((gain, one, other))
    return _forest(sorted(gains, reverse=True), dimensions)


def _mutual_bits(table):
    """The mutual information of a table of counts, in bits of all its examples."""
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    return _bits(rows) + _bits(columns) - _bits(table.ravel()) - _bits(table.sum(keepdims=True).ravel())


def _bits(counts):
    """-sum of n log2 n."""
    counts = counts[counts > 0].astype(np.float64)
    return -float((counts * np.log2(counts)).sum())


def _table_bits(table):
    """What a table takes more than one of a single row."""
    occupied = np.count_nonzero(table)
    return BITS_OCCUPIED * occupied + BITS_EMPTY * (table.size - occupied) - BITS_OCCUPIED * table.shape[1]


def _forest(gains, dimensions):
    """The parents in the forest of the largest gains without a circle, each tree from its lowest index."""
    tree, links = list(range(dimensions)), [[] for _ in range(dimensions)]

    def root(one):
        while tree[one] != one:
            one = tree[one]
        return one

    for _, one, other in gains:
        if root(one) != root(other):
            tree[root(one)] = root(other)
            links[one].append(other)
            links[other].append(one)
    parents, reached = [-1] * dimensions, [False] * dimensions
    for start in range(dimensions):
        waiting = [] if reached[start] else [start]
        reached[start] = True
        for one in waiting:  # which grows
            for other in links[one]:
                if not reached[other]:
                    reached[other], parents[other] = True, one
                    waiting.append(other)
    return parents
