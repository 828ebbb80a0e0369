"""Whether every door of a room of The Legend of Zelda is reached from every other, for many rooms at once.

The player walks over what is passable, and with the ladder crosses one tile of water or lava in a straight
line, as in the game. Blocks are not pushed, and locked or bombed doors are open: the text does not tell them
apart. A room has one to four doors, each of touching door tiles in the outermost two rows or columns. What
lies apart from the doors, such as a stair behind blocks, is not asked for.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from keras_ae.formats.levels.legend import Legend
from keras_ae.formats.levels.masks import moved

WALL = 2
"""Rows and columns at the border that doors lie in."""
MOST_DOORS = 4
_WAYS = ((1, 0), (-1, 0), (0, 1), (0, -1))


def playable(rooms: np.ndarray, legend: Legend, ladder: bool = True) -> np.ndarray:
    """Whole numbers (n, rows, columns) -> (n,) bool. ladder: whether one tile of water can be crossed."""
    doors = legend.having("door")[rooms]
    inside = np.zeros(rooms.shape[1:], bool)
    inside[WALL:-WALL, WALL:-WALL] = True
    groups = door_groups(doors)
    count = np.array([len(np.unique(room[room > 0])) for room in groups])
    start = (groups > 0) & (groups == _least(groups)[:, None, None])
    reached = flooded(rooms, start, legend, ladder)
    every = ~(doors & ~reached).any(axis=(1, 2))
    return (count >= 1) & (count <= MOST_DOORS) & ~(doors & inside).any(axis=(1, 2)) & every


def door_groups(doors: np.ndarray) -> np.ndarray:
    """The number of the door that each tile (n, rows, columns) belongs to, 0 where there is none."""
    touching = np.zeros((3, 3, 3), bool)
    touching[1] = ndimage.generate_binary_structure(2, 1)
    return ndimage.label(doors, touching)[0]


def flooded(rooms: np.ndarray, start: np.ndarray, legend: Legend, ladder: bool = True) -> np.ndarray:
    """The tiles (n, rows, columns) bool that are reached from those of the start."""
    solid, element = legend.having("solid")[rooms], legend.having("element")[rooms]
    passable = legend.having("passable", "enemy")[rooms] & ~solid
    bridged = element & ~solid & ~passable
    reached, size = start & passable, -1
    while reached.sum() != size:
        size = reached.sum()
        for way in _WAYS:
            step = moved(reached, *way)
            reached = reached | step & passable
            if ladder:
                reached |= moved(step & bridged, *way) & passable
    return reached


def _least(groups):
    """(n,) the least number of a door in each room, or 0."""
    masked = np.where(groups > 0, groups, np.iinfo(groups.dtype).max)
    least = masked.min(axis=(1, 2))
    return np.where(least == np.iinfo(groups.dtype).max, 0, least)
