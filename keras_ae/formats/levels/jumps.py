"""How Mario moves, and whether levels can be run from left to right: a search over many at once.

A simplification of Super Mario Bros. to a grid. Mario is one cell. A tick moves him by at most one cell
sideways and one up or down. From a stand (a free cell above a solid one) he walks, or jumps: `RISE` ticks up,
`HANG` ticks level at the apex, then down a cell a tick until he stands. In the air he steers freely. He may
end the rise at any tick, and a solid tile above ends it; then he goes level for a tick and falls, as he does
when he runs off an edge, so that a gap of one column needs no jump. So he climbs 4 cells, as a jump from a
stand does in the game, and clears a gap of 9 columns between floors of one height. Enemies, coins and moving
platforms, which the text lacks, neither block nor carry. Below the last row he is lost. Above the
first row each column goes on as it is there: a wall that reaches the top has no way over it.

A level can be run where, from a stand in one of its first 3 columns, a stand in one of its last 3 is reached.
Stands in the first two rows do not count for these, else a ceiling would be a road. Where a window of a level
begins or ends over a gap, without such a stand, the nearest ground goes on outside it: there Mario stands
beside the window at the height of any stand of the nearest column that has one.

The levels are packed eight to a byte and searched together, breadth first, a tick at a time.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

__all__ = ["padded", "playable", "stands"]

RISE = 4
"""Height of a jump in cells."""
HANG = 2
"""Ticks at the apex of a jump."""
EDGE = 3
"""Columns at either side in which a run starts or ends."""
ABOVE = RISE + 1
"""Rows above the first that a jump may lead through."""
UNCOUNTED = 2
"""First rows, in which no run starts or ends."""


def playable(solid: np.ndarray) -> np.ndarray:
    """Whether levels can be run.

    Args:
        solid: (n, rows, columns) bool, the solid cells.

    Returns:
        (n,) bool.
    """
    solid, starts, goals = padded(np.asarray(solid, bool))
    packed = [np.packbits(np.moveaxis(part, 0, -1), axis=-1) for part in (solid, starts, goals)]
    reached = np.zeros_like(packed[0])
    for cells in _ticks(packed[0], packed[1]):
        reached |= cells
        done = np.bitwise_or.reduce(reached & packed[2], axis=(0, 1))
        if (np.unpackbits(done)[: starts.shape[0]]).all():
            break
    return np.unpackbits(np.bitwise_or.reduce(reached & packed[2], axis=(0, 1)))[: len(solid)].astype(bool)


def padded(solid: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Levels with `ABOVE` rows above and a column at either side, where to start, and where to arrive.

    Args:
        solid: (n, rows, columns) bool, the solid cells.

    Returns:
        Solid cells, starts and goals, each (n, rows + ABOVE, columns + 2) bool.
    """
    count, rows, columns = solid.shape
    high = np.concatenate([np.repeat(solid[:, :1], ABOVE, axis=1), solid], axis=1)
    wide = np.ones((count, rows + ABOVE, columns + 2), bool)
    wide[:, :, 1:-1] = high
    starts, goals = np.zeros_like(wide), np.zeros_like(wide)
    ground = stands(wide)
    ground[:, : ABOVE + UNCOUNTED] = False
    ground[:, :, [0, -1]] = False
    for mirrored, cells in ((False, starts), (True, goals)):
        _edge(*(part[:, :, ::-1] if mirrored else part for part in (wide, ground, cells)))
    return wide, starts, goals


def _edge(solid: np.ndarray, ground: np.ndarray, cells: np.ndarray) -> None:
    """Marks the cells to start from at the left edge, in place; ground outside where there is none."""
    edge = min(EDGE, ground.shape[2] - 2)
    cells[:, :, 1 : 1 + edge] = ground[:, :, 1 : 1 + edge]
    bare = np.logical_and(~cells.any(axis=(1, 2)), ground.any(axis=(1, 2)))
    nearest = ground.any(axis=1).argmax(axis=1)
    outside = ground[np.arange(len(ground)), :, nearest] & bare[:, None]
    cells[:, :, 0] = outside
    lowest = outside.shape[1] - 1 - outside[:, ::-1].argmax(axis=1)
    solid[:, :, 0] &= (np.arange(outside.shape[1]) > lowest[:, None]) | ~bare[:, None]


def stands(solid: np.ndarray) -> np.ndarray:
    """The free cells above solid ones; below the last row there is nothing.

    Args:
        solid: (n, rows, columns) bool.

    Returns:
        (n, rows, columns) bool.
    """
    below = np.zeros_like(solid)
    below[:, :-1] = solid[:, 1:]
    return below & ~solid


def _ticks(solid: np.ndarray, starts: np.ndarray) -> Iterator[np.ndarray]:
    """The cells (rows, columns, packed) that are newly reached, tick by tick, until there are no more.

    The phases of Mario are 0 to RISE - 1, having risen so many cells and rising on; RISE to RISE + HANG - 1,
    at the apex; and the last, falling. From a stand all of them are possible.
    """
    free = ~solid
    ground = np.zeros_like(solid)
    ground[:-1] = solid[1:]
    ground &= free
    phases = RISE + HANG + 1
    visited = np.zeros((phases, *solid.shape), np.uint8)
    now = np.zeros_like(visited)
    now[0] = starts
    while now.any():
        visited |= now
        yield np.bitwise_or.reduce(now, axis=0)
        now = _landed(_moved(now, free), ground) & ~visited


def _moved(now: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Every phase a tick later."""
    later = np.zeros_like(now)
    for phase in range(RISE):
        up = _up(now[phase], free)
        later[phase + 1] |= up | _aside(up, free) | _up(_aside(now[phase], free), free)
        later[RISE + HANG - 1] |= _aside(now[phase], free)
    for phase in range(RISE, RISE + HANG):
        later[phase + 1] |= now[phase] | _aside(now[phase], free)
    falling = np.bitwise_or.reduce(now, axis=0)
    down = _down(falling, free)
    later[-1] |= down | _aside(down, free) | _down(_aside(falling, free), free)
    return later


def _landed(later: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """On a stand a jump ends, and the next may begin; walking is moving level from stand to stand."""
    standing = np.bitwise_or.reduce(later, axis=0) & ground
    later[0] |= standing
    return later


def _aside(cells: np.ndarray, free: np.ndarray) -> np.ndarray:
    out = np.zeros_like(cells)
    out[:, 1:] = cells[:, :-1]
    out[:, :-1] |= cells[:, 1:]
    return out & free


def _up(cells: np.ndarray, free: np.ndarray) -> np.ndarray:
    out = np.zeros_like(cells)
    out[:-1] = cells[1:]
    return out & free


def _down(cells: np.ndarray, free: np.ndarray) -> np.ndarray:
    out = np.zeros_like(cells)
    out[1:] = cells[:-1]
    return out & free
