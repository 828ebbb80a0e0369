"""Windows of tile levels as splits of one-hot examples; a level is split whole."""

from __future__ import annotations

import numpy as np

from keras_ae.data.splits import TEST, VALIDATION, assign, digests
from keras_ae.data.types import LARGEST, Data, Split
from keras_ae.errors import InputError
from keras_ae.formats.levels.tile_levels import TileLevels

ALIKE = 0.8
"""Levels of one size go to the same split where they share this part of the tiles that are not empty."""


def windows(level: np.ndarray, width: int) -> np.ndarray:
    """Every window of so many columns, (rows, columns) -> (columns - width + 1, rows, width)."""
    return np.lib.stride_tricks.sliding_window_view(level, width, axis=1).swapaxes(0, 1)


def families(levels: list[np.ndarray]) -> list[int]:
    """For each level the place of the first that is much like it, or like one that is, (n,)."""
    first = list(range(len(levels)))
    for shape in {level.shape for level in levels}:
        members = [place for place, level in enumerate(levels) if level.shape == shape]
        flat = np.stack([levels[place].ravel() for place in members])
        for number in range(1, len(members)):
            earlier, own = flat[:number], flat[number]
            same = ((earlier == own) & (own != 0)).sum(axis=1)
            either = ((earlier != 0) | (own != 0)).sum(axis=1)
            for other in np.flatnonzero(same > ALIKE * either):
                old, new = sorted((first[members[number]], first[members[other]]), reverse=True)
                first = [new if place == old else place for place in first]
    return first


def data_of(
    name: str,
    format: TileLevels,
    levels: list[np.ndarray],
    pieces: list[np.ndarray],
    shares: tuple[float, float] = (VALIDATION, TEST),
    unit: str = "windows",
    twins: bool = False,
) -> Data:
    """Data of levels (rows, columns) and the pieces (n, rows, columns) of each, one-hot.

    shares: of the levels that go to validation and to test. unit: what the pieces are called.
    twins: whether levels that are much alike go to the same split, as where a game has harder ones of an
        earlier level; rooms in frames of one form are alike without being so.
    Raises InputError for fewer than 3 levels that differ, and for more than fits in memory.
    """
    size = sum(each.size for each in pieces) * len(format.tiles)
    if size > LARGEST:
        raise InputError(
            f"{name} takes {size / 2**30:.1f} GiB one-hot, at most {LARGEST / 2**30:.0f} are held in memory; "
            "give fewer levels"
        )
    hashes = digests(level.astype(np.uint8) for level in levels)
    first = families(levels) if twins else list(range(len(levels)))
    own = [min(hashes[other] for other in range(len(levels)) if first[other] == place) for place in first]
    parts = assign(own, *shares)
    splits = {part: np.concatenate([pieces[place] for place in parts[part]]) for part in parts}
    splits, dropped = _without_repeats(splits)
    counts = [f"{len(splits[part]):,} {unit} of {len(parts[part])} to {how}" for part, how in _USES]
    notes = (f"{len(levels)} levels, each in one split whole: {', '.join(counts)}",)
    if any(set(digests(splits[part])) <= set(digests(splits["train"])) for part in ("validation", "test")):
        notes += (f"a split holds only {unit} that training has too: its figures tell nothing of others",)
    if dropped:
        notes += (f"left out of validation and test {dropped:,} {unit} that an earlier split has too",)
    tiles = np.arange(len(format.tiles))
    return Data(
        name,
        **{part: Split(tiles == each[..., None]) for part, each in splits.items()},
        domain="categorical",
        notes=notes,
        format=format,
    )


_USES = (("train", "train on"), ("validation", "validate on"), ("test", "test on"))


def _without_repeats(splits):
    """Splits without what an earlier one has; one that would be empty keeps all. And how many went."""
    seen, kept, dropped = set(), {}, 0
    for part, pieces in splits.items():
        hashes = digests(pieces)
        new = np.array([each not in seen for each in hashes])
        kept[part] = pieces[new] if new.any() else pieces
        dropped += len(pieces) - len(kept[part])
        seen |= set(hashes)
    return kept, dropped
