"""Windows joined to examples of any length, cut where they agree.

As in image quilting (Efros and Freeman 2001), the next window is the candidate whose beginning best fits the
end so far, and the two are cut where they differ least.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from keras_ae.errors import InputError
from keras_ae.formats import Format

__all__ = ["stitch"]

CANDIDATES = 256
"""Number of candidates for the next window."""
MAX_JOINS = 8
"""Number of windows chosen from the same candidates before new ones are sampled."""
BEST_FITS = 8
"""One of this many best candidates is chosen at random, so that seeds differ."""


def stitch(
    windows: Callable[[int, int], np.ndarray],
    length: int,
    format: Format,
    seed: int,
    opening: np.ndarray | None = None,
) -> np.ndarray:
    """Joins windows that overlap by about a third.

    Args:
        windows: (count, seed) -> windows (count, ...).
        length: Steps along the format's axis.
        format: The format, which has an axis.
        seed: Random seed.
        opening: What the example begins with, (...) of any length along the axis; it is cut to whole bars
            where lengths are counted in bars.

    Returns:
        The example, (...), the same for the same seed.

    Raises:
        InputError: If the length is below that of a window, or not above that of the opening.
    """
    unit, name = format.length_step, format.length_name
    axis = format.axis or 0
    pool = np.moveaxis(windows(CANDIDATES, seed), 1 + axis, 1)
    size = pool.shape[1]
    if length < size:
        raise InputError(
            f"expected a length of at least one window's, {size // unit} {name}, received {length // unit}"
        )
    whole, pool = pool[0], pool[1:]
    if opening is not None:
        whole = np.moveaxis(opening, axis, 0)
        whole = whole[: len(whole) // unit * unit]
        if not len(whole):
            raise InputError(f"expected an opening of one or more whole {name}, received less; add to it")
        if len(whole) >= length:
            raise InputError(
                f"expected a length above the opening's, {len(whole) // unit} {name}, received "
                f"{length // unit}; raise it: LENGTH= (--length)"
            )
    overlap = max(unit, size // 3 // unit * unit)
    if overlap >= size:
        raise InputError(
            f"windows of one bar (of {size} steps) leave nothing to overlap by; train on longer ones: "
            'SET="data.bars=4"'
        )
    random = np.random.default_rng(seed)
    joins = 0
    while len(whole) < length:
        joins += 1
        if joins % MAX_JOINS == 0:
            pool = np.moveaxis(windows(CANDIDATES, seed + joins), 1 + axis, 1)
        uncut = opening is not None and joins == 1  # the user's opening is not changed
        whole, chosen = _join_best(whole, pool, min(overlap, len(whole)), random, format, uncut)
        pool = np.delete(pool, chosen, axis=0)  # so that no window occurs twice
    return np.moveaxis(whole[:length], 0, axis)


def _join_best(
    whole: np.ndarray,
    pool: np.ndarray,
    overlap: int,
    random: np.random.Generator,
    format: Format,
    uncut: bool,
) -> tuple[np.ndarray, int]:
    """Joins (length, ...) to the window of a pool (n, size, ...) that fits best, whose index comes too."""
    end, heads = whole[-overlap:], pool[:, :overlap]
    end, heads = format.comparable(end[None])[0], format.comparable(heads)
    differ = (heads != end).reshape(len(pool), overlap, -1).sum(axis=2)
    # before a cut is the old end, after it the window: both sides of a cut have to agree
    costs = differ + np.pad(differ, ((0, 0), (1, 0)))[:, :-1]
    costs[:, 0] += differ.max(initial=0)  # before a cut at the beginning nothing was compared
    cuts = overlap - 1 - costs[:, ::-1].argmin(axis=1)
    each = costs[np.arange(len(pool)), cuts]
    if uncut:
        cuts, each = np.full(len(pool), overlap), differ[:, -1] * differ.max(initial=0) + differ.sum(axis=1)
    best = np.argsort(each, kind="stable")[:BEST_FITS]
    chosen = random.choice(best[each[best] == each[best[0]]])
    before = whole[: len(whole) - overlap + cuts[chosen]]
    return format.join(before, pool[chosen], int(cuts[chosen])), chosen
