"""Masks over the cells of levels."""

from __future__ import annotations

import numpy as np


def moved(mask: np.ndarray, down: int, across: int, outside: bool = False) -> np.ndarray:
    """A mask (n, rows, columns) moved by a tile; `outside` is what comes in over the edge."""
    out = np.full_like(mask, outside)
    rows, columns = mask.shape[1:]
    out[:, max(down, 0) : rows + min(down, 0), max(across, 0) : columns + min(across, 0)] = mask[
        :, max(-down, 0) : rows + min(-down, 0), max(-across, 0) : columns + min(-across, 0)
    ]
    return out
