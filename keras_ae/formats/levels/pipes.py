"""Pipes of two columns: which of their tiles are broken, and how they are made whole again."""

from __future__ import annotations

import numpy as np

from keras_ae.formats.levels.legend import Legend
from keras_ae.formats.levels.masks import moved

PARTS = ("top-left pipe", "top-right pipe", "left pipe", "right pipe")


def broken(levels: np.ndarray, legend: Legend) -> np.ndarray:
    """(n, rows, columns) whole numbers -> bool, the pipe tiles that are no part of a whole pipe.

    A left half has its right half beside it and a right half its left, a top has a shaft or something solid
    below it, and a shaft has a top or a shaft of its own side above it. What would stand outside the level,
    such as the other half of a pipe that the edge of a window cuts, is taken to be there.
    """
    top_left, top_right, left, right = (_of(levels, legend, part) for part in PARTS)
    solid = legend.having("solid")[levels]
    bad = top_left & ~moved(top_right, 0, -1, True) | top_right & ~moved(top_left, 0, 1, True)
    bad |= left & ~moved(right, 0, -1, True) | right & ~moved(left, 0, 1, True)
    for top, shaft in ((top_left, left), (top_right, right)):
        other = solid & ~legend.having("pipe")[levels]
        bad |= top & ~moved(shaft | other, -1, 0, True)
        bad |= shaft & ~moved(top | shaft, 1, 0, True)
    return bad


def broken_share(levels: np.ndarray, legend: Legend) -> float:
    """Share of the pipe tiles of (n, rows, columns) that are broken, 0 where there is no pipe."""
    pipes = int(legend.having("pipe")[levels].sum())
    return float(broken(levels, legend).sum()) / pipes if pipes else 0.0


def mended(level: np.ndarray, legend: Legend) -> np.ndarray:
    """A level (rows, columns) whose pipes and cannons are whole, or gone where they cannot be made so.

    From the left, each piece of pipe that is broken becomes a pipe of two columns from its top row down to
    what stands below it; a piece above nothing is removed. A cannon's body without a cannon above it gets
    one.
    """
    level = level.copy()
    if all(legend.having(part).any() for part in PARTS):
        for _ in range(2 * level.shape[1]):
            places = np.argwhere(broken(level[None], legend)[0])
            if not len(places):
                break
            row, column = places[np.lexsort((places[:, 0], places[:, 1]))][0]
            _mend(level, row, column, legend)
        # mending one pipe may break its neighbor; removing ends, for each turn leaves fewer tiles of pipes
        while (bad := broken(level[None], legend)[0]).any():
            level[bad] = 0
    top, bottom = legend.first("Cannon top"), legend.first("Cannon bottom")
    if min(top, bottom) >= 0:
        above = np.vstack([np.full((1, level.shape[1]), top), level[:-1]])
        level[(level == bottom) & (above != top) & (above != bottom)] = top
    return level


def _mend(level, row, column, legend):
    """Makes whole, or else removes, the pipe of one broken tile, in place."""
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
        chosen = [at - left for at in columns]
        level[top, columns] = parts[0, chosen]
        level[top + 1 : bottom + 1, columns] = parts[1, chosen]
        if not broken(level[None], legend)[0, top : bottom + 1, columns].any():
            return
    level[top : bottom + 1, columns] = np.where(pipe[piece], 0, piece)


def _of(levels, legend, part):
    return legend.having(part)[levels]
