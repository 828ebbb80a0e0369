"""Tables of mixed columns as data: files of the user's own, and one that comes with scikit-learn."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.examples import LARGEST, Split
from keras_ae.data.split_rules import by_content
from keras_ae.data.splits import Parts, digests
from keras_ae.data.tables.columns import Column, Table
from keras_ae.data.tables.fitting import SCALINGS, fit_columns, number_precision
from keras_ae.data.tables.labels import change_columns, label_columns, label_note, labels_of_column
from keras_ae.data.tables.leaks import separating_columns, telling_columns
from keras_ae.data.tables.reading import log_notes, read_table
from keras_ae.data.tables.roles import times_and_indices
from keras_ae.data.tables.splitting import check_splitting, split_rows
from keras_ae.data.tables.suffixes import holds_rows
from keras_ae.data.tables.weights import column_weights
from keras_ae.data.tables.words import MOST_WORDS, words_of
from keras_ae.data.tables.writing import Writing
from keras_ae.data.types import Data
from keras_ae.domains import domain_of_table
from keras_ae.errors import InputError, check_choices
from keras_ae.names import nearby

__all__ = [
    "BreastCancer",
    "TableFile",
    "check_scaling",
    "columns_of_file",
    "concatenated",
    "data_of",
    "data_of_table",
]

DIAGNOSES = ("benign", "malignant")
"""The labels of breast tumors, the normal one first."""

MOST_NAMED = 5
"""Columns that are named in a note on their names."""


@dataclass(frozen=True)
class TableFile(Dataset):
    """A file of named columns of numbers and words (.csv, .tsv, .txt); each row is an example.

    Columns of times, of words that differ in almost every row, and without values are left out.

    Attributes:
        path: The file.
        label: The column that says which rows are normal; "" for one named label, class or similar. Without
            such a column every row is normal.
        normal: The label of normal rows; "" for normal, good, 0 or similar.
        numbers: Columns to read as numbers.
        words: Columns to read as words.
        left_out: Columns to leave out.
        scaling: Of numbers, by their "spread" or their "range".
        dayfirst: Whether 1/2/2024 is in February; None to find out.
        decimal: "." or "," before decimals; "" to find out.
        separator: Between cells: a sign, "tab" or "blanks", or "none" for a single column; "" to find it.
        header: The line of the header, from 1; 0 for a file without one, None to find it.
        group: The column of groups, such as patients, none of which is in two splits; it is not learned.
        split: "content" to split rows by their content, "time" for the last ones as test split.
        time: The column of times to split by; "" for the first one, or else the order of the rows.
        test_list: A text file that lists the test split, one a line: values of `group`, or without groups
            numbers of rows from 0.
        weight: The column of what each row counts in the objective, at least 0; it is not learned.
    """

    category: ClassVar[str] = "table"
    priority: ClassVar[int] = 60
    path: str
    label: str = ""
    normal: str = ""
    numbers: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    scaling: str = "spread"
    dayfirst: bool | None = None
    decimal: str = ""
    separator: str = ""
    header: int | None = None
    group: str = ""
    split: str = "content"
    time: str = ""
    test_list: str = ""
    weight: str = ""

    def __post_init__(self):
        check_scaling(self)
        check_splitting(self)
        Writing.of(self)

    @property
    def writing(self) -> Writing:
        return Writing.of(self)

    @property
    def hidden_columns(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.group, self.weight, *self.left_out)))

    def weights_of(self, table: Table) -> np.ndarray | None:
        return column_weights(table, self.weight)

    @property
    def path_name(self) -> str:
        return Path(self.path).name

    def parts_of(self, table: Table, content: list[bytes]) -> Parts:
        return split_rows(table, self, content)

    def cells_of(self, column: str) -> tuple[str, ...]:
        cells = read_table(self.path, {column: "text"}, only=(column,), known=self.writing).columns[column]
        return tuple(cells.words[index] for index in cells.values if index >= 0)

    @property
    def label_column(self) -> str:
        return self.label

    @classmethod
    def accepts(cls, text: str) -> TableFile | None:
        return cls(text) if holds_rows(text) else None

    def load(self) -> Data:
        """Reads the file.

        Raises:
            InputError: For a file that is not a table, and for unknown columns.
        """
        return data_of_table(Path(self.path).name, self.table(), self, where=self.path)

    def outline(self, table: Table | None = None) -> Data:
        name, table = Path(self.path).name, table or self.table()
        return data_of_table(name, table, self, where=self.path, valued=False)

    def table(self) -> Table:
        """The file's columns."""
        words = (*self.words, *self.left_out)
        kinds = dict.fromkeys(words, "text") | dict.fromkeys(self.numbers, "number")
        return read_table(self.path, kinds, known=self.writing)

    def sample(self) -> Data:
        """The table that comes with scikit-learn, which needs no file."""
        return BreastCancer().load()


