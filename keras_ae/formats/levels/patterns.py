"""How alike two sets of levels are by the small patterns of their tiles.

Lucas and Volz 2019, "Tile Pattern KL-Divergence for Analysing and Evolving Game Levels", arXiv:1905.05077.
"""

from __future__ import annotations

import numpy as np

__all__ = ["pattern_counts", "pattern_divergence"]

EPSILON = 1e-6
"""Added to each pattern's count, so that one that the other set lacks costs a bounded amount."""
PATTERNS_AT_ONCE = 2**22
"""Patterns in memory at a time."""


def pattern_counts(levels: np.ndarray, size: int) -> dict[bytes, int]:
    """How often each square pattern of tiles occurs in levels, at any offset.

    Args:
        levels: Integers below 256, (n, rows, columns).
        size: Rows and columns of a pattern.

    Returns:
        Counts by the pattern's bytes.

    Raises:
        ValueError: If levels are smaller than a pattern, or have more than 256 tiles.
    """
    if min(levels.shape[1:]) < size or levels.max(initial=0) > 255:
        raise ValueError(f"expected levels of {size} or more rows and columns, received {levels.shape[1:]}")
    levels = levels.astype(np.uint8)
    each = (levels.shape[1] - size + 1) * (levels.shape[2] - size + 1)
    counts: dict[bytes, int] = {}
    batch = max(1, PATTERNS_AT_ONCE // each)
    for start in range(0, len(levels), batch):
        cut = np.lib.stride_tricks.sliding_window_view(
            levels[start : start + batch], (size, size), axis=(1, 2)
        )
        flat = np.ascontiguousarray(cut).reshape(-1, size * size).view(f"V{size * size}").ravel()
        for pattern, number in zip(*np.unique(flat, return_counts=True), strict=True):
            counts[pattern.tobytes()] = counts.get(pattern.tobytes(), 0) + int(number)
    return counts


def pattern_divergence(samples: np.ndarray, real: np.ndarray, size: int) -> float:
    """KL(real || samples) of the patterns of tiles, 0 for equal sets.

    P(x) = (count(x) + epsilon) / (all + epsilon (1 + patterns)) in either set, as in the paper.

    Args:
        samples: Integers below 256, (n, rows, columns).
        real: (m, rows, columns), likewise.
        size: Rows and columns of a pattern.

    Returns:
        Nats.
    """
    real_counts, sample_counts = pattern_counts(real, size), pattern_counts(samples, size)
    totals = [sum(counts.values()) + EPSILON * (1 + len(counts)) for counts in (real_counts, sample_counts)]
    patterns = sorted(real_counts)
    p = (np.array([real_counts[each] for each in patterns], float) + EPSILON) / totals[0]
    q = (np.array([sample_counts.get(each, 0) for each in patterns], float) + EPSILON) / totals[1]
    return float((p * np.log(p / q)).sum())
