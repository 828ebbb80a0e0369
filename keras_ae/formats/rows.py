"""The format of a table's rows: each a list of numbers, indices of words and times, together in one file."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw

from keras_ae.errors import InputError
from keras_ae.formats import Format

__all__ = ["DAY", "Rows", "decimals_of"]

DAY = 86_400
"""Seconds of a day."""

MISSING_TEXT = ""
"""What stands in a file for a missing value."""

MISSING_WORD = "(missing)"
"""What stands in a column for a missing word."""

LINE, WIDTH = 12, 260
"""Height of a line and width of a rendered row, in pixels."""

MOST_RENDERED = 40
"""Columns of a rendered row, at most."""


@dataclass(frozen=True)
class Rows(Format):
    """Rows of a table in original units, (n, columns) float64, NaN where a value is missing.

    Numbers are as they are, times are days since 1970, and words are indices into those that are known.

    Attributes:
        names: Of the columns, in the order of the file.
        kinds: Of each column, "number", "time" or "word".
        words: The words of each column; () of others.
        decimals: Digits after the point of each column of numbers; -1 for as many as nine digits take.
        patterns: How each column's times are written, as `strftime` has it; "" of others.
        separator: Between cells.
        point: Before decimals, "." or ",".
        condition: The column that rows are generated for; "" without one.
        target: The column that classifiers are to tell from the others; "" without one.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]
    decimals: tuple[int, ...]
    patterns: tuple[str, ...]
    separator: str = ","
    point: str = "."
    condition: str = ""
    target: str = ""

    suffixes = (".csv", ".tsv", ".txt")
    noun = "rows"
    together = True

    @property
    def times(self) -> tuple[str, ...]:
        """The columns of times."""
        return tuple(name for name, kind in zip(self.names, self.kinds, strict=True) if kind == "time")

    def own_files(self, shape: tuple[int, ...]) -> bool:
        return False  # heads take their columns

    def frame(self, matrix: np.ndarray) -> pd.DataFrame:
        """Rows as a data frame.

        Args:
            matrix: (n, columns).

        Returns:
            The columns: numbers, times, and words, None where missing.
        """
        columns: dict[str, Any] = {}
        for place, (name, values) in enumerate(self.by_column(matrix).items()):
            if self.kinds[place] == "time":
                micros = pd.Series(np.where(np.isnan(values), 0, values) * DAY * 1e6).round().astype("int64")
                columns[name] = pd.to_datetime(micros, unit="us").where(~np.isnan(values))
            elif self.kinds[place] == "word":
                columns[name] = [None if word == MISSING_WORD else word for word in values]
            else:
                columns[name] = values
        return pd.DataFrame(columns)

    def matrix(self, columns: Mapping[str, Any]) -> np.ndarray:
        """Columns as rows, with the precision and the order of the file.

        Args:
            columns: (n,) each, by name: numbers and days, or words; NaN, None or "(missing)" where missing.

        Returns:
            (n, columns), float64.
        """
        parts = []
        for name, kind, words, decimals in zip(
            self.names, self.kinds, self.words, self.decimals, strict=True
        ):
            values = columns[name]
            if kind == "word":
                index = {word: float(place) for place, word in enumerate(words)}
                parts.append(np.array([index.get(word, np.nan) for word in values], np.float64))
            else:
                numbers = np.asarray(values, np.float64)
                parts.append(numbers.round(decimals) if kind == "number" and decimals >= 0 else numbers)
        return np.stack(parts, axis=1)

    def by_column(self, matrix: np.ndarray) -> dict[str, np.ndarray]:
        """Rows as columns.

        Args:
            matrix: (n, columns), as `matrix` gives it.

        Returns:
            (n,) each, by name: numbers, days, or words, "(missing)" where missing.
        """
        return {
            name: self._words(place, column) if self.kinds[place] == "word" else column
            for place, (name, column) in enumerate(zip(self.names, np.transpose(matrix), strict=True))
        }

    def _words(self, place, column):
        known = np.array([*self.words[place], MISSING_WORD], object)
        return known[np.where(np.isnan(column), len(known) - 1, column).astype(int)]

    def cells(self, matrix: np.ndarray) -> list[list[str]]:
        """The cells of rows, as the file of the training has them.

        Args:
            matrix: (n, columns).

        Returns:
            A list of cells for each row.
        """
        columns = [self._texts(place, column) for place, column in enumerate(np.transpose(matrix))]
        return [list(row) for row in zip(*columns, strict=True)]

    def _texts(self, place, column):
        missing = np.isnan(column)
        if self.kinds[place] == "word":
            return [
                MISSING_TEXT if gone else word
                for word, gone in zip(self._words(place, column), missing, strict=True)
            ]
        if self.kinds[place] == "time":
            seconds = np.where(missing, 0, np.round(column * DAY * 1e6) / 1e6)
            times = pd.to_datetime(np.round(seconds * 1e6).astype("int64"), unit="us")
            texts = times.strftime(self.patterns[place]).tolist()
        else:
            form = f".{self.decimals[place]}f" if self.decimals[place] >= 0 else ".9g"
            texts = [format(value, form).replace(".", self.point) for value in column.tolist()]
        return [MISSING_TEXT if gone else text for text, gone in zip(texts, missing, strict=True)]

    def keys(self, examples: np.ndarray) -> np.ndarray:
        """What tells rows apart by how they are written.

        Args:
            examples: (n, columns).

        Returns:
            (n,), uint64.
        """
        lines = ("\x1f".join(cells).encode() for cells in self.cells(examples))
        each = (hashlib.sha256(line).digest()[:8] for line in lines)
        return np.array([int.from_bytes(key, "little") for key in each], np.uint64)

    def write_all(self, examples: np.ndarray, path: Path) -> None:
        """Writes rows below the names of their columns.

        Args:
            examples: (n, columns).
            path: The file.
        """
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter=self.separator, lineterminator="\n")
            writer.writerow(self.names)
            writer.writerows(self.cells(examples))

    def write(self, example: np.ndarray, stem: Path) -> list[Path]:
        path = stem.with_name(stem.name + self.suffixes[0])
        self.write_all(example[None], path)
        return [path]

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        """Reads the first row of a file.

        Args:
            path: The file, whose header names all columns.
            shape: Not used; a row has a value for each column.

        Returns:
            (columns,), float64.

        Raises:
            InputError: If a column is missing, or a cell cannot be read.
        """
        try:
            frame = pd.read_csv(path, sep=self.separator, dtype=str, nrows=1, keep_default_na=False)
        except (OSError, ValueError) as error:
            raise InputError(f"{path} cannot be read as rows ({error}); write a header and a row") from error
        lacking = [name for name in self.names if name not in frame.columns]
        if lacking or not len(frame):
            what = f"it lacks the column {lacking[0]!r}" if lacking else "it has no row"
            raise InputError(f"expected a row of {', '.join(self.names[:9])}, ... in {path}; {what}; add it")
        return np.array([self._cell(place, frame[name][0], path) for place, name in enumerate(self.names)])

    def _cell(self, place, text, path):
        if text == MISSING_TEXT:
            return np.nan
        name, kind, words = self.names[place], self.kinds[place], self.words[place]
        try:
            if kind == "word":
                return float(words.index(text))
            if kind == "time":
                return pd.to_datetime(text, format=self.patterns[place]).timestamp() / DAY
            return float(text.replace(self.point, "."))
        except ValueError as error:
            expected = f"one of {', '.join(words[:9])}" if kind == "word" else f"a {kind}"
            raise InputError(
                f"expected {expected} in column {name!r} of {path}, received {text!r}; correct it"
            ) from error

    def render(self, example: np.ndarray) -> np.ndarray:
        """Renders a row as lines of names and values, at most 40 of them.

        Args:
            example: (columns,).

        Returns:
            An image (height, 260, 3), uint8.
        """
        cells = self.cells(example[None])[0][:MOST_RENDERED]
        image = Image.new("RGB", (WIDTH, LINE * len(cells) + 4), "white")
        pen = ImageDraw.Draw(image)
        for line, (name, cell) in enumerate(zip(self.names, cells, strict=False)):
            pen.text((4, LINE * line + 1), _latin(name, 26), fill=(90, 90, 90))
            pen.text(
                (170, LINE * line + 1), _latin(cell or "missing", 14), fill="black" if cell else (200, 0, 0)
            )
        return np.asarray(image)


def _latin(text: str, most: int) -> str:
    """A text as Pillow's own font has it, not longer than so many letters."""
    text = text.encode("latin-1", "replace").decode("latin-1")
    return text if len(text) <= most else text[: most - 1] + "~"


def decimals_of(values: Sequence[float] | np.ndarray) -> int:
    """The digits after the point that numbers have.

    Args:
        values: (n,), finite.

    Returns:
        From 0 to 9; -1 for numbers of more.
    """
    numbers = np.asarray(values, np.float64)
    near = 1e-12 * max(float(np.abs(numbers).max(initial=0.0)), 1e-300)
    return next(
        (digits for digits in range(10) if (np.abs(numbers.round(digits) - numbers) <= near).all()), -1
    )