@dataclass(frozen=True)
class BreastCancer(Dataset):
    """569 breast tumors with 30 measurements of cell nuclei each (Street et al. 1993), from scikit-learn.

    Benign tumors are normal, malignant ones are the anomalies.
    """

    category: ClassVar[str] = "table"
    name: ClassVar[str] = "breast_cancer"

    def load(self) -> Data:
        columns = dict(self.table().columns)
        labels = columns.pop("diagnosis").values.astype(np.int64)
        parts = by_content(_digests(columns), validation=0.2, test=0.3)
        data = data_of(self.name, columns, labels, DIAGNOSES, parts.indices, ())
        return replace(data, rule=parts.rule)

    def table(self) -> Table:
        """The measurements and the diagnosis."""
        from sklearn.datasets import load_breast_cancer

        tumors = load_breast_cancer()
        columns = {
            name: Column(name, "number", tumors.data[:, index])
            for index, name in enumerate(tumors.feature_names.tolist())
        }
        columns["diagnosis"] = Column("diagnosis", "text", (1 - tumors.target).astype(np.int32), DIAGNOSES)
        return Table(columns, ())

    @property
    def label_column(self) -> str:
        return "diagnosis"

    def sample(self) -> Data:
        return self.load()


def columns_of_file(
    path: str, names: tuple[str, ...], words: tuple[str, ...], known: Writing, in_doubt: Writing
) -> dict[str, np.ndarray]:
    """Columns of a file, for a model that was trained on such.

    Args:
        path: The file.
        names: Names of the columns.
        words: Those to read as words; all others are read as numbers.
        known: How the file is written, as far as that is known.
        in_doubt: How to read it where nothing in it decides.

    Returns:
        (n,) each, by name.

    Raises:
        InputError: For unknown columns, and for text where numbers are expected.
    """
    kinds = {name: "text" if name in words else "number" for name in names}
    table = read_table(path, kinds, only=names, needed=names, known=known, in_doubt=in_doubt)
    log_notes(table, path)
    columns = {name: table.columns[name] for name in names}
    return {
        name: column.values if column.kind == "number" else words_of(column)
        for name, column in columns.items()
    }


def data_of_table(
    name: str,
    table: Table,
    settings: Any,
    own: Mapping[str, np.ndarray] | None = None,
    where: str = "",
    valued: bool = True,
) -> Data:
    """A table as data, by the settings of a data set.

    Args:
        name: Name of the data.
        table: The table.
        settings: A data set with the fields label, normal, words, numbers, left_out and scaling, and
            those of its splitting.
        own: Indices of the rows of splits that are given, such as "validation".
        where: What the table is called in a message; by default the data's name.
        valued: As in `data_of`.

    Returns:
        The data.

    Raises:
        InputError: For unknown columns, and where no column or no normal row is left.
    """
    asked = (settings.label, settings.group, settings.time, settings.weight, *settings.left_out)
    missing = [name for name in asked if name and name not in table.columns]
    if missing:
        near, listing = nearby(missing[0], table.columns), ", ".join(table.columns)
        raise InputError(f"{where or name} has no column {missing[0]!r}{near}; its columns are {listing}")
    hidden = (settings.group, settings.time, settings.weight, *settings.left_out)
    free = {name: column for name, column in table.columns.items() if name not in hidden}
    called = label_columns(free)
    label = settings.label or next(iter(called), None)
    kept = (*settings.words, *settings.numbers)
    marks = dict.fromkeys([name for name in called if name != label], "another label")
    marks |= dict.fromkeys(change_columns(free), "marks changes")
    columns = {name: column for name, column in free.items() if name != label}
    labels: np.ndarray | None = None
    names: tuple[str, ...] = ()
    if label is not None:
        labels, names = labels_of_column(table.columns[label], settings.normal)
        told = [name for name in telling_columns(columns, labels > 0) if name not in marks]
        marks |= {name: _telling_fault(columns[name]) for name in told}
    marks = {name: fault for name, fault in marks.items() if name not in (label, *kept)}
    columns, notes = usable_columns(columns, settings.words, settings.numbers, marks)
    label_notes = [label_note(label, labels, names, columns)]
    if labels is not None and (separating := separating_columns(columns, labels > 0)):
        label_notes.append(
            f"{', '.join(separating)} by itself parts anomalies from normal rows; leave it out if it was "
            f'made from the labels: SET="data.left_out={separating[0]}"'
        )
    parts = split_rows(table, settings, _digests(columns), own)
    all_notes = (*table.notes, *label_notes, *notes, f"split {parts.rule}")
    weights = settings.weights_of(table)
    if settings.weight:
        all_notes = (*all_notes, f"{settings.weight} is what each row counts in the objective")
    data = data_of(name, columns, labels, names, parts.indices, all_notes, settings.scaling, valued, weights)
    preprocessor = data.preprocessor and replace(data.preprocessor, written=table.written)
    fixed = bool(settings.group or settings.test_list or settings.split == "time" or "test" in (own or {}))
    return replace(data, rule=parts.rule, fixed=fixed, preprocessor=preprocessor)


