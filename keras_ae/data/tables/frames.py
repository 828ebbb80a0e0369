"""Data frames in memory as data, by the rules of files of tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from keras_ae.data.dataset import Dataset
from keras_ae.data.splits import Parts
from keras_ae.data.tables.columns import Table
from keras_ae.data.tables.frame_columns import frame_columns
from keras_ae.data.tables.notes import column_notes, without_infinite
from keras_ae.data.tables.splitting import check_splitting, split_rows
from keras_ae.data.tables.tables import BreastCancer, check_scaling, data_of_table
from keras_ae.data.tables.weights import column_weights
from keras_ae.data.types import Data
from keras_ae.errors import InputError, check_types

__all__ = ["Frame"]


@dataclass(frozen=True, eq=False)
class Frame(Dataset):
    """A data frame of numbers and words; each row is an example, missing values are allowed.

    The rules are those of a .csv file: columns of times, of words that differ in almost every row, and
    without values are left out. Do not change the frame afterwards.

    Attributes:
        frame: The data frame.
        label: The column that says which rows are normal; "" for one named label, class or similar. Without
            such a column every row is normal.
        normal: The label of normal rows; "" for normal, good, 0 or similar.
        numbers: Columns to read as numbers.
        words: Columns to read as words.
        left_out: Columns to leave out.
        scaling: Of numbers, by their "spread" or their "range".
        validation: A data frame of the same columns to validate on, in place of a part of `frame`.
        test: A data frame of the same columns to evaluate on, in place of a part of `frame`.
        group: The column of groups, such as patients, none of which is in two splits; it is not learned.
        split: "content" to split rows by their content, "time" for the last ones as test split.
        time: The column of times to split by; "" for the first one, or else the order of the rows.
        weight: The column of what each row counts in the objective, at least 0; it is not learned.

    Raises:
        InputError: For a frame without rows or with repeated names of columns, for unknown columns, and for
            values that are neither numbers nor words nor times.
    """

    category: ClassVar[str] = "table"
    frame: Any
    label: str = ""
    normal: str = ""
    numbers: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    scaling: str = "spread"
    validation: Any = None
    test: Any = None
    group: str = ""
    split: str = "content"
    time: str = ""
    weight: str = ""
    test_list: ClassVar[str] = ""

    def __post_init__(self) -> None:
        check_types(self)
        check_scaling(self)
        check_splitting(self)
        _check_frame(self.frame, "frame")
        for name, frame in self._further.items():
            _check_frame(frame, name)
            if list(frame.columns) != list(self.frame.columns):
                raise InputError(
                    f"expected {name} of the columns {', '.join(map(str, self.frame.columns))}; received "
                    f"{', '.join(map(str, frame.columns))}; give both the same, in one order"
                )
        if self._further and self.split == "time":
            raise InputError(
                f"split=time makes the splits, received {' and '.join(self._further)} too; leave one out"
            )
        self._table()

    def __repr__(self) -> str:
        return f"Frame({len(self.frame)} rows, {len(self.frame.columns)} columns)"

    @property
    def label_column(self) -> str:
        return self.label

    @property
    def hidden_columns(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.group, self.weight, *self.left_out)))

    def weights_of(self, table: Table) -> np.ndarray | None:
        return column_weights(table, self.weight)

    @property
    def path_name(self) -> str:
        return "data frame"

    def table(self) -> Table:
        """The columns of the frame, and those of further frames below them."""
        return self._table()

    def parts_of(self, table: Table, content: list[bytes]) -> Parts:
        return split_rows(table, self, content, self._own_parts())

    def load(self) -> Data:
        """The rows in splits."""
        return data_of_table("data frame", self._table(), self, self._own_parts())

    def sample(self) -> Data:
        """The table that comes with scikit-learn."""
        return BreastCancer().load()

    @property
    def _further(self):
        """The data frames of splits that are given, by the split's name."""
        frames = {"validation": self.validation, "test": self.test}
        return {name: frame for name, frame in frames.items() if frame is not None}

    def _own_parts(self):
        """The indices of the rows of splits that are given."""
        own, count = {}, len(self.frame)
        for name, frame in self._further.items():
            own[name] = np.arange(count, count + len(frame))
            count += len(frame)
        return own

    def _table(self):
        parts = [self.frame, *self._further.values()]
        together = pd.concat(parts, ignore_index=True) if len(parts) > 1 else self.frame
        columns, infinite = without_infinite(frame_columns(together, self.numbers, self.words))
        rows = f"{len(together):,} rows, {len(columns)} columns"
        return Table(columns, (rows, *column_notes(columns, infinite)))


def _check_frame(frame, name):
    if not isinstance(frame, pd.DataFrame):
        raise InputError(
            f"expected a pandas.DataFrame as {name}, received {type(frame).__name__}; give "
            "pandas.DataFrame(x, columns=[...])"
        )
    if not len(frame) or not len(frame.columns):
        raise InputError(
            f"expected a data frame with rows and columns, received one of shape {frame.shape}; check what "
            "selects them"
        )
    names = [str(column) for column in frame.columns]
    repeated = [column for column in names if names.count(column) > 1]
    if repeated:
        raise InputError(f"expected one column of each name, received {repeated[0]!r} twice; rename one")
