"""Windows joined into something of any length, cut where they agree.

After image quilting (Efros and Freeman 2001): of many windows the one is taken whose beginning fits best on
what is there already, and the two are cut where they differ least.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from keras_ae.errors import InputError
from keras_ae.formats import Format

CANDIDATES = 256
"""Windows among which the next one is chosen."""

JOINS = 8
"""Windows that are taken of the same candidates before others are drawn."""

AMONG = 8
"""Of those that fit alike, so many are chosen from by lot, so that seeds differ."""


def stitched(
    windows: Callable[[int, int], np.ndarray],
    length: int,
    format: Format,
    seed: int,
    opening: np.ndarray | None = None,
) -> np.ndarray:
    """An example of so many steps along its format's axis, of windows that overlap by about a third.

    windows: (count, seed) -> windows (count, ...). opening: what it is to begin with, (...) of any length
    along the axis; of a format of units, such as bars, whole ones of it. The same for the same seed.
    Raises InputError for a length below a window's, and one that the opening has already.
    """
    axis, unit, counted = format.axis, format.length_step, format.length_name
    pool = np.moveaxis(windows(CANDIDATES, seed), 1 + axis, 1)
    size = pool.shape[1]
    if length < size:
        raise InputError(
            f"expected a length of at least one window's, {size // unit} {counted}, received {length // unit}"
        )
    whole, pool = pool[0], pool[1:]
    if opening is not None:
        whole = np.moveaxis(opening, axis, 0)
        whole = whole[: len(whole) // unit * unit]
        if not len(whole):
            raise InputError(f"expected an opening of one or more whole {counted}, received less; add to it")
        if len(whole) >= length:
            raise InputError(
                f"expected a length above the opening's, {len(whole) // unit} {counted}, received "
                f"{length // unit}; raise it: LENGTH= (--length)"
            )
    overlap = max(unit, size // 3 // unit * unit)
    if overlap >= size:
        raise InputError(
            f"windows of one bar (of {size} steps) leave nothing to overlap by; train on longer ones: "
            'SET="data.bars=4"'
        )
    random = np.random.default_rng(seed)
    number = 0
    while len(whole) < length:
        number += 1
        if number % JOINS == 0:
            pool = np.moveaxis(windows(CANDIDATES, seed + number), 1 + axis, 1)
        kept = opening is not None and number == 1  # an opening is the user's own and stays as it is
        whole, taken = _joined(whole, pool, min(overlap, len(whole)), random, format, kept)
        pool = np.delete(pool, taken, axis=0)  # so that no window stands twice
    return np.moveaxis(whole[:length], 0, axis)


def _joined(whole, pool, overlap, random, format, kept):
    """What is there (length, ...) with the window of a pool (n, size, ...) that fits, and its place."""
    end, heads = whole[-overlap:], pool[:, :overlap]
    end, heads = format.comparable(end[None])[0], format.comparable(heads)
    differ = (heads != end).reshape(len(pool), overlap, -1).sum(axis=2)
    # before a cut stands what was there, behind it the window: both sides of a cut are to agree
    costs = differ + np.pad(differ, ((0, 0), (1, 0)))[:, :-1]
    costs[:, 0] += differ.max(initial=0)  # a cut at the beginning has nothing that it was seen to agree with
    cuts = overlap - 1 - costs[:, ::-1].argmin(axis=1)
    each = costs[np.arange(len(pool)), cuts]
    if kept:
        cuts, each = np.full(len(pool), overlap), differ[:, -1] * differ.max(initial=0) + differ.sum(axis=1)
    best = np.argsort(each, kind="stable")[:AMONG]
    chosen = random.choice(best[each[best] == each[best[0]]])
    before = whole[: len(whole) - overlap + cuts[chosen]]
    return format.join(before, pool[chosen], int(cuts[chosen])), chosen
