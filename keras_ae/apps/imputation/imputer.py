"""An exported imputer: the missing values of a file's rows, and how sure they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.data.tables.row_graph import output_name
from keras_ae.errors import InputError
from keras_ae.formats import from_json
from keras_ae.formats.rows import Rows
from keras_ae.serving.columns import read_columns
from keras_ae.serving.exported import ExportedHead

__all__ = ["FilledColumns", "Imputer"]

ROWS_AT_ONCE = 1024


@dataclass(frozen=True, eq=False)
class FilledColumns:
    """The values of the columns that a model knows, filled in.

    Attributes:
        format: How the rows are written.
        columns: The file's names of the columns, in the order of the format.
        missing: (n, columns), bool, what was missing.
        values: (n, columns), as the format has rows.
        lower: (n, columns), the least values of numbers and times.
        upper: (n, columns), the greatest ones.
        probability: (n, columns).
        sets: The words of the prediction set of each missing word, by row and column.
    """

    format: Rows
    columns: tuple[str, ...]
    missing: np.ndarray
    values: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    probability: np.ndarray
    sets: Mapping[tuple[int, int], tuple[str, ...]]

    @property
    def unknown(self) -> np.ndarray:
        """(n,), bool, the rows of which nothing is known, which are not filled in."""
        return np.asarray(self.missing.all(axis=1))

    @property
    def filled(self) -> np.ndarray:
        """(n, columns), bool, what was filled in."""
        return self.missing & ~self.unknown[:, None]


class Imputer:
    """An exported imputer, described by its card.

    Args:
        folder: The version's folder.

    Raises:
        InputError: Its card does not describe it.
    """

    def __init__(self, folder: Path):
        self.head = ExportedHead(folder)
        card = self.head.card
        try:
            self.data: dict[str, Any] = card["data"]
            self.facts: dict[str, Any] = card[self.head.head]
            self.inputs = card["signatures"]["serving_default"]["inputs"]
            format = from_json(json.dumps(self.data["format"]))
            self.names = {served: self.data["columns"][served] for served in self.inputs}
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{folder} has no card that describes its columns ({error!r}); export it again: keras-ae "
                f"export {self.head.model}"
            ) from error
        assert isinstance(format, Rows)  # as the task makes sure
        self.format = format

    @property
    def level(self) -> float:
        """The probability of an interval, and of a prediction set."""
        return float(self.facts["level"])

    def fill(self, path: Path) -> FilledColumns:
        """Fills in the missing values of a file.

        Args:
            path: A file of rows.

        Returns:
            The values.

        Raises:
            InputError: The file lacks a column, or a cell is not of its column's kind.
        """
        from keras_ae.column_names import find_columns
        from keras_ae.data.tables.dialect import detect_dialect
        from keras_ae.data.tables.writing import Writing

        read = read_columns(path, self.inputs, self.data)
        before = Writing(**self.data.get("written", {}))
        names = find_columns(self.inputs, detect_dialect(path, in_doubt=before).names, self.names, str(path))
        served = {self.names[each]: each for each in self.inputs}
        ordered = [served[name] for name in self.format.names]
        missing = np.stack([_missing(read[each]) for each in ordered], axis=1)
        outputs = self.head.signature().predict(read, ROWS_AT_ONCE)
        columns = {name: outputs[output_name(served[name])] for name in self.format.names}
        values = self.format.matrix({name: _texts(column) for name, column in columns.items()})
        return FilledColumns(
            self.format,
            tuple(names[each] for each in ordered),
            missing,
            values,
            outputs["lower"].astype(np.float64),
            outputs["upper"].astype(np.float64),
            outputs["probability"],
            self._sets(outputs["reconstruction"], missing),
        )

    def _sets(self, features: np.ndarray, missing: np.ndarray) -> dict[tuple[int, int], tuple[str, ...]]:
        """The prediction sets of missing words: those of at least the probability that calibration gave."""
        sets, start = {}, 0
        for number, (kind, words) in enumerate(zip(self.format.kinds, self.format.words, strict=True)):
            width = 2 if kind != "word" else 2 + len(words)
            own = features[:, start + 2 : start + width]
            least = float(self.facts["least_probability"][number])
            start += width
            for row in np.flatnonzero(missing[:, number]) if kind == "word" else ():
                order = [place for place in np.argsort(-own[row], kind="stable") if own[row, place] >= least]
                sets[int(row), number] = tuple(words[place] for place in order)
        return sets


def _missing(values: np.ndarray) -> np.ndarray:
    """Where the values of a column are missing: (n,), bool."""
    from keras_ae.data.tables.words import MISSING_WORD

    if values.dtype.kind == "f":
        return np.isnan(values)
    return np.array([value in ("", MISSING_WORD) for value in values], bool)


def _texts(column: np.ndarray) -> np.ndarray:
    """Words as texts; numbers as they are."""
    if column.dtype.kind != "O":
        return column
    return np.array([word.decode() if isinstance(word, bytes) else word for word in column], object)
