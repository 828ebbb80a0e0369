"""Courses of Mario through one level: the quickest, or the one that needs the fewest changes of tiles.

The movement is that of `jumps`, tile by tile, so that a course can be followed back and drawn. At a price a
course may lead through solid tiles, which are then removed, and stand on air, where ground is then built.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np

from keras_ae.formats.levels.cheapest_path import Cell
from keras_ae.formats.levels.jumps import ABOVE, EDGE, HANG, RISE, UNCOUNTED, padded

__all__ = ["Course", "cheapest_course"]

FALLING = RISE + HANG
BUILDING = 1.0
"""Price of a tile of ground, equal to that of removing an ordinary tile."""

State = tuple[int, int, int]
"""(phase of a jump, row, column), with the margins of the level counted."""
Change = tuple[tuple[Cell, ...], Cell | None]
"""Cells gone through, and the cell to build, if any."""


class Course(NamedTuple):
    """A way through a level, in cells (row, column) of the level itself.

    Rows below 0 lie above the level; columns -1 and the one past the last beside it.

    Attributes:
        cells: From start to finish.
        removed: The cells passed through; solid tiles among them must be removed.
        built: The cells where ground must be built.
    """

    cells: list[Cell]
    removed: list[Cell]
    built: list[Cell]


def cheapest_course(solid: np.ndarray, price: np.ndarray | None = None) -> Course | None:
    """The cheapest course through a level, and among those the quickest.

    Args:
        solid: (rows, columns) bool, the solid tiles.
        price: (rows, columns), of removing each solid tile; None if nothing may be changed.

    Returns:
        The course, or None if there is none.
    """
    search = _Search(solid, price)
    queue: list[tuple[float, int, State]] = []
    best: dict[State, float] = {}
    previous: dict[State, tuple[State | None, Change]] = {}
    for state, cost, change in search.starts():
        if cost < best.get(state, np.inf):
            best[state], previous[state] = cost, (None, change)
            heapq.heappush(queue, (cost, 0, state))
    while queue:
        cost, ticks, state = heapq.heappop(queue)
        if cost > best[state]:
            continue
        if search.arrived(state):
            return _followed_back(state, previous)
        for later, extra, change in search.after(*state):
            if cost + extra < best.get(later, np.inf):
                best[later], previous[later] = cost + extra, (state, change)
                heapq.heappush(queue, (cost + extra, ticks + 1, later))
    return None


class _Search:
    """States of Mario in a level with its margins, and what follows them at what cost."""

    def __init__(self, solid: np.ndarray, price: np.ndarray | None):
        wide, starts, goals = (part[0] for part in padded(solid[None]))
        self.rows, self.columns = wide.shape
        self.may_change = price is not None
        costs = np.full(wide.shape, np.inf)
        if price is not None:
            costs[ABOVE:, 1:-1] = price
        self.costs = np.where(wide, costs, 0.0).tolist()
        self.solid, self.goals, self.first = wide.tolist(), goals.tolist(), starts

    def starts(self) -> list[tuple[State, float, Change]]:
        """States to start from, their cost, and the change of tiles each needs."""
        starts: list[tuple[State, float, Change]] = [
            ((0, int(row), int(column)), 0.0, ((), None)) for row, column in np.argwhere(self.first)
        ]
        if self.may_change:
            row = self.rows - 2
            for column in range(1, min(EDGE, self.columns - 2) + 1):
                cost, built = self._ground(row, column)
                starts.append(((0, row, column), cost + self.costs[row][column], (((row, column),), built)))
        return starts

    def arrived(self, state: State) -> bool:
        """Whether a state is at the right edge."""
        phase, row, column = state
        last = column > self.columns - 2 - EDGE and row >= ABOVE + UNCOUNTED
        on_ground = self.may_change and phase == 0 and last and column < self.columns - 1
        return self.goals[row][column] or on_ground

    def after(self, phase: int, row: int, column: int) -> list[tuple[State, float, Change]]:
        """The states a tick later, their costs, and the changes of tiles they need."""
        states: list[tuple[State, float, Change]] = []
        for cells, later in _moves(phase, row, column):
            if any(not (0 <= r < self.rows and 0 <= c < self.columns) for r, c in cells):
                continue
            cost = sum(self.costs[r][c] for r, c in cells)
            if cost == np.inf:
                continue
            at = cells[-1] if cells else (row, column)
            states.append(((later, *at), cost, (cells, None)))
            ground, built = self._ground(*at)
            if ground < np.inf:
                states.append(((0, *at), cost + ground, (cells, built)))
        return states

    def _ground(self, row: int, column: int) -> tuple[float, Cell | None]:
        """The cost of standing here, and the cell to build for it."""
        if row + 1 >= self.rows:
            return np.inf, None
        if self.solid[row + 1][column]:
            return 0.0, None
        inside = self.may_change and row >= ABOVE and 0 < column < self.columns - 1
        return (BUILDING, (row + 1, column)) if inside else (np.inf, None)


def _moves(phase: int, row: int, column: int) -> list[tuple[tuple[Cell, ...], int]]:
    """The cells gone through in a tick, in turn, and the phase after it."""
    left, right = (row, column - 1), (row, column + 1)
    moves: list[tuple[tuple[Cell, ...], int]] = []
    if phase < RISE:
        up = (row - 1, column)
        moves.append(((up,), phase + 1))
        for side in (right, left):
            corner = (row - 1, side[1])
            moves += [((up, corner), phase + 1), ((side, corner), phase + 1), ((side,), FALLING - 1)]
    elif phase < FALLING:
        moves += [((), phase + 1), ((right,), phase + 1), ((left,), phase + 1)]
    down = (row + 1, column)
    moves.append(((down,), FALLING))
    for side in (right, left):
        corner = (row + 1, side[1])
        moves += [((down, corner), FALLING), ((side, corner), FALLING)]
    return moves


def _followed_back(state: State, previous: dict[State, tuple[State | None, Change]]) -> Course:
    """The course that ends in a state."""
    cells, removed, built = [], set(), set()
    at: State | None = state
    while at is not None:
        cells.append((at[1] - ABOVE, at[2] - 1))
        at, (through, ground) = previous[at]
        removed |= {(row - ABOVE, column - 1) for row, column in through}
        if ground is not None:
            built.add((ground[0] - ABOVE, ground[1] - 1))
    path = [cell for cell, before in zip(cells, [None, *cells], strict=False) if cell != before]
    return Course(path[::-1], sorted(removed), sorted(built))
