"""Levels made whole and playable with few changes of tiles; what cannot be made so, says so.

Platformer: pipes and cannons are made whole or removed, then tiles are removed and ground is built along the
course that asks for the fewest of them. Rooms: floor is opened along the cheapest way from door to door.
Runner: ladders, ropes and cleared bricks lead to each piece of gold that is not reached. The same level is
always mended alike.
"""

from __future__ import annotations

import heapq
from itertools import pairwise

import numpy as np

from keras_ae.formats.levels import courses, pipes, platformer, rooms, runner
from keras_ae.formats.levels.legend import Legend

TURNS = 5
"""Turns of mending pipes and the way, each of which may undo some of the other."""
SPARED = 3.0
"""Price of removing a tile of a pipe or a cannon, of which others break; another tile costs 1."""


def playable(levels: np.ndarray, legend: Legend, game: str) -> np.ndarray:
    """Whole numbers (n, rows, columns) -> (n,) bool, whether the game's movement leads through."""
    if game == "platformer":
        return platformer.playable(legend.having("solid")[levels])
    return (rooms if game == "rooms" else runner).playable(levels, legend)


def repaired(level: np.ndarray, legend: Legend, game: str) -> tuple[np.ndarray, bool]:
    """A level (rows, columns) mended, and whether it can be played now; one of no known game as it was."""
    if game == "platformer":
        return _platformer(level, legend)
    if game == "rooms":
        return _room(level, legend)
    return _runner(level, legend) if game == "runner" else (level, True)


def _platformer(level, legend):
    """Pipes and way in turns; if these do not end, a floor along the last row."""
    level, ground = pipes.mended(level, legend), max(legend.first("solid"), 0)
    for _ in range(TURNS):
        solid = legend.having("solid")[level]
        if platformer.playable(solid[None])[0]:
            return level, True
        found = courses.course(solid, np.where(legend.having("pipe", "cannon")[level], SPARED, 1.0))
        if found is None:
            break
        level = level.copy()
        for row, column in found.removed:
            if row >= 0 and 0 <= column < level.shape[1] and solid[row, column]:
                level[row, column] = 0
        for row, column in found.built:
            level[row, column] = ground
        level = pipes.mended(level, legend)
    level = level.copy()
    level[-1], level[-2] = ground, np.where(legend.having("solid")[level[-2]], 0, level[-2])
    level = pipes.mended(level, legend)
    return level, bool(platformer.playable(legend.having("solid")[level][None])[0])


def _room(level, legend):
    """A way of floor from the first door to each other one; doors inside the room become floor."""
    level, inside = level.copy(), np.zeros(level.shape, bool)
    inside[rooms.WALL : -rooms.WALL, rooms.WALL : -rooms.WALL] = True
    door = legend.having("door")
    wall = legend.first("wall") if legend.having("wall").any() else legend.first("solid")
    level[door[level] & inside] = 0
    groups = rooms.door_groups(door[level][None])[0]
    largest = np.argsort(-np.bincount(groups.ravel())[1:], kind="stable") + 1
    level[np.isin(groups, largest[rooms.MOST_DOORS :])] = max(wall, 0)
    passable = legend.having("passable", "enemy") & ~legend.having("solid")
    for _ in range(rooms.MOST_DOORS):
        doors = door[level]
        if not doors.any() or rooms.playable(level[None], legend)[0]:
            break
        first = np.zeros_like(doors)
        first[tuple(np.argwhere(doors)[0])] = True
        there = rooms.flooded(level[None], first[None], legend)[0]
        price = np.where(passable[level], 0.0, np.where(inside, 1.0, 50.0))
        for cell in _way(there, doors & ~there, lambda at, to: price[to], level.shape):  # noqa: B023
            level[cell] = level[cell] if passable[level[cell]] else 0
    return level, bool(rooms.playable(level[None], legend)[0])


def _runner(level, legend):
    """One spawn, then ladders, ropes and cleared bricks to the cheapest gold out of reach, in turns."""
    level = level.copy()
    gold, spawn = legend.first("gold"), legend.first("spawn")
    places = np.argwhere(level == spawn)
    level[tuple(places[1:].T)] = 0
    if not len(places) and spawn >= 0:
        free = (level == 0) & runner.held(level[None], legend)[0]
        if free.any():
            level[tuple(np.argwhere(free)[-1])] = spawn
    if gold >= 0 and not (level == gold).any():
        return level, False
    for _ in range(int((level == gold).sum())):
        there = runner.reached(level[None], legend)[0]
        missed = (level == gold) & ~there
        if not missed.any() or not there.any():
            break
        _lead(level, there, missed, legend)
    return level, bool(runner.playable(level[None], legend)[0])


def _lead(level, there, missed, legend):
    """Changes tiles along the cheapest way from what is reached to a piece of gold, in place."""
    kept = legend.having("gold", "spawn")[level]
    solid, ladder = legend.having("solid")[level], legend.having("ladder")[level]
    hold = runner.held(level[None], legend)[0]
    means = {tag: legend.first(tag) for tag in ("ladder", "rope")}

    def price(at, to):
        """A ladder to go up from, a hold to go sideways from, and a brick to clear, each a tile to change."""
        up = to[0] < at[0]
        lacking = not ladder[at] if up else to[0] == at[0] and not hold[at]
        none = lacking and (kept[at] or means["ladder" if up else "rope"] < 0)
        return np.inf if none else 1.0 * lacking + 1.0 * solid[to]

    way = _way(there, missed, price, level.shape)
    for at, to in pairwise(way):
        if to[0] < at[0]:
            level[at] = means["ladder"]
        elif to[0] == at[0] and not runner.held(level[None], legend)[0][at]:
            level[at] = means["rope"]
        if solid[to]:
            level[to] = 0


def _way(sources, goals, price, shape):
    """The cheapest way of cells from any source to any goal, both among them; () where there is none."""
    best = {tuple(map(int, cell)): 0.0 for cell in np.argwhere(sources)}
    came = dict.fromkeys(best)
    queue = [(0.0, cell) for cell in best]
    heapq.heapify(queue)
    while queue:
        cost, cell = heapq.heappop(queue)
        if goals[cell]:
            way = [cell]
            while came[way[-1]] is not None:
                way.append(came[way[-1]])
            return way[::-1]
        if cost > best[cell]:
            continue
        for down, across in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            to = (cell[0] + down, cell[1] + across)
            if not (0 <= to[0] < shape[0] and 0 <= to[1] < shape[1]):
                continue
            # the little more per step keeps the way short among those of one price
            whole = cost + price(cell, to) + 0.001
            if whole < best.get(to, np.inf):
                best[to], came[to] = whole, cell
                heapq.heappush(queue, (whole, to))
    return ()
