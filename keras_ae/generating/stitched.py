"""Windows joined into something of any length, cut where they agree.

After image quilting (Efros and Freeman 2001): of many windows the one is taken whose beginning fits best on
what is there already, and the two are cut where they differ least.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from keras_ae.errors import InputError

CANDIDATES = 256
"""Windows among which the next one is chosen."""

AMONG = 8
"""Of those that fit best, so many are chosen from by lot, so that a level does not go round in a circle."""


def stitched(
    windows: Callable[[int, int], np.ndarray],
    length: int,
    axis: int,
    seed: int,
    opening: np.ndarray | None = None,
    overlap: int | None = None,
) -> np.ndarray:
    """An example of so many steps along an axis, of windows that overlap.

    windows: (count, seed) -> windows (count, ...). overlap: steps that neighbours share, a third of a window
    where it is not given. opening: what it is to begin with, (...) of any length along the axis.
    Raises InputError for a length below a window's, and one that the opening has already.
    """
    pool = windows(CANDIDATES, seed)
    size = pool.shape[1 + axis]
    overlap = max(1, size // 3) if overlap is None else overlap
    if length < size:
        raise InputError(f"expected a length of at least one window's {size} steps, received {length}")
    if opening is not None and opening.shape[axis] >= length:
        raise InputError(
            f"expected a length above the opening's {opening.shape[axis]} steps, received {length}"
        )
    random = np.random.default_rng(seed)
    pool = np.moveaxis(pool, 1 + axis, 1)
    whole = pool[0] if opening is None else np.moveaxis(opening, axis, 0)
    number = 0
    while len(whole) < length:
        number += 1
        pool = np.moveaxis(windows(CANDIDATES, seed + number), 1 + axis, 1)
        whole = _joined(whole, pool, min(overlap, len(whole)), random)
    return np.moveaxis(whole[:length], 0, axis)


def _joined(whole, pool, overlap, random):
    """What is there (length, ...) with the window of a pool (n, size, ...) that fits, cut where best."""
    end = whole[-overlap:]
    differ = (pool[:, :overlap] != end).reshape(len(pool), overlap, -1).sum(axis=2)
    # before a cut stands what was there, behind it the window: both sides of a cut are to agree
    costs = differ + np.pad(differ, ((0, 0), (1, 0)))[:, :-1]
    costs[:, 0] += differ.max(initial=0)  # a cut at the beginning has nothing that it was seen to agree with
    cuts = overlap - 1 - costs[:, ::-1].argmin(axis=1)
    best = np.argsort(costs[np.arange(len(pool)), cuts], kind="stable")[:AMONG]
    fitting = best[costs[best, cuts[best]] == costs[best[0], cuts[best[0]]]]
    chosen = random.choice(fitting)
    cut = cuts[chosen]
    return np.concatenate([whole[: len(whole) - overlap + cut], pool[chosen, cut:]])
