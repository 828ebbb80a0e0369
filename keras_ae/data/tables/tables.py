"""Tables of mixed columns as data: one of one's own, and one that comes inside scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.splits import assign, digests
from keras_ae.data.tables.csv_file import Column, Table, read_table
from keras_ae.data.tables.preprocessing import MOST_WORDS, SCALINGS, fit_preprocessor, words_of
from keras_ae.data.types import LARGEST, SHARPEST, Data, Split
from keras_ae.domains import REAL
from keras_ae.errors import InputError

__all__ = ["BreastCancer", "TableFile", "check_scaling", "concatenated", "data_of"]

LABEL_NAMES = ("label", "class", "target", "is_anomaly", "anomaly", "outlier")
NORMAL_WORDS = ("normal", "0", "good", "benign", "false", "no", "ok", "inlier")


@dataclass(frozen=True)
class TableFile(Dataset):
    """A file of named columns, numbers and words (.csv, .tsv, .txt), of which each row is an example.

    Columns of times, of words that are all but different in each row, and of no value are left out.

    Attributes:
        path: The file.
        label: The column that tells which rows are normal; "" for one named label, class or alike. Without
            such a column every row is normal.
        normal: The label of normal rows; "" for one named normal, good, 0 or alike.
        numbers: Columns to read as numbers.
        words: Columns to read as words.
        left_out: Columns to leave out.
        scaling: Of numbers, by their "spread" or their "range".
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

    def __post_init__(self):
        check_scaling(self)

    @property
    def label_column(self) -> str:
        return self.label

    @classmethod
    def accepts(cls, text: str) -> TableFile | None:
        return cls(text) if Path(text).suffix.lower() in (".csv", ".tsv", ".txt") else None

    def load(self) -> Data:
        """Reads the file; raises InputError for one that is no table, and for unknown columns."""
        kinds = dict.fromkeys(self.words, "text") | dict.fromkeys(self.numbers, "number")
        table = read_table(self.path, kinds)
        missing = [name for name in (self.label, *self.left_out) if name and name not in table.columns]
        if missing:
            raise InputError(
                f"{self.path} has no column {missing[0]!r}; its columns are {', '.join(table.columns)}"
            )
        label = self.label or next(
            (name for name in table.columns if name.strip().lower() in LABEL_NAMES), None
        )
        columns = {
            name: column
            for name, column in table.columns.items()
            if name != label and name not in self.left_out
        }
        labels, names = None, cast(tuple[str, ...], ())
        if label is not None:
            labels, names = labels_of_column(table.columns[label], self.normal)
        told = [label_note(label, labels, names)]
        columns, notes = usable_columns(columns, keep=self.words)
        return data_of(
            Path(self.path).name,
            columns,
            labels,
            names,
            assign(_digests(columns), validation=0.2, test=0.2),
            (*table.notes, *told, *notes),
            self.scaling,
        )

    def columns(self, names: tuple[str, ...], words: tuple[str, ...]) -> dict[str, np.ndarray]:
        """Reads columns of the file.

        Args:
            names: Of the columns.
            words: Those that are read as words; all others are numbers.

        Returns:
            (n,) each, by name.

        Raises:
            InputError: For unknown columns, and for text where numbers are expected.
        """
        kinds = {name: "text" if name in words else "number" for name in names}
        table = read_table(self.path, kinds, only=names, needed=names)
        found = {name: table.columns[name] for name in names}
        return {
            name: column.values if column.kind == "number" else words_of(column)
            for name, column in found.items()
        }

    def sample(self) -> Data:
        """The table that comes with scikit-learn: a stand-in that needs no file."""
        return BreastCancer().load()


@dataclass(frozen=True)
class BreastCancer(Dataset):
    """569 breast tumors, 30 measurements of cell nuclei each (Street et al. 1993), inside scikit-learn.

    Benign ones are normal, malignant ones the anomalies.
    """

    category: ClassVar[str] = "table"
    name: ClassVar[str] = "breast_cancer"

    def load(self) -> Data:
        from sklearn.datasets import load_breast_cancer

        held = load_breast_cancer()
        columns = {
            name: Column(name, "number", held.data[:, number])
            for number, name in enumerate(held.feature_names.tolist())
        }
        labels = 1 - held.target.astype(np.int64)
        parts = assign(_digests(columns), validation=0.2, test=0.3)
        return data_of(self.name, columns, labels, ("benign", "malignant"), parts, ())

    def sample(self) -> Data:
        return self.load()


