"""Series as data: windows of a normal part to train on, and of the whole series to test on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from keras_ae.data.dataset import Dataset
from keras_ae.data.series.daily import KINDS, daily_pattern
from keras_ae.data.series.resample import Series, cut_windows, series_from_table, window_starts
from keras_ae.data.tables.csv_file import read_table
from keras_ae.data.types import SHARPEST, Data, Points, Split
from keras_ae.domains import REAL
from keras_ae.errors import InputError, check_least

__all__ = [
    "DailyPattern",
    "SeriesFile",
    "data_of",
    "format_times",
    "has_times",
    "parse_normal_part",
    "split_into_windows",
    "step_of_time",
]

MOST_WINDOWED = 2**29
"""Bytes that the windows of a split may take; beyond, fewer of them are cut, at wider steps."""

TRAIN, VALIDATION = 0.7, 0.15
"""Shares of the normal part; what is left of it calibrates the threshold."""

LEAST_TIME = 10**15
"""Nanoseconds since 1970 from which on a number is a time, 11 days; below it counts something else."""

FEWEST = 4
"""Windows that each share of the normal part has at least."""


@dataclass(frozen=True)
class SeriesFile(Dataset):
    """A file of values over time (.csv, .tsv, .txt): a column of times and one or more of values.

    Attributes:
        path: The file.
        time: The column of times; "" to detect it.
        values: The columns of values; () for all that vary.
        label: The column that is above 0 in anomalies; "" to detect it.
        window: Points of a window, at least 4.
        normal: The normal part to train on, "40%" for the first of its points or "2024-01-01..2024-02-01"; ""
            for the first half.
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

    def __post_init__(self):
        check_least(self, window=4)

    @property
    def time_column(self) -> str:
        return self.time

    @property
    def label_column(self) -> str:
        return self.label

    @classmethod
    def accepts(cls, text: str) -> SeriesFile | None:
        return cls(text) if Path(text).suffix.lower() in (".csv", ".tsv", ".txt") else None

    def load(self) -> Data:
        """Reads the file; raises InputError for one that is no series, and for too short a normal part."""
        series = series_from_table(read_table(self.path), self.time or None, self.values, self.label or None)
        return data_of(
            Path(self.path).name, series, self.window, parse_normal_part(series, self.normal or "50%")
        )

    def sample(self) -> Data:
        """A generated pattern: a stand-in that needs no file."""
        return DailyPattern(days=12, window=self.window).load()


