"""The cheapest path over the cells of a level, by Dijkstra's algorithm (1959)."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence

import numpy as np

__all__ = ["Cell", "cheapest_path"]

Cell = tuple[int, int]
"""(row, column)."""

EACH_STEP = 0.001
"""Cost of every step, so that the shortest of equally cheap paths is chosen."""


def cheapest_path(
    sources: np.ndarray, goals: np.ndarray, price: Callable[[Cell, Cell], float]
) -> Sequence[Cell]:
    """The cheapest path from any source to any goal by steps up, down and sideways.

    Args:
        sources: (rows, columns) bool.
        goals: (rows, columns) bool.
        price: The cost of a step from a cell to a neighbor; infinite if it is impossible.

    Returns:
        The cells of the path, including both ends; empty if no goal is reached.
    """
    best: dict[Cell, float] = {(int(row), int(column)): 0.0 for row, column in np.argwhere(sources)}
    previous: dict[Cell, Cell | None] = dict.fromkeys(best)
    queue = [(0.0, cell) for cell in best]
    heapq.heapify(queue)
    while queue:
        cost, cell = heapq.heappop(queue)
        if goals[cell]:
            return _followed_back(cell, previous)
        if cost > best[cell]:
            continue
        for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            to = (cell[0] + down, cell[1] + right)
            if not (0 <= to[0] < goals.shape[0] and 0 <= to[1] < goals.shape[1]):
                continue
            total = cost + price(cell, to) + EACH_STEP
            if total < best.get(to, np.inf):
                best[to], previous[to] = total, cell
                heapq.heappush(queue, (total, to))
    return ()


def _followed_back(cell: Cell, previous: dict[Cell, Cell | None]) -> list[Cell]:
    path = []
    at: Cell | None = cell
    while at is not None:
        path.append(at)
        at = previous[at]
    return path[::-1]
