"""The steps of a quantization, chosen by what they cost: the error of what a decoder makes of the codes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from keras_ae.codec.grid import Grid

__all__ = ["grid_within", "sensitivity"]

Decode = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(k, dimensions) codes, the rows (k,) of the examples that they are of -> (k, ...) reconstructions."""

NUDGE = 0.25
"""How far codes are moved to see what changes, in standard deviations of their dimension."""

MOST_DECODED = 16_384
"""Codes that are decoded to find out how sensitive the dimensions are, about."""

FINEST, COARSEST = 2.0**-10, 2.0**4
"""The steps that are tried, in standard deviations of the most sensitive dimension."""

HALVINGS = 12
"""Times that the range of steps is halved."""


def sensitivity(decode: Decode, codes: np.ndarray) -> np.ndarray:
    """How much a reconstruction changes with each dimension of its code.

    Args:
        decode: The decoder.
        codes: (n, dimensions), some codes.

    Returns:
        (dimensions,), the root mean square of the change over the change of the code, both summed over all
        elements; all equal where there are too many dimensions to try each.
    """
    count, dimensions = codes.shape
    nudges = NUDGE * codes.std(axis=0)
    if 4 * dimensions > MOST_DECODED or not nudges.any():
        return np.ones(dimensions)
    rows = np.arange(0, count, -(-count // max(4, MOST_DECODED // (2 * dimensions))))
    few = codes[rows]
    before = decode(few, rows).reshape(len(few), -1).astype(np.float64)
    found = np.zeros(dimensions)
    for dimension in np.flatnonzero(nudges):
        moved = few.copy()
        moved[:, dimension] += nudges[dimension]
        change = decode(moved, rows).reshape(len(few), -1) - before
        found[dimension] = np.sqrt(np.square(change).sum(axis=1).mean()) / nudges[dimension]
    return found


def grid_within(
    codes: np.ndarray,
    decode: Decode,
    error: Callable[[np.ndarray], float],
    most: float,
    found: np.ndarray | None = None,
) -> Grid:
    """The grid of the largest steps whose error stays within a bound.

    Args:
        codes: (n, dimensions), some codes.
        decode: The decoder.
        error: (n, ...) reconstructions of all these codes -> their error.
        most: The bound.
        found: (dimensions,), their sensitivities; None to find them out.

    Returns:
        The grid; that of the finest steps tried, where none is within the bound.
    """
    found = sensitivity(decode, codes) if found is None else found
    mean, rows = codes.mean(axis=0), np.arange(len(codes))
    deviation = float(codes.std(axis=0)[int(np.argmax(found))]) or 1.0

    def grid(exponent: float) -> Grid:
        return Grid.of_equal_loss(found, mean, deviation * 2.0**exponent)

    low, high = float(np.log2(FINEST)), float(np.log2(COARSEST))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        tried = grid(middle)
        within = error(decode(tried.codes(tried.levels(codes)), rows)) <= most
        low, high = (middle, high) if within else (low, middle)
    return grid(low)
