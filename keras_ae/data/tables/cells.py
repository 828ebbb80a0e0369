"""The cells of a column as they come in: numbers, or texts of which each different one is kept once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from keras_ae.data.tables.columns import MISSING

__all__ = ["Cells", "Texts"]

_MISSING = frozenset(MISSING)
_SOME = 500
"""Cells of which the most must differ for all to be kept as they are."""


class Texts:
    """Texts of a column.

    Args:
        codes: (n,), indices into the words, -1 where missing.
        words: The different texts, in the order in which they come.
    """

    def __init__(self, codes: np.ndarray, words: np.ndarray):
        merged, different = pd.factorize(np.array([word.strip() for word in words], object))
        codes = np.append(merged, -1)[codes]
        used = np.bincount(codes[codes >= 0], minlength=len(different)) > 0
        known = used & np.array([word not in _MISSING for word in different], bool)
        numbered = np.append(np.where(known, np.cumsum(known) - 1, -1), -1)
        self.codes = numbered[codes].astype(np.int32)
        self.words: tuple[str, ...] = tuple(np.asarray(different, object)[known])

    @property
    def counts(self) -> np.ndarray:
        """How often each word comes: (words,), int64."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.words))

    @property
    def by_word(self) -> dict[str, int]:
        """How often each word comes, by the word."""
        return dict(zip(self.words, self.counts.tolist(), strict=True))

    def spread(self, values: np.ndarray, missing: float | int) -> np.ndarray:
        """A value for each row from those of the words.

        Args:
            values: (words,).
            missing: The value where a text is missing.

        Returns:
            (n,).
        """
        return np.append(values, np.array([missing], values.dtype))[self.codes]


class Cells:
    """Gathers the cells of a column, as they come in data frames.

    Attributes:
        is_text: Whether there are others than numbers.
        is_lost: Whether texts came behind numbers, so that all cells must be read again as texts.
    """

    def __init__(self, is_text: bool = False):
        self.is_text, self.is_lost = is_text, False
        self._numbers: list[np.ndarray] = []
        self._codes: list[np.ndarray] = []
        self._words: list[np.ndarray] = []

    def add(self, cells: pd.Series) -> None:
        """Adds cells.

        Args:
            cells: (n,), numbers, or texts and NaN.
        """
        if self.is_lost:
            return
        types = pd.api.types
        if not self.is_text and types.is_numeric_dtype(cells.dtype) and not types.is_bool_dtype(cells.dtype):
            self._numbers.append(cells.to_numpy(np.float64))
            return
        codes, words = _coded(cells.to_numpy(object))
        self.is_lost = not all(isinstance(word, str) for word in words[:1]) or any(
            not np.isnan(part).all() for part in self._numbers
        )
        self.is_text = True
        self._codes += [np.full(len(part), -1) for part in self._numbers]
        self._numbers = []
        start = sum(map(len, self._words))
        self._words.append(np.asarray(words, object))
        self._codes.append(np.where(codes < 0, -1, codes + start))

    def numbers(self, rows: int) -> np.ndarray:
        """The first cells as numbers.

        Args:
            rows: How many.

        Returns:
            (rows,), float64, NaN where missing.
        """
        return np.concatenate(self._numbers)[:rows]

    def texts(self, rows: int) -> Texts:
        """The first cells as texts.

        Args:
            rows: How many.

        Returns:
            The texts.
        """
        return Texts(np.concatenate(self._codes)[:rows], np.concatenate(self._words))


def _coded(cells):
    """Indices of words, -1 where missing, and the words; these may repeat where most cells differ."""
    some = cells[:_SOME]
    if len(set(some.tolist())) < len(some) * 0.9:
        return pd.factorize(cells)
    missing = pd.isna(cells)
    return np.where(missing, -1, np.cumsum(~missing) - 1), cells[~missing]