@dataclass(frozen=True)
class DailyPattern(Dataset):
    """A generated pattern of days of 96 points, the second half of them with anomalies of five kinds.

    They are simple on purpose, and metrics on them a demonstration.

    Attributes:
        days: At least 12.
        window: Points of a window, at least 4.
        seed: Of the generator.
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
        data = data_of(self.name, series, self.window, parse_normal_part(series, "50%"))
        note = f"{self.days} generated days: figures on them are a demonstration"
        return replace(data, notes=(note, *data.notes), points=replace(data.points, kinds=kinds, names=KINDS))

    def sample(self) -> Data:
        return DailyPattern(12, self.window, self.seed).load()


def parse_normal_part(series: Series, text: str) -> tuple[int, int]:
    """The normal part that a text stands for: (its first point, past its last).

    "40%": the first of all points. "FROM..TO": times, either of which may be left out.
    Raises InputError for any other text, and for times without a point between.
    """
    share = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", text.strip())
    if share and 0 < float(share[1]) <= 100:
        return 0, round(len(series) * float(share[1]) / 100)
    first, dots, last = text.partition("..")
    if not dots:
        raise InputError(
            f'expected the normal part as a share, "40%", or as times, "2024-01-01..2024-02-01", received '
            f"{text!r}"
        )
    dated = has_times(series)
    begin = np.searchsorted(series.times, _time(first, dated)) if first.strip() else 0
    end = np.searchsorted(series.times, _time(last, dated), side="right") if last.strip() else len(series)
    if begin >= end:
        raise InputError(
            f"expected points between {first.strip()!r} and {last.strip()!r} to learn from, received none; "
            f"the series goes from {_told(series.times[0])} to {_told(series.times[-1])}"
        )
    return int(begin), int(end)


def data_of(name: str, series: Series, window: int, normal: tuple[int, int], fewest: int = FEWEST) -> Data:
    """Windows (window, channels) of a series, standardized by its normal part without known anomalies.

    Three parts of the normal points, one after another, train, validate and calibrate, without windows
    that lack a value or hold an anomaly that is known. The test split is every window of the whole.
    fewest: windows that each of the three needs.
    Raises InputError where the normal part has too few windows, or a channel that never changes in it, or by
    less than float32 can tell.
    """
    first, last = normal
    known = series.values[first:last]
    if series.labels is not None:
        known = np.where(series.labels[first:last, None], np.nan, known)
    scale = np.nanstd(known, axis=0) if len(known) else np.zeros(series.values.shape[1])
    if not (scale > 0).all():  # NaN where all of it is missing
        flat = [channel for channel, spread in zip(series.names, scale, strict=True) if not spread > 0]
        raise InputError(
            f"expected values that vary in the normal part, {', '.join(flat)} never changes in its "
            f'{last - first:,} points; name another part: SET="data.normal=..."'
        )
    blurred = [
        name
        for name, spread, size in zip(series.names, scale, np.nanmax(np.abs(known), axis=0), strict=True)
        if spread < size / SHARPEST
    ]
    if blurred:
        raise InputError(
            f"{', '.join(blurred)} varies by a millionth of its size or less, which float32 cannot tell; "
            "subtract a constant from it"
        )
    offset = np.nanmean(known, axis=0).astype(np.float32)
    scale = scale.astype(np.float32)
    seen = ((series.values - offset) / scale).astype(np.float32)
    clean = seen.copy()
    if series.labels is not None:
        clean[series.labels] = np.nan
    cuts = first + np.rint((last - first) * np.cumsum([0, TRAIN, VALIDATION, 1 - TRAIN - VALIDATION]))
    parts = {}
    for part, begin, end in zip(("train", "validation", "calibration"), cuts, cuts[1:], strict=False):
        values = clean[int(begin) : int(end)]
        starts = window_starts(values, window, step_of(values, window))
        if len(starts) < fewest:
            least = round((window + fewest) / VALIDATION)
            raise InputError(
                f"expected a normal part of at least {least:,} points without "
                f"gaps for windows of {window}, received {last - first:,} of which the share for "
                f"{part} holds {len(starts)} windows; take shorter windows, data.window=..., or more points"
            )
        parts[part] = Split(cut_windows(values, starts, window))
    test, points = split_into_windows(series, window, offset, scale)
    points = replace(points, fresh=(points.starts + window <= first) | (points.starts >= last))
    note = (
        f"{len(seen):,} points of {', '.join(series.names)}; normal are {last - first:,} of them, from "
        f"{_told(series.times[first])} to {_told(series.times[last - 1])}"
    )
    return Data(
        name, **parts, test=test, domain=REAL, offset=offset, scale=scale, notes=(*series.notes, note),
        points=points,
    )  # fmt: skip


def split_into_windows(
    series: Series, window: int, offset: np.ndarray, scale: np.ndarray
) -> tuple[Split, Points]:
    """Every window of a series, standardized, labeled 1 where it holds an anomaly, and the points they hold.

    Raises InputError where no window lacks a gap.
    """
    seen = ((series.values - offset) / scale).astype(np.float32)
    starts = window_starts(seen, window, step_of(seen, window))
    if not len(starts):
        raise InputError(
            f"expected {window} points in a row without a gap, received {len(seen)} points with "
            f"{int((~np.isfinite(seen).all(axis=1)).sum())} that lack a value; take a longer series"
        )
    marks = None
    if series.labels is not None:
        marks = cut_windows(series.labels[:, None], starts, window).any(axis=(1, 2)).astype(np.int64)
    return Split(cut_windows(seen, starts, window), marks), Points(
        starts, len(seen), series.labels, series=series
    )


def step_of(values: np.ndarray, window: int) -> int:
    """Points from one window to the next, so that all of them fit the memory."""
    return max(1, -(-values.size * window * 4 // MOST_WINDOWED))


def _time(text, dated):
    """What a series' times hold at a time, or at a number where they count something else."""
    try:
        return pd.to_datetime(text.strip(), utc=True).as_unit("ns").value if dated else int(float(text))
    except ValueError:
        expected = "a time such as 2024-01-31" if dated else "a number"
        raise InputError(f"expected {expected}, received {text.strip()!r}") from None


def _told(time) -> str:
    """A time as a person writes it; small numbers are no times."""
    if abs(int(time)) < LEAST_TIME:
        return f"{int(time):,}"
    return str(pd.Timestamp(int(time), unit="ns").round("s"))


def has_times(series: Series) -> bool:
    """Whether a series' times are such, and not numbers that count something else."""
    return abs(int(series.times[-1])) >= LEAST_TIME


def step_of_time(series: Series) -> int:
    """Nanoseconds from one point of a series to the next, as most are apart; 0 where it tells no times."""
    return int(np.median(np.diff(series.times))) if len(series) > 1 and has_times(series) else 0


def format_times(times: np.ndarray) -> Sequence[str]:
    """Each of the times of a series as a person writes it."""
    return [_told(time) for time in times]