def data_of(
    name: str,
    columns: Mapping[str, Column],
    labels: np.ndarray | None,
    label_names: tuple[str, ...],
    parts: Mapping[str, np.ndarray],
    notes: tuple[str, ...],
    scaling: str = "spread",
    valued: bool = True,
    weights: np.ndarray | None = None,
) -> Data:
    """Columns as data; the preprocessing is fitted on the normal rows of the training split.

    Args:
        name: Name of the data.
        columns: By name.
        labels: (n,), 0 for normal rows; None if all rows are normal.
        label_names: The meaning of each label.
        parts: Indices of the rows of "train", "validation" and "test".
        notes: For the user.
        scaling: Of numbers, "spread" or "range".
        valued: Whether the examples are computed, for which TensorFlow is imported; if not, all of them are
            0, and there is no preprocessor.
        weights: (n,), what each row counts in the objective; None for all alike.

    Returns:
        The data, with examples of shape (features,).

    Raises:
        InputError: If no training row is normal, and for more values than fit in memory.
    """
    fit = parts["train"] if labels is None else parts["train"][labels[parts["train"]] == 0]
    if not len(fit):
        raise InputError(
            f"expected normal rows in {name} to train on, received none; say which label is normal"
        )
    fitted = fit_columns(columns, fit, scaling)
    rows, features = sum(map(len, parts.values())), len(fitted.layout.groups)
    if rows * features * 4 > LARGEST:
        raise InputError(
            f"{name} becomes {rows:,} x {features:,} numbers, more than {LARGEST / 2**30:g} GiB; "
            'use fewer rows, or leave out columns of many words: SET="data.left_out=..."'
        )
    raw = {
        column.name: column.values if column.kind == "number" else words_of(column)
        for column in columns.values()
    }
    preprocessor = _preprocessor(fitted) if valued else None
    splits: dict[str, Any] = {}
    for part, index in parts.items():
        if preprocessor is None:
            examples = np.broadcast_to(np.float32(0), (len(index), features))
        else:
            examples = preprocessor.numbers_of({column: values[index] for column, values in raw.items()})
        own = (None if each is None else each[index] for each in (labels, weights))
        splits[part] = Split(examples, next(own), weights=next(own))
    raw_test = {column: values[parts["test"]] for column, values in raw.items()}
    return Data(
        name,
        **splits,
        domain=domain_of_table(fitted.layout),
        label_names=label_names,
        notes=(
            *notes,
            *_still_note(columns, fit),
            _kinds_note(columns, fitted.logarithms),
            *_served_note(fitted.signature),
        ),
        preprocessor=preprocessor,
        learned=fitted.columns,
        raw=raw_test,
    )


def _telling_fault(column):
    """Why a column that tells the labels is left out, and how to keep it."""
    field = "numbers" if column.kind == "number" else "words"
    return f'tells the anomalies by itself, as their labels do; to keep it: SET="data.{field}={column.name}"'


def _preprocessor(fitted):
    from keras_ae.data.tables.preprocessing import preprocessor_of  # TensorFlow, which takes seconds

    return preprocessor_of(fitted)


