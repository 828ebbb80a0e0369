"""One course of Mario through one level: the quickest, or the one that asks for the fewest changes of tiles.

The movement is that of `platformer`, tile by tile, so that the course can be followed back and drawn. For a
price a course may lead through solid tiles, which are then removed, and stand on air, where ground is then
built.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np

from keras_ae.formats.levels.platformer import ABOVE, EDGE, HANG, RISE, UNCOUNTED, prepared

FALLING = RISE + HANG
BUILDING = 1.0
"""Price of a tile of ground, of which removing a tile of price 1 is the same."""


class Course(NamedTuple):
    """Cells (row, column) from start to finish, those to remove and those to build, of the level itself.

    Rows below 0 lie above the level; columns -1 and that past the last beside it.
    """

    cells: list[tuple[int, int]]
    removed: list[tuple[int, int]]
    built: list[tuple[int, int]]


def course(solid: np.ndarray, price: np.ndarray | None = None) -> Course | None:
    """The cheapest course through a level (rows, columns) bool of solid tiles, and among those the quickest.

    price: (rows, columns) of removing each solid tile; None where nothing may be changed.
    Returns None where there is no course.
    """
    search = _Search(solid, price)
    queue, best, came = [], {}, {}
    for state, cost, change in search.starts():
        if cost < best.get(state, np.inf):
            best[state], came[state] = cost, (None, change)
            heapq.heappush(queue, (cost, 0, state))
    while queue:
        cost, ticks, state = heapq.heappop(queue)
        if cost > best[state]:
            continue
        if search.arrived(state):
            return _followed(state, came)
        for after, extra, change in search.after(*state):
            if cost + extra < best.get(after, np.inf):
                best[after], came[after] = cost + extra, (state, change)
                heapq.heappush(queue, (cost + extra, ticks + 1, after))
    return None


class _Search:
    """States (phase, row, column) of Mario over a level with its margins, and what follows at what cost."""

    def __init__(self, solid, price):
        wide, starts, goals = (part[0] for part in prepared(solid[None]))
        self.rows, self.columns = wide.shape
        self.change = price is not None
        costs = np.full(wide.shape, np.inf)
        if self.change:
            costs[ABOVE:, 1:-1] = price
        self.costs = np.where(wide, costs, 0.0).tolist()
        self.solid, self.goals, self.first = wide.tolist(), goals.tolist(), starts

    def starts(self):
        """States to start from, their cost, and the change of tiles each needs."""
        found = [((0, int(row), int(column)), 0.0, ((), None)) for row, column in np.argwhere(self.first)]
        if self.change:
            row = self.rows - 2
            for column in range(1, min(EDGE, self.columns - 2) + 1):
                cost, built = self._ground(row, column)
                found.append(((0, row, column), cost + self.costs[row][column], (((row, column),), built)))
        return found

    def arrived(self, state):
        phase, row, column = state
        last = column > self.columns - 2 - EDGE and row >= ABOVE + UNCOUNTED
        return self.goals[row][column] or (self.change and phase == 0 and last and column < self.columns - 1)

    def after(self, phase, row, column):
        """The states a tick later, their costs, and changes: (cells gone through, cell built or None)."""
        found = []
        for cells, later in _moves(phase, row, column):
            if any(not (0 <= r < self.rows and 0 <= c < self.columns) for r, c in cells):
                continue
            cost = sum(self.costs[r][c] for r, c in cells)
            if cost == np.inf:
                continue
            at = cells[-1] if cells else (row, column)
            found.append(((later, *at), cost, (cells, None)))
            ground, built = self._ground(*at)
            if ground < np.inf:
                found.append(((0, *at), cost + ground, (cells, built)))
        return found

    def _ground(self, row, column):
        """What standing here costs, and the cell to build for it."""
        if row + 1 >= self.rows:
            return np.inf, None
        if self.solid[row + 1][column]:
            return 0.0, None
        inside = self.change and row >= ABOVE and 0 < column < self.columns - 1
        return (BUILDING, (row + 1, column)) if inside else (np.inf, None)


def _moves(phase, row, column):
    """The cells gone through in a tick, in turn, and the phase after it."""
    left, right = (row, column - 1), (row, column + 1)
    found = []
    if phase < RISE:
        up = (row - 1, column)
        found.append(((up,), phase + 1))
        for side in (right, left):
            corner = (row - 1, side[1])
            found += [((up, corner), phase + 1), ((side, corner), phase + 1), ((side,), FALLING - 1)]
    elif phase < FALLING:
        found += [((), phase + 1), ((right,), phase + 1), ((left,), phase + 1)]
    down = (row + 1, column)
    found.append(((down,), FALLING))
    for side in (right, left):
        corner = (row + 1, side[1])
        found += [((down, corner), FALLING), ((side, corner), FALLING)]
    return found


def _followed(state, came):
    """The course that ends in a state."""
    cells, removed, built = [], set(), set()
    while state is not None:
        cells.append((state[1] - ABOVE, state[2] - 1))
        state, (through, ground) = came[state]
        removed |= {(row - ABOVE, column - 1) for row, column in through}
        if ground is not None:
            built.add((ground[0] - ABOVE, ground[1] - 1))
    cells = [cell for cell, before in zip(cells, [None, *cells], strict=False) if cell != before]
    return Course(cells[::-1], sorted(removed), sorted(built))
