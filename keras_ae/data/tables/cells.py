"""The cells of a column as they come in: numbers, or texts of which each different one is kept once."""

from __future__ import annotations

from collections import Counter
from functools import cached_property

import numpy as np
import pandas as pd

from keras_ae.data.tables.columns import MISSING
from keras_ae.data.tables.numbers import says_missing

__all__ = ["Cells", "Texts"]

_MISSING = frozenset(MISSING)
_POINTS = str.maketrans(",.", ".,")
LOOKED_AT = 200
"""Words that are looked at before all of them are."""

_SOME = 500
"""Cells of which the most must differ for all to be kept as they are."""


class Texts:
    """Texts of a column; which of them are different is found when it is asked for.

    Args:
        codes: (n,), indices into the words, -1 where missing.
        words: The different texts, in the order in which they come.
        cells: (n,), the texts themselves in the place of codes and words, where most differ; NaN where
            missing.
    """

    def __init__(
        self,
        codes: np.ndarray | None = None,
        words: np.ndarray | None = None,
        cells: np.ndarray | None = None,
    ):
        self.cells, self._given = cells, (codes, words)

    @cached_property
    def _merged(self) -> tuple[np.ndarray, tuple[str, ...]]:
        codes, words = self._given if self.cells is None else _coded(self.cells)
        assert codes is not None
        assert words is not None
        merged, different = pd.factorize(np.array([word.strip() for word in words], object))
        codes = np.append(merged, -1)[codes]
        used = np.bincount(codes[codes >= 0], minlength=len(different)) > 0
        known = used & np.array([word not in _MISSING for word in different], bool)
        numbered = np.append(np.where(known, np.cumsum(known) - 1, -1), -1)
        return numbered[codes].astype(np.int32), tuple(np.asarray(different, object)[known])

    @property
    def codes(self) -> np.ndarray:
        """(n,), int32, indices into the words, -1 where missing."""
        return self._merged[0]

    @property
    def words(self) -> tuple[str, ...]:
        """The different words, without blanks around them."""
        return self._merged[1]

    @property
    def some(self) -> list[str]:
        """Some of the words, of which nearly all differ."""
        words = self.words if self.cells is None else self.cells
        return [word for word in words[:: -(-len(words) // LOOKED_AT) or 1] if isinstance(word, str)]

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

    Args:
        is_text: Whether all are to be texts.
        decimal: The mark before decimals; "" where it is not known.

    Attributes:
        is_text: Whether there are others than numbers.
        is_lost: Whether texts came behind numbers, so that all cells must be read again as texts.
        missing: How often words stood for missing numbers.
    """

    def __init__(self, is_text: bool = False, decimal: str = ""):
        self.is_text, self.is_lost, self._decimal = is_text, False, decimal
        self.missing = Counter[str]()
        self._numbers: list[np.ndarray] = []
        self._parts: list[np.ndarray] = []

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
        texts = cells.to_numpy(object)
        numbers = None if self.is_text else self._with_marks(texts)
        if numbers is not None:
            self._numbers.append(numbers)
            return
        first = next((cell for cell in texts if cell is not np.nan and not pd.isna(cell)), "")
        self.is_lost = (
            not isinstance(first, str)
            or bool(self.missing)
            or any(not np.isnan(part).all() for part in self._numbers)
        )
        self.is_text = True
        self._parts += [np.full(len(part), np.nan, object) for part in self._numbers]
        self._numbers = []
        self._parts.append(texts)

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
        cells = np.concatenate(self._parts)[:rows]
        return Texts(cells=cells) if _differ(cells) else Texts(*pd.factorize(cells))

    def _with_marks(self, texts):
        """Numbers among which words stand for missing ones; None for other texts."""
        first = next((cell for cell in texts if cell is not np.nan), None)
        if not self._decimal or not isinstance(first, str) or _marked(texts[:_SOME], self._decimal) is None:
            return None
        marked = _marked(texts, self._decimal)
        if marked is None:
            return None
        numbers, words = marked
        self.missing.update(words)
        return numbers


def _marked(texts, decimal):
    """Numbers, and the words among them that stand for missing ones; None if there are other texts."""
    plain = texts
    if decimal == ",":
        plain = [cell.translate(_POINTS) if isinstance(cell, str) else cell for cell in texts.tolist()]
        plain = np.array(["" if cell == "." else cell for cell in plain], object)
    numbers = pd.to_numeric(pd.Series(plain, dtype=object), errors="coerce").to_numpy(np.float64)
    words = Counter(cell for cell in texts[np.isnan(numbers)].tolist() if isinstance(cell, str))
    if words.total() == len(texts) or np.isinf(numbers).any() or not all(map(says_missing, words)):
        return None
    return numbers, {word.strip(): count for word, count in words.items()}


def _differ(cells):
    """Whether most cells are different texts."""
    some = cells[:_SOME]
    return len(set(some.tolist())) >= len(some) * 0.9


def _coded(cells):
    """Indices of texts, -1 where missing, and all texts that are not."""
    missing = pd.isna(cells)
    return np.where(missing, -1, np.cumsum(~missing) - 1), cells[~missing]
