"""The edit distance of texts: insertions, deletions and replacements that make one of the other."""

from __future__ import annotations

import numpy as np

__all__ = ["edit_distances", "edit_similarity"]


def edit_distances(ones: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The Levenshtein distance of each pair of sequences, all pairs at once.

    Args:
        ones: (n, length), whole numbers; below 1 after the end.
        others: (n, length), likewise.

    Returns:
        (n,), int64.
    """
    length, rows = (sides.shape[1] for sides in (others, ones))
    sizes = [_size(side) for side in (ones, others)]
    before = np.tile(np.arange(length + 1), (len(ones), 1))
    results = before[np.arange(len(ones)), sizes[1]].copy()
    for row in range(1, rows + 1):
        differs = ones[:, row - 1 : row] != others
        # without insertions first; an insertion then continues the least so far, one for each step
        cost = np.minimum(before[:, 1:] + 1, before[:, :-1] + differs)
        cost = np.concatenate([np.full((len(ones), 1), row), cost], axis=1)
        steps = np.arange(length + 1)
        before = np.minimum.accumulate(cost - steps, axis=1) + steps
        reached = sizes[0] == row
        results[reached] = before[reached, sizes[1][reached]]
    return results


def edit_similarity(ones: np.ndarray, others: np.ndarray) -> np.ndarray:
    """1 - the edit distance / the length of the first sequence, and at least 0.

    Args:
        ones: (n, length), whole numbers; below 1 after the end.
        others: (n, length), likewise.

    Returns:
        (n,), float64, in [0, 1]; the distance counts as that of a text of one token if the first is empty.
    """
    return np.maximum(0.0, 1.0 - edit_distances(ones, others) / np.maximum(_size(ones), 1))


def _size(sequences: np.ndarray) -> np.ndarray:
    """The numbers of tokens before the ends, (n,)."""
    ends = sequences < 1
    return np.where(ends.any(axis=1), ends.argmax(axis=1), sequences.shape[1])
