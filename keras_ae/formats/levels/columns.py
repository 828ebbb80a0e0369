"""Baselines of tile levels without a network: unigrams of tiles and trigrams of columns.

Columns as letters and their n-grams: Dahlskog, Togelius and Nelson 2014, "Linear levels through n-grams".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np

__all__ = ["ColumnTrigrams", "TileUnigrams"]

EM_STEPS = 30
"""Steps of expectation maximization that weigh a longer context against the shorter one."""

Context = tuple[bytes, ...]
Counts = dict[Context, Counter]


class TileUnigrams:
    """Unigrams of tiles by row, with add-one smoothing.

    Args:
        levels: Training levels, whole numbers (n, rows, columns).
        tiles: The number of tiles.
    """

    def __init__(self, levels: np.ndarray, tiles: int):
        rows = np.swapaxes(levels, 0, 1).reshape(levels.shape[1], -1)
        counts = np.stack([np.bincount(row, minlength=tiles) for row in rows])
        self.frequencies = counts / counts.sum(axis=1, keepdims=True)
        self.log_probabilities = np.log((counts + 1.0) / (counts.sum(axis=1, keepdims=True) + tiles))
        self.columns = levels.shape[2]

    def sample(self, count: int, seed: int) -> np.ndarray:
        """Samples levels from the unsmoothed frequencies.

        Args:
            count: Number of levels.
            seed: Random seed.

        Returns:
            (count, rows, columns).
        """
        random = np.random.default_rng(seed)
        size = (count, self.columns)
        return np.stack([random.choice(len(row), size, p=row) for row in self.frequencies], axis=1)

    def log_columns(self, levels: np.ndarray) -> np.ndarray:
        """The log-probability of each column.

        Args:
            levels: (n, rows, columns).

        Returns:
            (n, columns).
        """
        rows = np.arange(len(self.log_probabilities))[:, None]
        return self.log_probabilities[rows, levels].sum(axis=1)

    def nll(self, levels: np.ndarray) -> float:
        """The mean negative log-likelihood.

        Args:
            levels: (n, rows, columns).

        Returns:
            Nats per level.
        """
        return float(-self.log_columns(levels).sum(axis=1).mean())


class ColumnTrigrams:
    """Trigrams of columns.

    To sample, a context that nothing ever followed is shortened: to the last column, and then to none. The
    likelihood mixes the frequencies of columns after two, one and no column with the tiles' own, weighed by
    what one half of the levels tells of the other (Jelinek and Mercer 1980).

    Args:
        levels: Training levels, whole numbers (n, rows, columns), of at least 3 columns.
        tiles: The number of tiles.
    """

    def __init__(self, levels: np.ndarray, tiles: int):
        self.rows, self.columns, self.tiles = levels.shape[1], levels.shape[2], tiles
        self.levels = levels
        self.followers = _followers(levels)
        self.cumulated: dict[Context, tuple[list[bytes], np.ndarray]] = {}

    def sample(self, count: int, seed: int) -> np.ndarray:
        """Samples levels that begin like training levels.

        Args:
            count: Number of levels.
            seed: Random seed.

        Returns:
            (count, rows, columns).
        """
        random = np.random.default_rng(seed)
        samples = np.zeros((count, self.rows, self.columns), self.levels.dtype)
        for level, first in zip(samples, random.integers(len(self.levels), size=count), strict=True):
            keys = _keys(self.levels[first : first + 1, :, :2])[0]
            level[:, :2] = self.levels[first, :, :2]
            for column in range(2, self.columns):
                context = next(c for c in (tuple(keys[-2:]), (keys[-1],), ()) if c in self.followers)
                candidates, counts = self._cumulated(context)
                chosen = np.searchsorted(counts, random.random() * counts[-1], side="right")
                keys.append(candidates[chosen])
                level[:, column] = np.frombuffer(keys[-1], np.uint8)
        return samples

    def _cumulated(self, context: Context) -> tuple[list[bytes], np.ndarray]:
        """The columns that follow a context, and their counts added up."""
        if context not in self.cumulated:
            counts = self.followers[context]
            self.cumulated[context] = (list(counts), np.cumsum(list(counts.values())))
        return self.cumulated[context]

    def nll(self, levels: np.ndarray) -> float:
        """The mean negative log-likelihood.

        Args:
            levels: (n, rows, columns).

        Returns:
            Nats per level.
        """
        half = len(self.levels) // 2 or 1
        one, other = self.levels[:half], self.levels[half:] if len(self.levels) > 1 else self.levels
        weights = _weights(_followers(one), TileUnigrams(one, self.tiles), other)
        unigrams = TileUnigrams(self.levels, self.tiles)
        probabilities = _mixed(_followers(self.levels), unigrams, levels, weights)
        return float(-np.log(probabilities).sum() / len(levels))


def _keys(levels: np.ndarray) -> list[list[bytes]]:
    """The columns of each level as bytes."""
    return [[column.tobytes() for column in level.T] for level in levels.astype(np.uint8)]


def _followers(levels: np.ndarray) -> Counts:
    """How often each column follows each context of two, one and no columns."""
    followers: Counts = defaultdict(Counter)
    for keys in _keys(levels):
        for position, key in enumerate(keys):
            for length in range(min(position, 2) + 1):
                followers[tuple(keys[position - length : position])][key] += 1
    return dict(followers)


def _each_column(
    followers: Counts, unigrams: TileUnigrams, levels: np.ndarray
) -> Iterator[tuple[float, list[float]]]:
    """Of each column the tiles' probability and those after 0, 1 and 2 columns, NaN if never followed."""
    totals = {context: sum(counts.values()) for context, counts in followers.items()}
    for keys, by_tiles in zip(_keys(levels), np.exp(unigrams.log_columns(levels)), strict=True):
        for position, (key, by_tile) in enumerate(zip(keys, by_tiles, strict=True)):
            probabilities = []
            for length in range(3):
                context = tuple(keys[max(position - length, 0) : position])
                known = length <= position and context in followers
                probabilities.append(followers[context][key] / totals[context] if known else np.nan)
            yield float(by_tile), probabilities


def _arrays(followers: Counts, unigrams: TileUnigrams, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same as arrays: (columns,) and (columns, 3)."""
    by_tiles, probabilities = zip(*_each_column(followers, unigrams, levels), strict=True)
    return np.array(by_tiles), np.array(probabilities, float)


def _weights(followers: Counts, unigrams: TileUnigrams, levels: np.ndarray) -> list[float]:
    """The weight of each longer context over the shorter one, by levels that were not counted."""
    mixed, probabilities = _arrays(followers, unigrams, levels)
    weights = []
    for probability in probabilities.T:
        known = ~np.isnan(probability)
        weight = 0.5
        for _ in range(EM_STEPS if known.any() else 0):
            longer = weight * probability[known]
            weight = float((longer / (longer + (1 - weight) * mixed[known])).mean())
        weight = min(weight, 0.999)
        mixed = np.where(known, weight * np.nan_to_num(probability) + (1 - weight) * mixed, mixed)
        weights.append(weight)
    return weights


def _mixed(followers: Counts, unigrams: TileUnigrams, levels: np.ndarray, weights: list[float]) -> np.ndarray:
    """The probability of each column of levels."""
    mixed, probabilities = _arrays(followers, unigrams, levels)
    for weight, probability in zip(weights, probabilities.T, strict=True):
        longer = weight * np.nan_to_num(probability) + (1 - weight) * mixed
        mixed = np.where(np.isnan(probability), mixed, longer)
    return mixed
