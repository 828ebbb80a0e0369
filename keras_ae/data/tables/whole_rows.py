"""Rows of a table to be generated: all of its columns, labels and times among them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from keras_ae.column_names import served_names
from keras_ae.data.dataset import Dataset
from keras_ae.data.examples import LARGEST, Split
from keras_ae.data.scaling import Scaler
from keras_ae.data.split_rules import fold_parts
from keras_ae.data.splits import digests
from keras_ae.data.tables.columns import Column, Table
from keras_ae.data.tables.fitting import FittedColumns, fit_scaling
from keras_ae.data.tables.quantiles import fit_quantiles
from keras_ae.data.tables.tables import BreastCancer
from keras_ae.data.tables.whole_columns import WholeColumn, whole_columns
from keras_ae.data.tables.words import MISSING_WORD
from keras_ae.data.types import Data
from keras_ae.domains import domain_of_table
from keras_ae.errors import InputError, check_choices, check_least
from keras_ae.formats.rows import Rows
from keras_ae.names import nearby

__all__ = ["WholeRows"]

TRANSFORMS = ("quantile", "spread", "range")
"""How numbers are scaled: to a normal distribution, by their spread, or by their range."""

LEAST_ROWS = 30
"""Rows to learn from, at the very least."""

MOST_CONDITIONS, MOST_TARGETS = 100, 20
"""Different words of a column that rows are generated for, and of one that a classifier predicts, at most."""


@dataclass(frozen=True)
class WholeRows(Dataset):
    """A table all of whose columns are learned, so that rows like its own can be generated.

    Numbers of few different values are read as words. Columns of names or free text, numbers of the rows and
    columns without values are left out.

    Attributes:
        of: The data set, a file of rows or another one with a table.
        condition: The column of words that rows are generated for; "" for none.
        target: The column of words that classifiers predict where generated rows are tested; "" for the
            condition, or else a label, or else the last column of few words.
        transform: Of numbers: "quantile" to a standard normal distribution, with atoms and bounds (as Xu et
            al. 2019 do by a mixture), or "spread" or "range" as for anomalies.
        few: Numbers of at most so many different values are words; 0 for none.
        fold: For repeated cross-validation, which fifth of the rows is the test split: from 0 to 4, from 5 to
            9 of another partition, and so on; -1 for the data set's own split.
    """

    wraps: ClassVar[str] = "of"
    category: ClassVar[str] = "table"
    of: Dataset = BreastCancer()
    condition: str = ""
    target: str = ""
    transform: str = "quantile"
    few: int = 10
    fold: int = -1

    def __post_init__(self) -> None:
        check_choices(self, transform=TRANSFORMS)
        check_least(self, few=0, fold=-1)

    def load(self) -> Data:
        """Reads the table.

        Raises:
            InputError: For data that are no table, unknown columns, and too few rows.
        """
        return self._data(self.table(), valued=True)

    def outline(self, table: Table | None = None) -> Data:
        return self._data(table or self.table(), valued=False)

    def table(self) -> Table:
        """The table, all columns of it."""
        table = self.of.table()
        if table is None:
            raise InputError(
                f"expected a table, {type(self.of).__name__} is none; give a file of rows: DATA=my.csv "
                "(--data)"
            )
        return table

    def load_like(self, scaler: Scaler) -> Data:
        """The table, preprocessed as that of the training was."""
        if not scaler.is_of_rows:
            return self.load()
        return self._data(self.table(), valued=True, scaler=scaler)

    def sample(self) -> Data:
        """The table that comes with scikit-learn, which needs no file."""
        return WholeRows().load()

    def around(self, dataset: Dataset) -> WholeRows:
        """The same around another data set, whose columns are other ones."""
        return dataclasses.replace(self, of=dataset, condition="", target="")

    @property
    def writing(self) -> Any:
        return self.of.writing

    def _data(self, table: Table, valued: bool, scaler: Scaler | None = None) -> Data:
        """The table as data; in the preprocessing of a trained model where a scaler is given."""
        name = self.of.name or self.of.path_name
        free = {one: column for one, column in table.columns.items() if one not in self.of.hidden_columns}
        self._check_columns(table, free, name)
        known = None if scaler is None else scaler.format
        columns, notes = whole_columns(free, self.of, self.few, known)
        rows = self._rows_with_condition(columns)
        content = _digests(free)
        parts = self.of.parts_of(table, content) if self.fold < 0 else fold_parts(content, self.fold)
        indices = {part: index[rows[index]] for part, index in parts.indices.items()}
        self._check_rows(indices, name)
        fitted = self._fitted(columns, indices["train"])
        preprocessor = (
            scaler.preprocessor if scaler is not None else _preprocessor(fitted) if valued else None
        )
        raw = {one.name: one.values for one in columns.values()}
        labels, words = self._labels(columns, preprocessor, fitted)
        features = len(fitted.layout.groups)
        _check_size(name, len(rows), features)
        splits: dict[str, Any] = {}
        for part, index in indices.items():
            examples = np.broadcast_to(np.float32(0), (len(index), features))
            if preprocessor is not None:
                examples = preprocessor.numbers_of({one: values[index] for one, values in raw.items()})
            own = (None if each is None else each[index] for each in (labels, self.of.weights_of(table)))
            splits[part] = Split(examples, next(own), weights=next(own))
        dropped = int((~rows).sum())
        notes = (*notes, f"{dropped} rows without {self.condition} are left out") if dropped else notes
        return Data(
            name, **splits, domain=domain_of_table(fitted.layout), label_names=words,
            notes=(*table.notes, *notes, f"split {parts.rule}"), preprocessor=preprocessor,
            learned=fitted.columns, raw={one: values[indices["test"]] for one, values in raw.items()},
            format=known or self._format(columns, preprocessor, fitted, table), rule=parts.rule,
        )  # fmt: skip

    def _check_columns(self, table, free, name):
        for column in filter(None, (self.condition, self.target)):
            if column not in free:
                near, listing = nearby(column, free), ", ".join(table.columns)
                raise InputError(f"{name} has no column {column!r}{near}; its columns are {listing}")

    def _rows_with_condition(self, columns: Mapping[str, WholeColumn]) -> np.ndarray:
        """(n,) bool, the rows that a condition is known of."""
        count = len(next(iter(columns.values())).values)
        if not self.condition:
            return np.ones(count, bool)
        column = columns.get(self.condition)
        if column is None or column.kind != "word":
            raise InputError(
                f"expected words in {self.condition}, the column that rows are generated for, or at most "
                f"{self.few} different numbers; found {'others' if column else 'none to learn'}; choose "
                f'another column, or raise SET="data.few=..."'
            )
        known = column.values != MISSING_WORD
        if not 2 <= (different := len(np.unique(column.values[known].astype(str)))) <= MOST_CONDITIONS:
            raise InputError(
                f"expected 2 to {MOST_CONDITIONS} different words in {self.condition}, the column that rows "
                f"are generated for; found {different}; choose another column"
            )
        return known

    def _check_rows(self, indices, name):
        if len(indices["train"]) < LEAST_ROWS:
            raise InputError(
                f"expected at least {LEAST_ROWS} rows to learn from, {name} has {len(indices['train'])} in "
                "its training split; add rows"
            )

    def _fitted(self, columns: Mapping[str, WholeColumn], rows: np.ndarray) -> FittedColumns:
        """What the training rows say of each column; the words of a condition are those of all rows."""
        scalings, words, complete = {}, {}, set()
        for name, column in columns.items():
            values = column.values[rows]
            if column.kind == "word":
                every = column.values if name == self.condition else values
                words[name] = tuple(word for word in np.unique(every.astype(str)) if word != MISSING_WORD)
                complete |= {name} if (values != MISSING_WORD).all() else set()
            else:
                fit = (
                    fit_quantiles(values)
                    if self.transform == "quantile"
                    else fit_scaling(values, self.transform)
                )
                scalings[name] = fit
                complete |= {name} if not np.isnan(values).any() else set()
        return FittedColumns(served_names(columns), scalings, words, self.condition, frozenset(complete))

    def _labels(self, columns, preprocessor, fitted):
        """The index of each row's condition and the words of it; None and () without a condition."""
        if not self.condition:
            return None, ()
        words = preprocessor.vocabulary(self.condition) if preprocessor else fitted.words[self.condition]
        index = {word: place for place, word in enumerate(words)}
        return np.array([index.get(word, 0) for word in columns[self.condition].values], np.int64), tuple(
            words
        )

    def _format(self, columns, preprocessor, fitted, table) -> Rows:
        """How the rows are read, rendered and written."""
        words = [
            preprocessor.vocabulary(name)
            if preprocessor and one.kind == "word"
            else fitted.words.get(name, ())
            for name, one in columns.items()
        ]
        separator = table.written.separator
        return Rows(
            tuple(columns),
            tuple(column.kind for column in columns.values()),
            tuple(map(tuple, words)),
            tuple(column.decimals for column in columns.values()),
            tuple(column.pattern for column in columns.values()),
            separator if (len(separator) == 1 and separator.isprintable()) or separator == "\t" else ",",
            table.written.decimal or ".",
            self.condition,
            self._target(columns, fitted),
        )

    def _target(self, columns, fitted) -> str:
        """The column that classifiers predict; "" where none has few words."""
        fitting = [name for name, known in fitted.words.items() if 2 <= len(known) <= MOST_TARGETS]
        if self.target and self.target not in fitting:
            raise InputError(
                f"expected 2 to {MOST_TARGETS} different words in {self.target}, which classifiers predict; "
                f"columns of so many are {', '.join(fitting) or 'none'}; choose one of them"
            )
        chosen = [name for name in (self.target, self.condition, self.of.label_column) if name in fitting]
        usual = [name for name in fitting if name.lower() in ("class", "label", "target")]
        return next(iter([*chosen, *usual, *reversed(fitting)]), "")


def _digests(columns: Mapping[str, Column]) -> list[bytes]:
    return digests(np.column_stack([np.asarray(column.values, np.float64) for column in columns.values()]))


def _check_size(name, rows, features):
    if rows * features * 4 > LARGEST:
        raise InputError(
            f"{name} becomes {rows:,} x {features:,} numbers, more than {LARGEST / 2**30:g} GiB; "
            'use fewer rows, or leave out columns of many words: SET="data.left_out=..."'
        )


def _preprocessor(fitted):
    from keras_ae.data.tables.preprocessing import preprocessor_of  # TensorFlow, which takes seconds

    return preprocessor_of(fitted)