def check_scaling(dataset: Any) -> None:
    """Checks the scaling of a data set.

    Args:
        dataset: With a field `scaling`.

    Raises:
        InputError: For an unknown scaling.
    """
    check_choices(dataset, scaling=SCALINGS)


def usable_columns(
    columns: Mapping[str, Column],
    words: Collection[str] = (),
    numbers: Collection[str] = (),
    faults: Mapping[str, str] | None = None,
) -> tuple[dict[str, Column], tuple[str, ...]]:
    """The columns that are fit for training.

    Args:
        columns: By name.
        words: Columns of words that stay however many different words they have.
        numbers: Columns of numbers that stay though they number the rows, or seem to be times.
        faults: Why columns are left out that are known to be unfit, by name.

    Returns:
        The columns; and notes about those that were left out, those that may have to be, and those that are
        hardly learned.

    Raises:
        InputError: If no column is left.
    """
    faults, told = dict(faults or {}), []
    rowwise, rising = times_and_indices(columns, (*words, *numbers))
    for name, column in columns.items():
        present = ~column.missing
        if name in faults:
            continue
        if name in rowwise:
            faults[name] = rowwise[name]
        elif not present.any():
            faults[name] = "no value"
        elif column.kind == "number":
            precision = number_precision(column.values[present])
            faults |= {name: precision.fault} if precision.fault else {}
            told += [f"{name} {precision.note}"] if precision.note else []
        elif column.kind == "text" and name not in words:
            different = len(column.words)
            if different > MOST_WORDS or different > 0.5 * present.sum() > 10:
                faults[name] = f"{different} different words"
    used = {name: column for name, column in columns.items() if name not in faults}
    left_out = ", ".join(f"{name} ({fault})" for name, fault in faults.items())
    if not used:
        raise InputError(
            f"expected columns of numbers or words, received {left_out or 'none'}; use another file"
        )
    notes = [f"left out: {left_out}"] if left_out else []
    if rising:
        notes.append(
            f"{', '.join(rising)} rises evenly from row to row; leave it out if it numbers the rows: "
            f'SET="data.left_out={rising[0]}"'
        )
    return used, (*notes, *told)


def concatenated(first: Table, second: Table) -> dict[str, Column]:
    """Concatenates two tables.

    Args:
        first: A table.
        second: One with columns of the same names and kinds.

    Returns:
        The columns, with the rows of the first table before those of the second.
    """
    columns = {}
    for name, one in first.columns.items():
        other = second.columns[name]
        if one.kind != "text":
            columns[name] = Column(name, one.kind, np.concatenate([one.values, other.values]))
            continue
        words = list(dict.fromkeys((*one.words, *other.words)))
        index = np.array([*(words.index(word) for word in other.words), -1], np.int32)
        columns[name] = Column(name, "text", np.concatenate([one.values, index[other.values]]), tuple(words))
    return columns


def _digests(columns):
    """Hashes of the rows."""
    return digests(np.column_stack([np.asarray(column.values, np.float64) for column in columns.values()]))


def _still_note(columns, rows):
    """The note on columns that hold one value in the rows to learn from; none where there are none."""
    still = [name for name, column in columns.items() if len(np.unique(column.values[rows])) == 1]
    more = f" and {len(still) - MOST_NAMED} more" if len(still) > MOST_NAMED else ""
    if not still:
        return ()
    return (
        f"{', '.join(still[:MOST_NAMED])}{more} never changes in the rows to learn from: another value there "
        f'counts as unlike them; SET="data.left_out={still[0]}" leaves it out',
    )


def _kinds_note(columns, logarithms):
    """The note on how each column is read, for the user to correct."""
    numbers = [
        f"{name} (log)" if name in logarithms else name
        for name, column in columns.items()
        if column.kind == "number"
    ]
    words = [f"{name} ({len(column.words)})" for name, column in columns.items() if column.kind == "text"]
    parts = [f"numbers: {', '.join(numbers)}"] if numbers else []
    parts += [f"words: {', '.join(words)}"] if words else []
    return "; ".join(parts) + '; to change it: SET="data.words=... data.numbers=... data.left_out=..."'


def _served_note(signature):
    """The note on columns that are served by names other than their own; none where there are none."""
    other = [f"{column} as {served}" for served, column in signature.items() if served != column]
    more = f" and {len(other) - MOST_NAMED} more, see card.json" if len(other) > MOST_NAMED else ""
    return (f"served: {', '.join(other[:MOST_NAMED])}{more}",) if other else ()
