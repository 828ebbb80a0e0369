"""Series as data: windows of a normal part to train on, windows of the whole series to test on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.series.clock import parse_normal_part
from keras_ae.data.series.daily import KINDS, daily_pattern
from keras_ae.data.series.resample import series_in_table
from keras_ae.data.series.roles import SeriesRoles
from keras_ae.data.series.several import data_of_several
from keras_ae.data.series.standardized import data_of, split_into_windows
from keras_ae.data.tables.columns import Table
from keras_ae.data.tables.reading import read_table
from keras_ae.data.tables.suffixes import holds_rows
from keras_ae.data.tables.writing import Writing
from keras_ae.data.types import Data
from keras_ae.errors import check_least

__all__ = ["DailyPattern", "SeriesFile", "data_of", "parse_normal_part", "split_into_windows"]


@dataclass(frozen=True)
class SeriesFile(Dataset):
    """A file of values over time (.csv, .tsv, .txt): a column of times and one or more of values.

    Attributes:
        path: The file.
        time: The column of times, or those of day and time of day with a comma between them; "" to find it.
        values: The columns of values; () for all that vary.
        label: The column that is above 0 in anomalies, or holds words such as normal; "" to find it.
        window: Points of a window, at least 4.
        normal: The normal part to train on, "40%" for the first of its points or "2024-01-01..2024-02-01"; ""
            for the first half.
        left_out: Columns to leave out.
        group: The column whose entries, such as names of machines, are series of their own; "" to find it.
        dayfirst: Whether 1/2/2024 is in February; None to find out.
        decimal: "." or "," before decimals; "" to find out.
        separator: Between cells: a sign, "tab" or "blanks", or "none" for a single column; "" to find it.
        header: The line of the header, from 1; 0 for a file without one, None to find it.
    """

    category: ClassVar[str] = "series"
    carried_over: ClassVar[tuple[str, ...]] = ("window",)
    priority: ClassVar[int] = 70
    path: str
    time: str = ""
    values: tuple[str, ...] = ()
    label: str = ""
    window: int = 64
    normal: str = ""
    left_out: tuple[str, ...] = ()
    group: str = ""
    dayfirst: bool | None = None
    decimal: str = ""
    separator: str = ""
    header: int | None = None

    def __post_init__(self):
        check_least(self, window=4)
        Writing.of(self)

    @property
    def time_column(self) -> str:
        return self.time

    @property
    def writing(self) -> Writing:
        return Writing.of(self)

    @property
    def left_out_columns(self) -> tuple[str, ...]:
        return self.left_out

    @property
    def label_column(self) -> str:
        return self.label

    @classmethod
    def accepts(cls, text: str) -> SeriesFile | None:
        return cls(text) if holds_rows(text) else None

    def load(self) -> Data:
        """Reads the file.

        Raises:
            InputError: For a file that is not a series, and for too short a normal part.
        """
        return self.outline()

    def outline(self, table: Table | None = None) -> Data:
        roles = SeriesRoles(self.time, self.values, self.label, self.left_out, self.group)
        each, notes = series_in_table(table or self.table(), roles)
        name, normal = Path(self.path).name, self.normal or "50%"
        if list(each) != [""]:
            return data_of_several(name, each, self.window, normal, notes)
        series = replace(each[""], notes=(*notes, *each[""].notes))
        return data_of(name, series, self.window, parse_normal_part(series, normal))

    def table(self) -> Table:
        """The file's columns."""
        kinds = dict.fromkeys(self.left_out, "text")
        return read_table(self.path, kinds, strict=self.values or None, known=self.writing)

    def sample(self) -> Data:
        """A generated pattern, which needs no file."""
        return DailyPattern(days=12, window=self.window).load()


@dataclass(frozen=True)
class DailyPattern(Dataset):
    """A generated pattern of days of 96 points; the second half has anomalies of five kinds.

    The pattern is simple on purpose, so metrics on it are only a demonstration.

    Attributes:
        days: At least 12.
        window: Points of a window, at least 4.
        seed: Random seed of the generator.
    """

    category: ClassVar[str] = "series"
    carried_over: ClassVar[tuple[str, ...]] = ("window",)
    name: ClassVar[str] = "daily_pattern"
    days: int = 60
    window: int = 64
    seed: int = 0

    def __post_init__(self):
        check_least(self, days=12, window=4)

    def load(self) -> Data:
        series, kinds = daily_pattern(self.days, np.random.default_rng(self.seed))
        data = data_of(self.name, series, self.window, parse_normal_part(series, "50%"), fixed=True)
        note = f"{self.days} generated days: metrics on them are a demonstration"
        assert data.points is not None
        return replace(data, notes=(note, *data.notes), points=replace(data.points, kinds=kinds, names=KINDS))

    def sample(self) -> Data:
        return DailyPattern(12, self.window, self.seed).load()
