"""What is simpler than a network: levels of tiles, or columns, drawn by how often others have them.

Columns as letters and their n-grams: Dahlskog, Togelius and Nelson 2014, "Linear levels through n-grams".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

import numpy as np

STEPS = 30
"""Steps of expectation maximization to weigh a longer context against the shorter one."""


class Tiles:
    """Each row's tiles by themselves, with one of each added to the counts. levels: (n, rows, columns)."""

    def __init__(self, levels: np.ndarray, tiles: int):
        rows = np.swapaxes(levels, 0, 1).reshape(levels.shape[1], -1)
        counts = np.stack([np.bincount(row, minlength=tiles) for row in rows])
        self.seen = counts / counts.sum(axis=1, keepdims=True)
        self.log = np.log((counts + 1.0) / (counts.sum(axis=1, keepdims=True) + tiles))
        self.width = levels.shape[2]

    def draw(self, count: int, seed: int) -> np.ndarray:
        """Levels (count, rows, columns) of the frequencies as they were counted."""
        random = np.random.default_rng(seed)
        size = (count, self.width)
        return np.stack([random.choice(len(row), size, p=row) for row in self.seen], axis=1)

    def log_columns(self, levels: np.ndarray) -> np.ndarray:
        """The log of each column's probability, (n, rows, columns) -> (n, columns)."""
        return self.log[np.arange(len(self.log))[:, None], levels].sum(axis=1)

    def nll(self, levels: np.ndarray) -> float:
        """Nats a level, the mean over levels."""
        return float(-self.log_columns(levels).sum(axis=1).mean())


class Columns:
    """Each column given the two before it. levels: (n, rows, columns), of at least 3 columns.

    To draw, a context that was never followed is shortened: to the last column, and then to none. The
    likelihood mixes the columns' frequencies after two, one and no column with the tiles' own, weighed by
    what one half of the levels tells of the other (Jelinek and Mercer 1980).
    """

    def __init__(self, levels: np.ndarray, tiles: int):
        self.rows, self.width, self.count = levels.shape[1], levels.shape[2], tiles
        self.levels = levels
        self.after = _followers(levels)

    def draw(self, count: int, seed: int) -> np.ndarray:
        """Levels (count, rows, columns) that begin as one of those learned from does."""
        random = np.random.default_rng(seed)
        drawn = np.zeros((count, self.rows, self.width), self.levels.dtype)
        for level, first in zip(drawn, random.integers(len(self.levels), size=count), strict=True):
            keys = _keys(self.levels[first : first + 1, :, :2])[0]
            level[:, :2] = self.levels[first, :, :2]
            for column in range(2, self.width):
                context = next(c for c in (tuple(keys[-2:]), (keys[-1],), ()) if c in self.after)
                names, chances = self._chances(context)
                keys.append(names[np.searchsorted(chances, random.random() * chances[-1], side="right")])
                level[:, column] = np.frombuffer(keys[-1], np.uint8)
        return drawn

    def _chances(self, context):
        """The columns that follow a context, and their counts added up."""
        found = self.after[context]
        if isinstance(found, Counter):
            found = self.after[context] = (list(found), np.cumsum(list(found.values())))
        return found

    def nll(self, levels: np.ndarray) -> float:
        """Nats a level, the mean over levels."""
        half = len(self.levels) // 2 or 1
        one, other = self.levels[:half], self.levels[half:] if len(self.levels) > 1 else self.levels
        weights = _weights(_followers(one), Tiles(one, self.count), other)
        mixed = _mixed(_followers(self.levels), Tiles(self.levels, self.count), levels, weights)
        return float(-np.log(mixed).sum() / len(levels))


def _keys(levels: np.ndarray) -> list[list[bytes]]:
    """The columns of each level as bytes."""
    return [[column.tobytes() for column in level.T] for level in levels.astype(np.uint8)]


def _followers(levels: np.ndarray) -> dict[tuple[bytes, ...], Counter]:
    """How often each column follows each context of two, one and no columns."""
    after: dict[tuple[bytes, ...], Counter] = defaultdict(Counter)
    for keys in _keys(levels):
        for place, key in enumerate(keys):
            for length in range(min(place, 2) + 1):
                after[tuple(keys[place - length : place])][key] += 1
    return dict(after)


def _parts(after, tiles, levels) -> Iterable[tuple[float, list[float | None]]]:
    """For each column the tiles' probability and those after 0, 1 and 2 columns, None if never followed."""
    sums = {context: sum(found.values()) for context, found in after.items()}
    for keys, floors in zip(_keys(levels), np.exp(tiles.log_columns(levels)), strict=True):
        for place, (key, floor) in enumerate(zip(keys, floors, strict=True)):
            chances: list[float | None] = []
            for length in range(3):
                context = tuple(keys[place - length : place]) if length <= place else None
                known = context in after
                chances.append(after[context][key] / sums[context] if known else None)
            yield float(floor), chances


def _arrays(after, tiles, levels):
    """The same as arrays: (columns,) and (columns, 3), NaN for None."""
    floors, chances = zip(*_parts(after, tiles, levels), strict=True)
    return np.array(floors), np.array(chances, float)


def _weights(after, tiles, levels) -> list[float]:
    """The weight of each longer context over what is shorter, by levels that were not counted."""
    mixed, chances = _arrays(after, tiles, levels)
    weights = []
    for chance in chances.T:
        known = ~np.isnan(chance)
        weight = 0.5
        for _ in range(STEPS if known.any() else 0):
            longer = weight * chance[known]
            weight = float((longer / (longer + (1 - weight) * mixed[known])).mean())
        weight = min(weight, 0.999)
        mixed = np.where(known, weight * np.nan_to_num(chance) + (1 - weight) * mixed, mixed)
        weights.append(weight)
    return weights


def _mixed(after, tiles, levels, weights) -> np.ndarray:
    """The probability of each column of levels."""
    mixed, chances = _arrays(after, tiles, levels)
    for weight, chance in zip(weights, chances.T, strict=True):
        mixed = np.where(np.isnan(chance), mixed, weight * np.nan_to_num(chance) + (1 - weight) * mixed)
    return mixed