def data_of(
    name: str,
    columns: Mapping[str, Column],
    labels: np.ndarray | None,
    label_names: tuple[str, ...],
    parts: Mapping[str, np.ndarray],
    notes: tuple[str, ...],
    scaling: str = "spread",
) -> Data:
    """Data of columns, with what turns them into numbers fitted on the normal rows to train on.

    labels: (n,), 0 for normal rows. parts: rows of "train", "validation" and "test". scaling: of numbers.
    Raises InputError where no row to train on is normal, and for more values than fit the memory.
    """
    fit = parts["train"] if labels is None else parts["train"][labels[parts["train"]] == 0]
    if not len(fit):
        raise InputError(
            f"expected normal rows in {name} to train on, received none; say which label is normal"
        )
    preprocessor = fit_preprocessor(columns, fit, scaling)
    rows = sum(map(len, parts.values()))
    if rows * len(preprocessor.groups) * 4 > LARGEST:
        raise InputError(
            f"{name} becomes {rows:,} x {len(preprocessor.groups):,} numbers, more than "
            f"{LARGEST / 2**30:g} GiB; "
            'take fewer rows, or leave columns of many words out: SET="data.left_out=..."'
        )
    raw = {
        column.name: column.values if column.kind == "number" else words_of(column)
        for column in columns.values()
    }
    splits: dict[str, Any] = {}
    for part, index in parts.items():
        examples = preprocessor.numbers_of({column: values[index] for column, values in raw.items()})
        splits[part] = Split(examples, None if labels is None else labels[index])
    tested = {column: values[parts["test"]] for column, values in raw.items()}
    return Data(
        name,
        **splits,
        domain=REAL,
        label_names=label_names,
        notes=(*notes, _kinds_note(columns, preprocessor)),
        preprocessor=preprocessor,
        raw=tested,
    )


def check_scaling(dataset) -> None:
    """Raises ValueError for a scaling there is not."""
    if dataset.scaling not in SCALINGS:
        raise ValueError(f"scaling is {' or '.join(SCALINGS)}, received {dataset.scaling!r}")


def usable_columns(
    columns: Mapping[str, Column], keep: tuple[str, ...] = ()
) -> tuple[dict[str, Column], tuple[str, ...]]:
    """The columns of which something can be learned, and a note of those left out.

    Raises InputError where none is left.
    """
    faults = {}
    for name, column in columns.items():
        there = ~column.missing
        if column.kind == "time":
            faults[name] = "a time"
        elif not there.any():
            faults[name] = "no value"
        elif column.kind == "number" and _blurred(column.values[there]):
            faults[name] = "varies by less than a millionth of its size"
        elif column.kind == "text" and name not in keep:
            different = len(column.words)
            if different > MOST_WORDS or different > 0.5 * there.sum() > 10:
                faults[name] = f"{different} different words"
    used = {name: column for name, column in columns.items() if name not in faults}
    told = ", ".join(f"{name} ({fault})" for name, fault in faults.items())
    if not used:
        raise InputError(
            f"expected columns of numbers or words, received {told or 'none'}; take another file"
        )
    return used, (f"left out: {told}",) if told else ()


def _blurred(values):
    """Whether values differ, but by less than float32 can tell apart."""
    return 0 < values.std() < np.abs(values).max() / SHARPEST


def labels_of_column(column: Column, normal: str = "") -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels (n,) with 0 for normal rows, and what all labels mean, from a column of words or numbers.

    normal: what it holds of normal rows; else one of the usual words for it.
    Raises InputError where no row is so, and where a row has no label.
    """
    if column.missing.any():
        raise InputError(
            f"expected a label in every row of {column.name!r}, {int(column.missing.sum())} are without; "
            "mend them, or leave the rows out"
        )
    if column.kind == "text":
        words, codes = list(column.words), column.values
    else:
        different, codes = np.unique(column.values, return_inverse=True)
        words = [f"{value:g}" for value in different]
    wanted = [normal] if normal else NORMAL_WORDS
    found = next(
        (word for choice in wanted for word in words if word.lower().rstrip(".") == choice.lower()), None
    )
    if found is None:
        raise InputError(
            f"expected {' or '.join(wanted)} among the labels of {column.name!r}, received "
            f'{", ".join(words[:20])}; say which is normal: SET="data.normal=..."'
        )
    order = [found] + [word for word in words if word != found]
    return np.array([order.index(word) for word in words])[codes].astype(np.int64), tuple(order)


def label_note(label: str | None, labels: np.ndarray | None, names: tuple[str, ...]) -> str:
    if labels is None:
        return "no column tells what is normal: every row counts as normal"
    return f"{label} tells what is normal: {names[0]} in {int((labels == 0).sum()):,} of {len(labels):,} rows"


def concatenated(first: Table, second: Table) -> dict[str, Column]:
    """The columns of two tables of the same names and kinds, the rows of the second behind the first's."""
    columns = {}
    for name, one in first.columns.items():
        other = second.columns[name]
        if one.kind != "text":
            columns[name] = Column(name, one.kind, np.concatenate([one.values, other.values]))
            continue
        words = list(dict.fromkeys((*one.words, *other.words)))
        place = np.array([*(words.index(word) for word in other.words), -1], np.int32)
        columns[name] = Column(name, "text", np.concatenate([one.values, place[other.values]]), tuple(words))
    return columns


def _digests(columns):
    return digests(np.column_stack([np.asarray(column.values, np.float64) for column in columns.values()]))


def _kinds_note(columns, preprocessor):
    """How each column is taken, for the user to correct."""
    numbers = [
        f"{name} (log)" if name in preprocessor.logarithms else name
        for name, column in columns.items()
        if column.kind == "number"
    ]
    words = [f"{name} ({len(column.words)})" for name, column in columns.items() if column.kind == "text"]
    parts = [f"numbers: {', '.join(numbers)}"] if numbers else []
    parts += [f"words: {', '.join(words)}"] if words else []
    return "; ".join(parts) + '; to change it: SET="data.words=... data.numbers=... data.left_out=..."'
