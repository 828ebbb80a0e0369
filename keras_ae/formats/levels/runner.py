"""Lode Runner: levels in which all gold can be reached from the spawn.

A simplification of the game. The runner stands on bricks, on solid ground, on the tops of ladders and in the
last row, and holds on to ladders and ropes. There he goes sideways into what is not solid, up from a ladder,
and down. Elsewhere he falls. Where he has a hold, he may dig the brick that lies diagonally below, if the
tile above it is free; holes stay open, so that a runner in one may go on from there, and bricks under which
others were dug are dug in their turn. Enemies do not block. Each piece of gold must be reached from the
spawn, though not all in one run: a fall into a pit of no return is not told from others. The text lacks
hidden ladders and bricks that one falls through.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from keras_ae.formats.levels.cheapest_path import Cell, cheapest_path
from keras_ae.formats.levels.game import Game
from keras_ae.formats.levels.legend import Legend
from keras_ae.formats.levels.masks import shift_mask
from keras_ae.formats.levels.sprites import BLACK, Pen, brick, stone

__all__ = ["Runner", "footholds", "playable", "reached"]


class Runner(Game):
    """Lode Runner, whose player climbs, hangs, falls and digs."""

    name = "runner"
    background = BLACK

    def playable(self, levels: np.ndarray, legend: Legend) -> np.ndarray:
        """Whether there is one spawn, and all gold can be reached."""
        return playable(levels, legend)

    def repair(self, level: np.ndarray, legend: Legend) -> tuple[np.ndarray, bool]:
        """Leaves one spawn, and leads ladders, ropes and cleared bricks to gold out of reach."""
        level = level.copy()
        gold, spawn = legend.first("gold"), legend.first("spawn")
        spawns = np.argwhere(level == spawn)
        level[tuple(spawns[1:].T)] = 0
        if not len(spawns) and spawn >= 0:
            free = (level == 0) & footholds(level[None], legend)[0]
            if free.any():
                level[tuple(np.argwhere(free)[-1])] = spawn
        if gold >= 0 and not (level == gold).any():
            return level, False
        for _ in range(int((level == gold).sum())):
            there = reached(level[None], legend)[0]
            missed = (level == gold) & ~there
            if not missed.any() or not there.any():
                break
            _lead(level, there, missed, legend)
        return level, bool(playable(level[None], legend)[0])

    def sprite(self, tags: Sequence[str]) -> Callable[[Pen], None] | None:
        """Bricks that can be dug look unlike stone that cannot."""
        if "ground" not in tags:
            return None
        return brick if "diggable" in tags else stone


def playable(levels: np.ndarray, legend: Legend) -> np.ndarray:
    """Whether levels have one spawn, and gold that can all be reached.

    Args:
        levels: Integers (n, rows, columns).
        legend: The legend of the tiles.

    Returns:
        (n,) bool.
    """
    gold, spawn = legend.having("gold")[levels], legend.having("spawn")[levels]
    missed = gold & ~reached(levels, legend)
    return (spawn.sum(axis=(1, 2)) == 1) & gold.any(axis=(1, 2)) & ~missed.any(axis=(1, 2))


def reached(levels: np.ndarray, legend: Legend) -> np.ndarray:
    """The tiles that can be reached from the spawn, including dug holes: a fixpoint over all tiles.

    Args:
        levels: Integers (n, rows, columns).
        legend: The legend of the tiles.

    Returns:
        (n, rows, columns) bool.
    """
    solid = legend.having("solid")[levels]
    ladder, diggable = legend.having("ladder")[levels], legend.having("diggable")[levels]
    foothold = footholds(levels, legend)
    at = legend.having("spawn")[levels]
    size = -1
    while at.sum() != size:
        size = at.sum()
        # a dug brick is reached, so that where it is not, the bricks of others are as solid as they were
        free = ~solid | at
        standing = at & foothold
        beside = shift_mask(standing, 0, 1) | shift_mask(standing, 0, -1)
        dug = shift_mask(beside & free, 1, 0) & diggable
        climbed, fallen = shift_mask(at & ladder, -1, 0) & free, shift_mask(at, 1, 0) & free
        at = at | beside & free | climbed | fallen | dug
    return at


def footholds(levels: np.ndarray, legend: Legend) -> np.ndarray:
    """The tiles in which the runner does not fall.

    Args:
        levels: Integers (n, rows, columns).
        legend: The legend of the tiles.

    Returns:
        (n, rows, columns) bool.
    """
    firm = legend.having("solid", "ladder")[levels]
    below = np.ones_like(firm)
    below[:, :-1] = firm[:, 1:]
    return below | legend.having("ladder", "rope")[levels]


def _lead(level: np.ndarray, there: np.ndarray, missed: np.ndarray, legend: Legend) -> None:
    """Changes tiles along the cheapest path from reachable tiles to a piece of gold, in place."""
    fixed = legend.having("gold", "spawn")[level]
    solid, ladder = legend.having("solid")[level], legend.having("ladder")[level]
    foothold = footholds(level[None], legend)[0]
    tiles = {tag: legend.first(tag) for tag in ("ladder", "rope")}

    def price(at: Cell, to: Cell) -> float:
        """A ladder to go up from, a hold to go sideways from, and a brick to clear, each a tile to change."""
        up = to[0] < at[0]
        missing = not ladder[at] if up else to[0] == at[0] and not foothold[at]
        impossible = missing and (fixed[at] or tiles["ladder" if up else "rope"] < 0)
        return np.inf if impossible else 1.0 * missing + 1.0 * solid[to]

    for at, to in pairwise(cheapest_path(there, missed, price)):
        if to[0] < at[0]:
            level[at] = tiles["ladder"]
        elif to[0] == at[0] and not footholds(level[None], legend)[0][at]:
            level[at] = tiles["rope"]
        if solid[to]:
            level[to] = 0
