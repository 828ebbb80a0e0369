"""The Legend of Zelda: rooms in which every door can be reached from every other.

The player walks over what is passable, and with the ladder crosses one tile of water or lava in a straight
line, as in the game. Blocks are not pushed, and locked or bombed doors are open, because the text does not
tell them apart. A room has one to four doors, each of touching door tiles in the outermost two rows or
columns. Tiles away from the doors, such as a stair behind blocks, need not be reached.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from keras_ae.formats.levels.cheapest_path import Cell, cheapest_path
from keras_ae.formats.levels.game import Game
from keras_ae.formats.levels.legend import Legend
from keras_ae.formats.levels.masks import shift_mask
from keras_ae.formats.levels.sprites import FLOOR

__all__ = ["Rooms", "label_doors", "playable", "reached"]

WALL = 2
"""Rows and columns at the border that doors lie in."""
MAX_DOORS = 4
WALL_PRICE = 50.0
"""Price of opening a tile of the border; one inside costs 1."""
DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1))


class Rooms(Game):
    """The dungeons of The Legend of Zelda, room by room."""

    name = "rooms"
    background = FLOOR

    def playable(self, levels: np.ndarray, legend: Legend) -> np.ndarray:
        """Whether every door can be reached from every other."""
        return playable(levels, legend)

    def repair(self, level: np.ndarray, legend: Legend) -> tuple[np.ndarray, bool]:
        """Opens floor along the cheapest path from the first door to each other door.

        Doors inside the room become floor, and all but the four largest ones wall.
        """
        level, inside = level.copy(), _inside(level.shape)
        door = legend.having("door")
        wall = legend.first("wall") if legend.having("wall").any() else legend.first("solid")
        level[door[level] & inside] = 0
        labels = label_doors(door[level][None])[0]
        largest = np.argsort(-np.bincount(labels.ravel())[1:], kind="stable") + 1
        level[np.isin(labels, largest[MAX_DOORS:])] = max(wall, 0)
        passable = legend.having("passable", "enemy") & ~legend.having("solid")
        for _ in range(MAX_DOORS):
            doors = door[level]
            if not doors.any() or playable(level[None], legend)[0]:
                break
            first = np.zeros_like(doors)
            first[tuple(np.argwhere(doors)[0])] = True
            there = reached(level[None], first[None], legend)[0]
            price = np.where(passable[level], 0.0, np.where(inside, 1.0, WALL_PRICE))
            for cell in cheapest_path(there, doors & ~there, partial(_entering, price)):
                level[cell] = level[cell] if passable[level[cell]] else 0
        return level, bool(playable(level[None], legend)[0])

    def attributes(self, levels: np.ndarray, legend: Legend) -> dict[str, np.ndarray]:
        """Whether a room has a door in each of its four sides."""
        doors = legend.having("door")[levels]
        sides = (doors[:, :3], doors[:, -3:], doors[..., :3], doors[..., -3:])
        return {"four_doors": np.all([side.any(axis=(1, 2)) for side in sides], axis=0)}


def playable(rooms: np.ndarray, legend: Legend, ladder: bool = True) -> np.ndarray:
    """Whether every door of a room can be reached from every other, for many rooms in one call.

    Args:
        rooms: Integers (n, rows, columns).
        legend: The legend of the tiles.
        ladder: Whether one tile of water can be crossed.

    Returns:
        (n,) bool.
    """
    doors = legend.having("door")[rooms]
    labels = label_doors(doors)
    count = np.array([len(np.unique(room[room > 0])) for room in labels])
    start = (labels > 0) & (labels == _least(labels)[:, None, None])
    all_reached = ~(doors & ~reached(rooms, start, legend, ladder)).any(axis=(1, 2))
    none_inside = ~(doors & _inside(rooms.shape[1:])).any(axis=(1, 2))
    return (count >= 1) & (count <= MAX_DOORS) & none_inside & all_reached


def label_doors(doors: np.ndarray) -> np.ndarray:
    """Numbers the doors of rooms, each of touching tiles.

    Args:
        doors: (n, rows, columns) bool, the tiles of doors.

    Returns:
        (n, rows, columns), the number of the door that each tile belongs to, 0 if there is none.
    """
    from scipy import ndimage  # half a second, which a look at other data would wait for

    touching = np.zeros((3, 3, 3), bool)
    touching[1] = ndimage.generate_binary_structure(2, 1)
    return ndimage.label(doors, touching)[0]


def reached(rooms: np.ndarray, start: np.ndarray, legend: Legend, ladder: bool = True) -> np.ndarray:
    """The tiles that can be reached from the start.

    Args:
        rooms: Integers (n, rows, columns).
        start: (n, rows, columns) bool.
        legend: The legend of the tiles.
        ladder: Whether one tile of water can be crossed.

    Returns:
        (n, rows, columns) bool.
    """
    solid, element = legend.having("solid")[rooms], legend.having("element")[rooms]
    passable = legend.having("passable", "enemy")[rooms] & ~solid
    bridged = element & ~solid & ~passable
    there, size = start & passable, -1
    while there.sum() != size:
        size = there.sum()
        for direction in DIRECTIONS:
            step = shift_mask(there, *direction)
            there = there | step & passable
            if ladder:
                there |= shift_mask(step & bridged, *direction) & passable
    return there


def _entering(price: np.ndarray, at: Cell, to: Cell) -> float:
    """The price of a step: the price of the cell it leads to."""
    return float(price[to])


def _inside(shape: tuple[int, ...]) -> np.ndarray:
    """The tiles (rows, columns) bool within the border."""
    inside = np.zeros(shape, bool)
    inside[WALL:-WALL, WALL:-WALL] = True
    return inside


def _least(labels: np.ndarray) -> np.ndarray:
    """(n,) the least number of a door in each room, or 0."""
    largest = np.iinfo(labels.dtype).max
    least = np.where(labels > 0, labels, largest).min(axis=(1, 2))
    return np.where(least == largest, 0, least)
