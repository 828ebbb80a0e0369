"""Masks over the cells of levels."""

from __future__ import annotations

import numpy as np

__all__ = ["shift_mask"]


def shift_mask(mask: np.ndarray, down: int, right: int, outside: bool = False) -> np.ndarray:
    """Shifts masks by at most a tile each way.

    Args:
        mask: (n, rows, columns) bool.
        down: -1, 0 or 1 rows.
        right: -1, 0 or 1 columns.
        outside: The value beyond the edge.

    Returns:
        (n, rows, columns) bool.
    """
    shifted = np.full_like(mask, outside)
    rows, columns = mask.shape[1:]
    shifted[:, max(down, 0) : rows + min(down, 0), max(right, 0) : columns + min(right, 0)] = mask[
        :, max(-down, 0) : rows + min(-down, 0), max(-right, 0) : columns + min(-right, 0)
    ]
    return shifted
