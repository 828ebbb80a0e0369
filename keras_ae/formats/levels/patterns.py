"""How alike two sets of levels are by the small patterns of their tiles.

Lucas and Volz 2019, "Tile Pattern KL-Divergence for Analysing and Evolving Game Levels", arXiv:1905.05077.
"""

from __future__ import annotations

import numpy as np

EPSILON = 1e-6
"""What is added to each pattern's count, so that one that the other set lacks costs a bounded amount."""
AT_ONCE = 2**22
"""Patterns that are held at a time."""


def pattern_counts(levels: np.ndarray, size: int) -> dict[bytes, int]:
    """How often each pattern of size x size tiles stands in whole numbers (n, rows, columns), at any offset.

    Raises ValueError for levels smaller than a pattern, or of more than 256 tiles.
    """
    if min(levels.shape[1:]) < size or levels.max(initial=0) > 255:
        raise ValueError(f"expected levels of {size} or more rows and columns, received {levels.shape[1:]}")
    levels = levels.astype(np.uint8)
    each = (levels.shape[1] - size + 1) * (levels.shape[2] - size + 1)
    counts: dict[bytes, int] = {}
    step = max(1, AT_ONCE // each)
    for start in range(0, len(levels), step):
        cut = np.lib.stride_tricks.sliding_window_view(
            levels[start : start + step], (size, size), axis=(1, 2)
        )
        flat = np.ascontiguousarray(cut).reshape(-1, size * size).view(f"V{size * size}").ravel()
        for pattern, number in zip(*np.unique(flat, return_counts=True), strict=True):
            counts[pattern.tobytes()] = counts.get(pattern.tobytes(), 0) + int(number)
    return counts


def pattern_divergence(sampled: np.ndarray, real: np.ndarray, size: int) -> float:
    """KL(real || sampled) in nats of the patterns of size x size tiles; 0 for equal sets.

    sampled, real: whole numbers (n, rows, columns).
    P(x) = (count(x) + epsilon) / (all + epsilon (1 + patterns)), as in the paper, in either set.
    """
    there, here = pattern_counts(real, size), pattern_counts(sampled, size)
    wholes = [sum(counts.values()) + EPSILON * (1 + len(counts)) for counts in (there, here)]
    patterns = sorted(there)
    p = (np.array([there[each] for each in patterns], float) + EPSILON) / wholes[0]
    q = (np.array([here.get(each, 0) for each in patterns], float) + EPSILON) / wholes[1]
    return float((p * np.log(p / q)).sum())
