"""What the runner of Lode Runner can reach, for many levels at once: a fixpoint over all their tiles.

A simplification of the game. The runner stands on bricks, on solid ground, on the tops of ladders and in the
last row, and holds on to ladders and ropes. There he goes sideways into what is not solid, up from a ladder,
and down. Elsewhere he falls. Where he has a hold, he may dig the brick that lies diagonally below, if the
tile above it is free; holes stay open, so that whoever is in one may go on from there, and bricks under which
others were dug are dug in their turn. Enemies do not block. Each piece of gold must be reached from the
spawn, though not all in one run: a fall into a pit of no return is not told from others. The text lacks
hidden ladders and bricks that one falls through.
"""

from __future__ import annotations

import numpy as np

from keras_ae.formats.levels.legend import Legend
from keras_ae.formats.levels.masks import moved


def playable(levels: np.ndarray, legend: Legend) -> np.ndarray:
    """Whole numbers (n, rows, columns) -> (n,) bool: one spawn, some gold, and all of it reached."""
    gold, spawn = legend.having("gold")[levels], legend.having("spawn")[levels]
    missed = gold & ~reached(levels, legend)
    return (spawn.sum(axis=(1, 2)) == 1) & gold.any(axis=(1, 2)) & ~missed.any(axis=(1, 2))


def reached(levels: np.ndarray, legend: Legend) -> np.ndarray:
    """The tiles (n, rows, columns) bool that are reached from the spawn, holes among them."""
    solid = legend.having("solid")[levels]
    ladder, brick = legend.having("ladder")[levels], legend.having("diggable")[levels]
    hold = held(levels, legend)
    at = legend.having("spawn")[levels]
    size = -1
    while at.sum() != size:
        size = at.sum()
        # a dug brick is reached, so that where it is not, the bricks of others are as solid as they were
        free = ~solid | at
        holding = at & hold
        beside = moved(holding, 0, 1) | moved(holding, 0, -1)
        dug = moved(beside & free, 1, 0) & brick
        at = at | beside & free | moved(at & ladder, -1, 0) & free | moved(at, 1, 0) & free | dug
    return at


def held(levels: np.ndarray, legend: Legend) -> np.ndarray:
    """The tiles (n, rows, columns) bool in which the runner does not fall."""
    firm = legend.having("solid", "ladder")[levels]
    below = np.ones_like(firm)
    below[:, :-1] = firm[:, 1:]
    return below | legend.having("ladder", "rope")[levels]
