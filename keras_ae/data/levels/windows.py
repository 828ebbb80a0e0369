"""Windows of tile levels as splits of one-hot examples; a level is split whole."""

from __future__ import annotations

import numpy as np

from keras_ae.data.examples import LARGEST, Split
from keras_ae.data.splits import TEST, VALIDATION, assign, digests
from keras_ae.data.types import Data
from keras_ae.domains import CATEGORICAL
from keras_ae.errors import InputError
from keras_ae.formats.levels.tile_levels import TileLevels

__all__ = ["data_of", "families", "windows"]

ALIKE = 0.8
"""Levels of one size that have more than this fraction of their tiles in common go to the same split."""


def windows(level: np.ndarray, width: int, rows: int | None = None) -> np.ndarray:
    """The windows of a level at every offset.

    Args:
        level: Integers (rows, columns).
        width: Columns of a window.
        rows: Rows of a window; None for all of the level's.

    Returns:
        (windows, rows, width).
    """
    shape = len(level) if rows is None else rows, width
    return np.lib.stride_tricks.sliding_window_view(level, shape).reshape(-1, *shape)


def families(levels: list[np.ndarray]) -> list[int]:
    """Groups levels of one size that are much alike.

    Args:
        levels: Whole numbers, (rows, columns) each.

    Returns:
        For each level the index of the first that is much like it, or like one that is, (n,).
    """
    first = list(range(len(levels)))
    for shape in {level.shape for level in levels}:
        members = [index for index, level in enumerate(levels) if level.shape == shape]
        flat = np.stack([levels[index].ravel() for index in members])
        for number in range(1, len(members)):
            earlier, own = flat[:number], flat[number]
            same = ((earlier == own) & (own != 0)).sum(axis=1)
            either = ((earlier != 0) | (own != 0)).sum(axis=1)
            for other in np.flatnonzero(same > ALIKE * either):
                old, new = sorted((first[members[number]], first[members[other]]), reverse=True)
                first = [new if index == old else index for index in first]
    return first


def data_of(
    name: str,
    format: TileLevels,
    levels: list[np.ndarray],
    pieces: list[np.ndarray],
    fractions: tuple[float, float] = (VALIDATION, TEST),
    pieces_name: str = "windows",
    group_alike: bool = False,
    notes: tuple[str, ...] = (),
) -> Data:
    """Data of the pieces of levels, one-hot; all pieces of a level lie in one split.

    Args:
        name: The data set's name.
        format: The format of the pieces.
        levels: Whole numbers, (rows, columns) each.
        pieces: The pieces of each level, (n, rows, columns) each.
        fractions: Fractions of the levels for validation and test.
        pieces_name: The name of the pieces in notes.
        group_alike: Whether levels that are much alike go to the same split, as where a game has harder
            versions of an earlier level. Rooms are not grouped: they are alike by their walls alone.
        notes: Further notes for the user.

    Returns:
        The data, of the categorical domain.

    Raises:
        InputError: If fewer than 3 levels differ, or the pieces do not fit in memory.
    """
    size = sum(each.size for each in pieces) * len(format.tiles)
    if size > LARGEST:
        raise InputError(
            f"{name} takes {size / 2**30:.1f} GiB one-hot, at most {LARGEST / 2**30:.0f} are held in memory; "
            "give fewer levels"
        )
    hashes = digests(level.astype(np.uint8) for level in levels)
    first = families(levels) if group_alike else list(range(len(levels)))
    own = [min(hashes[other] for other in range(len(levels)) if first[other] == group) for group in first]
    parts = assign(own, *fractions)
    splits = {part: np.concatenate([pieces[index] for index in parts[part]]) for part in parts}
    splits, dropped = _without_repeats(splits)
    counts = [f"{len(splits[part]):,} {pieces_name} of {len(parts[part])} to {use}" for part, use in _USES]
    listed = [f"{len(levels)} levels, each in one split whole: {', '.join(counts)}"]
    if any(set(digests(splits[part])) <= set(digests(splits["train"])) for part in ("validation", "test")):
        listed.append(
            f"a split holds only {pieces_name} that training has too: its metrics tell nothing of others"
        )
    if dropped:
        listed.append(
            f"left out of validation and test {dropped:,} {pieces_name} that an earlier split has too"
        )
    tiles = np.arange(len(format.tiles))
    train, validation, test = (Split(tiles == splits[part][..., None]) for part, _ in _USES)
    return Data(name, train, validation, test, CATEGORICAL, notes=(*listed, *notes), format=format)


_USES = (("train", "train on"), ("validation", "validate on"), ("test", "test on"))


def _without_repeats(splits: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], int]:
    """Splits without the pieces of earlier ones, unless they would be empty; and how many were left out."""
    earlier: set = set()
    unique, dropped = {}, 0
    for part, pieces in splits.items():
        hashes = digests(pieces)
        new = np.array([each not in earlier for each in hashes])
        unique[part] = pieces[new] if new.any() else pieces
        dropped += len(pieces) - len(unique[part])
        earlier |= set(hashes)
    return unique, dropped
