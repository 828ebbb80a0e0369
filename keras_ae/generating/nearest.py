"""Distances between examples as people have them: what is near to what was learned from, or a copy."""

from __future__ import annotations

import numpy as np

MOST_VALUES = 2**27
"""Values compared at a time, which bounds the memory that it takes."""


def distances(examples: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Of each example (n, ...) to each of the others (m, ...), (n, m) float32.

    Of whole numbers the share of positions that differ, of real ones the root of the mean squared difference.
    """
    flat, seen = examples.reshape(len(examples), -1), others.reshape(len(others), -1)
    found = np.empty((len(flat), len(seen)), np.float32)
    if flat.dtype.kind in "iu":
        flat, seen = (_narrow(part) for part in (flat, seen))
        for row, example in enumerate(flat):
            size = max(1, MOST_VALUES // max(1, seen.shape[1]))
            for at in range(0, len(seen), size):
                found[row, at : at + size] = (seen[at : at + size] != example).mean(axis=1)
        return found
    squares = np.square(seen).sum(axis=1)
    size = max(1, MOST_VALUES // max(1, len(seen)))
    for at in range(0, len(flat), size):
        part = flat[at : at + size]
        square = np.square(part).sum(axis=1)[:, None] - 2 * part @ seen.T + squares
        found[at : at + size] = np.sqrt(np.maximum(square, 0) / seen.shape[1])
    return found


def nearest(examples: np.ndarray, others: np.ndarray, count: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Places (n, count) of the nearest others, the nearest first, and their distances (n, count)."""
    places, found = [], []
    for example in examples:
        row = distances(example[None], others)[0]
        order = np.argsort(row, kind="stable")[:count]
        places.append(order)
        found.append(row[order])
    return np.array(places), np.array(found)


def _narrow(numbers):
    return numbers.astype(np.uint8 if numbers.max(initial=0) < 256 else np.int32)
