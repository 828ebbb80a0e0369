"""Pipes of two columns: which of their tiles are broken, and how they are repaired."""

from __future__ import annotations

import numpy as np

from keras_ae.formats.levels.legend import Legend
from keras_ae.formats.levels.masks import shift_mask

__all__ = ["broken_fraction", "broken_pipes", "repair_pipes"]

PARTS = ("top-left pipe", "top-right pipe", "left pipe", "right pipe")


def broken_pipes(levels: np.ndarray, legend: Legend) -> np.ndarray:
    """The pipe tiles that are not part of a whole pipe.

    A left half has its right half beside it and a right half its left, a top has a shaft or something solid
    below it, and a shaft has a top or a shaft of its own side above it. What would lie outside the level,
    such as the other half of a pipe that the edge of a window cuts, is assumed to be there.

    Args:
        levels: Integers (n, rows, columns).
        legend: The legend of the tiles.

    Returns:
        (n, rows, columns) bool.
    """
    top_left, top_right, left, right = (legend.having(part)[levels] for part in PARTS)
    solid = legend.having("solid")[levels]
    bad = top_left & ~shift_mask(top_right, 0, -1, True) | top_right & ~shift_mask(top_left, 0, 1, True)
    bad |= left & ~shift_mask(right, 0, -1, True) | right & ~shift_mask(left, 0, 1, True)
    for top, shaft in ((top_left, left), (top_right, right)):
        other = solid & ~legend.having("pipe")[levels]
        bad |= top & ~shift_mask(shaft | other, -1, 0, True)
        bad |= shaft & ~shift_mask(top | shaft, 1, 0, True)
    return bad


def broken_fraction(levels: np.ndarray, legend: Legend) -> float:
    """The fraction of pipe tiles that are broken.

    Args:
        levels: Integers (n, rows, columns).
        legend: The legend of the tiles.

    Returns:
        A number in [0, 1], 0 if there is no pipe.
    """
    pipes = int(legend.having("pipe")[levels].sum())
    return float(broken_pipes(levels, legend).sum()) / pipes if pipes else 0.0


def repair_pipes(level: np.ndarray, legend: Legend) -> np.ndarray:
    """Makes pipes and cannons whole, or removes them where that is not possible.

    From the left, each broken piece of pipe becomes a pipe of two columns from its top row down to what is
    below it; a piece above nothing is removed. A cannon's body without a cannon above it gets one.

    Args:
        level: Integers (rows, columns); they are not modified.
        legend: The legend of the tiles.

    Returns:
        The repaired level, (rows, columns).
    """
    level = level.copy()
    if all(legend.having(part).any() for part in PARTS):
        for _ in range(2 * level.shape[1]):
            broken = np.argwhere(broken_pipes(level[None], legend)[0])
            if not len(broken):
                break
            row, column = broken[np.lexsort((broken[:, 0], broken[:, 1]))][0]
            _repair_pipe(level, row, column, legend)
        # repairing a pipe may break its neighbor; this ends because removals leave fewer pipe tiles
        while (bad := broken_pipes(level[None], legend)[0]).any():
            level[bad] = 0
    top, bottom = legend.first("Cannon top"), legend.first("Cannon bottom")
    if min(top, bottom) >= 0:
        above = np.vstack([np.full((1, level.shape[1]), top), level[:-1]])
        level[(level == bottom) & (above != top) & (above != bottom)] = top
    return level


def _repair_pipe(level: np.ndarray, row: int, column: int, legend: Legend) -> None:
    """Makes the pipe of one broken tile whole, or removes it, in place."""
    right_half = level[row, column] in (legend.first(PARTS[1]), legend.first(PARTS[3]))
    left = column - 1 if right_half else column
    pipe = legend.having("pipe")
    columns = [at for at in (left, left + 1) if 0 <= at < level.shape[1]]
    top = row
    while top and pipe[level[top - 1, columns]].any() and level[top, columns[0]] != legend.first(PARTS[0]):
        top -= 1
    bottom = top
    while bottom + 1 < len(level) and pipe[level[bottom + 1, columns]].any():
        bottom += 1
    piece = level[top : bottom + 1, columns]
    others = ~pipe[piece] & (piece != 0)
    solid = legend.having("solid")
    grounded = bottom + 1 == len(level) or solid[level[bottom + 1, columns]].all()
    if bottom > top and grounded and pipe[piece].mean() >= 0.5 and not others.any():
        parts = np.array([[legend.first(part) for part in pair] for pair in (PARTS[:2], PARTS[2:])])
        halves = [at - left for at in columns]
        level[top, columns] = parts[0, halves]
        level[top + 1 : bottom + 1, columns] = parts[1, halves]
        if not broken_pipes(level[None], legend)[0, top : bottom + 1, columns].any():
            return
    level[top : bottom + 1, columns] = np.where(pipe[piece], 0, piece)
