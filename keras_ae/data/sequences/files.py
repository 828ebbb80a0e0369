"""Sequences of the user: groups of rows of a file, and files of the UCR archive."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from keras_ae.counts import counted
from keras_ae.data.dataset import Dataset, SeveralExamples
from keras_ae.data.sequences.collection import OneSequence, SequenceDataset, SequencesRead, of_channels
from keras_ae.data.sequences.digit_paths import DigitPaths
from keras_ae.data.sequences.ts_file import SUFFIX, read_ts
from keras_ae.data.series.columns import SeriesColumns, choose_columns
from keras_ae.data.series.groups import block_column, entries
from keras_ae.data.series.resample import on_even_steps
from keras_ae.data.series.roles import SeriesRoles
from keras_ae.data.tables.columns import Table
from keras_ae.data.tables.reading import read_table
from keras_ae.data.tables.suffixes import holds_rows
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.formats import Format
from keras_ae.formats.sequences import Sequences

__all__ = ["SequenceFile"]

MOST_NAMED = 3
"""Groups that a note names, at most."""


@dataclass(frozen=True)
class _Located:
    """What has a path, which comes before the fields that have defaults."""

    path: str


@dataclass(frozen=True)
class SequenceFile(SequenceDataset, _Located, Dataset):
    """A file of rows (.csv, .xlsx, ...) whose groups are whole sequences, or one of the UCR archive (.ts).

    Rows of a group are in the order of their times, on even steps; up to 3 missing ones are bridged. Groups
    with longer gaps, or with fewer than two rows, are left out and told.

    Attributes:
        path: The file.
        group: The column whose entries part the sequences; "" to find it, by times that begin anew or by
            entries that stand in one block of rows each.
        time: The column of times; "" to find it, or for rows in their order.
        values: The columns of values; () for all that vary.
        label: The column of the class of a sequence, of one entry in each group; "" to find marks of
            anomalies.
        left_out: Columns to leave out.
        max_length: Steps of an example at most; 0 for those of the longest, up to 2,000.
        longer: What becomes of longer ones: "leave_out", "cut" or "refuse".
    """

    priority: ClassVar[int] = 75
    advice_for_few: ClassVar[str] = 'add others, or name the column that parts them: SET="data.group=..."'
    group: str = ""
    time: str = ""
    values: tuple[str, ...] = ()
    label: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def time_column(self) -> str:
        return self.time

    @property
    def label_column(self) -> str:
        return self.label

    @property
    def left_out_columns(self) -> tuple[str, ...]:
        return self.left_out

    @classmethod
    def accepts(cls, text: str) -> SequenceFile | None:
        own = holds_rows(text) or Path(text).suffix.lower() == SUFFIX
        return cls(text) if own and Path(text).is_file() else None

    @classmethod
    def examples_like(cls, path: Path, format: Format) -> SeveralExamples | None:
        if not isinstance(format, Sequences) or cls.accepts(str(path)) is None:
            return None
        found = cls(str(path), time=format.time, values=format.names, group=format.group)
        read = of_channels(found.sequences(learning=False), format.names)
        for one in read.sequences:
            if (steps := len(one.values)) > format.length:
                raise InputError(
                    f"expected sequences of at most {format.length} steps in {path}, as in the training; "
                    f'{one.name} has {steps}; cut it, or train with SET="data.max_length={steps}"'
                )
        examples = np.stack([format.whole(one.values) for one in read.sequences])
        return SeveralExamples([one.name for one in read.sequences], examples, read.left_out)

    def sequences(self, learning: bool = True) -> SequencesRead:
        """Reads the file.

        Args:
            learning: Whether the sequences are for training, so that columns that never change are left out.

        Raises:
            InputError: For a file without groups, and for columns that are not there.
        """
        if Path(self.path).suffix.lower() == SUFFIX:
            return read_ts(Path(self.path))
        table = read_table(self.path, dict.fromkeys(self.left_out, "text"), strict=self.values or None)
        if self.label and self.label not in table.columns:
            raise InputError(f"there is no column {self.label!r}; the columns are {', '.join(table.columns)}")
        group, time = self.group, self.time
        if not learning:  # a file of one sequence alone has no column that parts several
            group, time = (name if name in table.columns else "" for name in (group, time))
        apart = (*self.left_out, *([self.label] if self.label else []))
        roles = SeriesRoles(time, self.values, "", apart, group, learning=learning)
        found = choose_columns(table, roles)
        if found.groups is None and learning and (group := block_column(table.columns, apart)):
            found = choose_columns(table, replace(roles, group=group))
        if found.groups is None:
            if learning:
                raise InputError(
                    f"no column parts the rows of {self.path} into sequences: name the one that has an entry "
                    'for each sequence, such as the number of a trip: SET="data.group=..."'
                )
            found = replace(found, groups=np.zeros(len(table), int), group_names=(Path(self.path).stem,))
        assert found.groups is not None
        labels = self._labels(table, found, found.groups)
        sequences, notes = _of_groups(found, found.groups, labels)
        format = Sequences(found.names, 1, found.roles.group, found.roles.time)
        return SequencesRead(Path(self.path).name, sequences, format, found.notes, tuple(notes))

    def _labels(self, table: Table, found: SeriesColumns, groups: np.ndarray) -> list[str]:
        """The class of each group: its entry in the column of labels, or whether it has marked rows."""
        count = len(found.group_names)
        if not self.label:
            if found.labels is None:
                return [""] * count
            marked = np.bincount(groups[found.labels], minlength=count) > 0
            return ["anomaly" if one else "normal" for one in marked]
        codes, names = entries({self.label: table.columns[self.label]})
        labels = []
        for group in range(count):
            own = np.unique(codes[groups == group])
            if len(own) != 1 or own[0] < 0:
                shown = ", ".join(names[code] if code >= 0 else "none" for code in own[:3])
                raise InputError(
                    f"expected one entry of {self.label} in all rows of {found.roles.group} "
                    f"{found.group_names[group]}, received {shown}; correct it, or leave the label out"
                )
            labels.append(names[own[0]])
        return labels

    def sample(self) -> Data:
        """A few paths of pens, which need no file."""
        return DigitPaths().sample()


def _of_groups(
    found: SeriesColumns, groups: np.ndarray, labels: list[str]
) -> tuple[list[OneSequence], list[str]]:
    """The groups as sequences on even steps, and notes on those that are left out."""
    sequences, faults = [], Counter[str]()
    named: dict[str, str] = {}
    bridged = 0
    for group, name in enumerate(found.group_names):
        chosen = groups == group
        try:
            if chosen.sum() < 2:
                raise InputError("has fewer than two rows")
            series = on_even_steps(found, chosen)
        except InputError as error:
            fault = str(error).partition(";")[0]
        else:
            bridged += sum("bridged" in note for note in series.notes)
            fault = "" if np.isfinite(series.values).all() else "has a gap of more than 3 steps, or at an end"
        if fault:
            faults[fault] += 1
            named.setdefault(fault, name)
        else:
            sequences.append(OneSequence(name, series.values, labels[group]))
    notes = [
        f"left out {counted(count, 'group')}, such as {named[fault]}: {fault}"
        for fault, count in faults.items()
    ]
    if bridged:
        notes.append(f"missing steps bridged by straight lines in {counted(bridged, 'group')}")
    if not sequences:
        raise InputError(
            f"none of {counted(len(found.group_names), 'group')} is a sequence: {'; '.join(notes)}"
        )
    return sequences, notes[:MOST_NAMED]
