"""How the columns of a table lie in the features of an example: their numbers, words, and missing values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np

from keras_ae.errors import InputError

__all__ = ["ColumnLayout", "TableLayout"]

_TEXT = re.compile(r"table\((.+)\)")
_COLUMN = re.compile(r"(?:n(?:(-?[\d.e+-]+)~([\d.e+-]+))?|([wc])(\d+))(!?)(?:\*(\d+))?")


@dataclass(frozen=True)
class ColumnLayout:
    """The features of a column.

    A number is two of them: its scaled value, and 1 where it is missing. A word is one-hot: 1 for an unknown
    one, 1 for a missing one, and one more for each word that is known.

    Attributes:
        words: How many words are known; None for numbers.
        usual: The scaled number that stands in the place of a missing one.
        spread: The standard deviation of the scaled numbers.
        conditional: Whether the words are a condition, which a decoder is given.
        complete: Whether no value is ever missing in rows that are generated.
    """

    words: int | None = None
    usual: float = 0.0
    spread: float = 1.0
    conditional: bool = False
    complete: bool = False

    @property
    def width(self) -> int:
        """The number of features."""
        return 2 if self.words is None else 2 + self.words

    def __str__(self) -> str:
        end = "!" if self.complete else ""
        if self.words is not None:
            return f"{'c' if self.conditional else 'w'}{self.words}{end}"
        scale = "" if (self.usual, self.spread) == (0.0, 1.0) else f"{self.usual:.6g}~{self.spread:.6g}"
        return f"n{scale}{end}"


@dataclass(frozen=True)
class TableLayout:
    """The columns of a table one after the other; as text such as "table(n*3,w5)".

    Attributes:
        columns: Their layouts.
    """

    columns: tuple[ColumnLayout, ...]

    @classmethod
    def parse(cls, text: str) -> TableLayout:
        """Reads the text of a layout.

        Args:
            text: Such as "table(n*3,w5)": c5 for words that are a condition, ! after a complete column.

        Returns:
            The layout.

        Raises:
            InputError: For any other text.
        """
        columns: list[ColumnLayout] = []
        inside = _TEXT.fullmatch(text)
        for part in inside[1].split(",") if inside else [""]:
            found = _COLUMN.fullmatch(part)
            if found is None:
                raise InputError(f"expected a table's layout such as table(n*3,w5), received {text[:80]!r}")
            usual, spread, kind, words, complete, times = found.groups()
            known, scale = None if words is None else int(words), (float(usual or 0), float(spread or 1))
            columns += [ColumnLayout(known, *scale, kind == "c", bool(complete))] * int(times or 1)
        return cls(tuple(columns))

    def __str__(self) -> str:
        runs = [(text, len(list(run))) for text, run in groupby(map(str, self.columns))]
        return f"table({','.join(text if count == 1 else f'{text}*{count}' for text, count in runs)})"

    @property
    def in_words(self) -> str:
        """How many columns of each kind there are, for the user."""
        words = [column.words for column in self.columns if column.words is not None]
        return f"{len(self.columns) - len(words)} numbers and {len(words)} words, {sum(words)} different ones"

    @property
    def kinds(self) -> tuple[int | None, ...]:
        """How many words each column knows; None for numbers."""
        return tuple(column.words for column in self.columns)

    @cached_property
    def groups(self) -> np.ndarray:
        """(features,), the index of the column that each feature comes from."""
        return np.repeat(np.arange(len(self.columns)), [column.width for column in self.columns])

    @cached_property
    def starts(self) -> np.ndarray:
        """(columns,), the index of each column's first feature."""
        return np.cumsum([0, *(column.width for column in self.columns)])[:-1]

    @cached_property
    def flags(self) -> np.ndarray:
        """(columns,), the index of the feature that says that a column's value is missing."""
        return self.starts + 1

    @cached_property
    def of_column(self) -> np.ndarray:
        """(features, columns), float32, 1 where a feature belongs to a column."""
        return np.eye(len(self.columns), dtype=np.float32)[self.groups]

    @cached_property
    def condition(self) -> slice | None:
        """The features of the known words of the column that is a condition; None without one."""
        for start, column in zip(self.starts.tolist(), self.columns, strict=True):
            if column.conditional:
                return slice(start + 2, start + column.width)
        return None

    @cached_property
    def is_number(self) -> np.ndarray:
        """(columns,), bool, whether a column has numbers."""
        return np.array([column.words is None for column in self.columns])

    @cached_property
    def numbers(self) -> np.ndarray:
        """(features,), float32, 1 for scaled numbers."""
        return self._without_flags * self.is_number[self.groups]

    @cached_property
    def classes(self) -> np.ndarray:
        """(features,), float32, 1 for unknown and for known words."""
        return self._without_flags * ~self.is_number[self.groups]

    @cached_property
    def spreads(self) -> np.ndarray:
        """(features,), float32, the standard deviations of scaled numbers; 1 for other features."""
        return np.array([self.columns[group].spread for group in self.groups], np.float32)

    @cached_property
    def nothing(self) -> np.ndarray:
        """(features,), float32, the features of a row of which no value is known."""
        features = np.zeros(len(self.groups), np.float32)
        features[self.starts] = [column.usual for column in self.columns]
        features[self.flags] = 1
        return features

    @cached_property
    def _without_flags(self):
        kept = np.ones(len(self.groups), np.float32)
        kept[self.flags] = 0
        return kept
