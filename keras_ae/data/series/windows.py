"""Series as data: windows of a normal part to train on, windows of the whole series to test on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from keras_ae.data.dataset import Dataset
from keras_ae.data.precision import precision_of, standardized
from keras_ae.data.series.daily import KINDS, daily_pattern
from keras_ae.data.series.resample import Series, cut_windows, series_from_table, window_starts
from keras_ae.data.tables.reading import read_table
from keras_ae.data.types import Data, Points, Split
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
"""Bytes that the windows of a split may take; beyond that, fewer windows are cut, at wider steps."""

TRAIN, VALIDATION = 0.7, 0.15
"""Fractions of the normal part; the rest of it calibrates the threshold."""

LEAST_TIME = 10**15
"""Nanoseconds since 1970 (11 days) from which a number is a time; a smaller one counts something else."""

FEWEST = 4
"""The fewest windows for each of training, validation and calibration."""


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
        dayfirst: Whether 1/2/2024 is in February; None to find out.
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
    dayfirst: bool | None = None

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
        """Reads the file.

        Raises:
            InputError: For a file that is not a series, and for too short a normal part.
        """
        table = read_table(self.path, day_first=self.dayfirst)
        series = series_from_table(table, self.time or None, self.values, self.label or None)
        return data_of(
            Path(self.path).name, series, self.window, parse_normal_part(series, self.normal or "50%")
        )

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
        data = data_of(self.name, series, self.window, parse_normal_part(series, "50%"))
        note = f"{self.days} generated days: metrics on them are a demonstration"
        assert data.points is not None
        return replace(data, notes=(note, *data.notes), points=replace(data.points, kinds=kinds, names=KINDS))

    def sample(self) -> Data:
        return DailyPattern(12, self.window, self.seed).load()


def parse_normal_part(series: Series, text: str) -> tuple[int, int]:
    """The points of the normal part.

    Args:
        series: The series.
        text: "40%" for the first 40 % of the points, or "FROM..TO" for times; either may be left out.

    Returns:
        (first point, one past the last).

    Raises:
        InputError: For any other text, and for times without a point between them.
    """
    percent = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", text.strip())
    if percent and 0 < float(percent[1]) <= 100:
        return 0, round(len(series) * float(percent[1]) / 100)
    first, dots, last = text.partition("..")
    if not dots:
        raise InputError(
            'expected the normal part as a percentage, "40%", or as times, "2024-01-01..2024-02-01", '
            f"received {text!r}"
        )
    dated = has_times(series)
    begin = np.searchsorted(series.times, _parse_time(first, dated)) if first.strip() else 0
    end = (
        np.searchsorted(series.times, _parse_time(last, dated), side="right") if last.strip() else len(series)
    )
    if begin >= end:
        raise InputError(
            f"expected points between {first.strip()!r} and {last.strip()!r} to learn from, received none; "
            f"the series goes from {_format_time(series.times[0])} to {_format_time(series.times[-1])}"
        )
    return int(begin), int(end)


def data_of(name: str, series: Series, window: int, normal: tuple[int, int], fewest: int = FEWEST) -> Data:
    """Windows of a series as data, standardized by its normal part without the known anomalies.

    Three consecutive parts of the normal points are for training, validation and calibration, without windows
    that have missing values or known anomalies. The test split is every window of the whole series.

    Args:
        name: Name of the data.
        series: The series.
        window: Points of a window.
        normal: The normal part, (first point, one past the last).
        fewest: The fewest windows for each of training, validation and calibration.

    Returns:
        The data, with examples of shape (window, channels).

    Raises:
        InputError: If the normal part has too few windows, or a channel that does not vary in it, or varies
            by less than float32 can distinguish.
    """
    first, last = normal
    known = series.values[first:last]
    if series.labels is not None:
        known = np.where(series.labels[first:last, None], np.nan, known)
    with np.errstate(over="ignore"):  # too large values are refused below
        scale = np.nanstd(known, axis=0) if len(known) else np.zeros(series.values.shape[1])
    if not (scale > 0).all():  # NaN if all of it is missing
        flat = [channel for channel, spread in zip(series.names, scale, strict=True) if not spread > 0]
        raise InputError(
            f"expected values that vary in the normal part, {', '.join(flat)} never changes in its "
            f'{last - first:,} points; name another part: SET="data.normal=..."'
        )
    offset = np.nanmean(known, axis=0).astype(np.float32)
    scale, precision_notes = _checked_scale(series.names, known, scale)
    clean = standardized(series.values, offset, scale)
    if series.labels is not None:
        clean[series.labels] = np.nan
    cuts = first + np.rint((last - first) * np.cumsum([0, TRAIN, VALIDATION, 1 - TRAIN - VALIDATION]))
    parts: dict[str, Any] = {}
    for part, begin, end in zip(("train", "validation", "calibration"), cuts, cuts[1:], strict=False):
        values = clean[int(begin) : int(end)]
        starts = window_starts(values, window, step_of(values, window))
        if len(starts) < fewest:
            least = round((window + fewest) / VALIDATION)
            raise InputError(
                f"expected a normal part of at least {least:,} points without "
                f"gaps for windows of {window}, received {last - first:,} of which the part for "
                f"{part} holds {len(starts)} windows; use shorter windows, data.window=..., or more points"
            )
        parts[part] = Split(cut_windows(values, starts, window))
    test, points = split_into_windows(series, window, offset, scale)
    points = replace(points, fresh=(points.starts + window <= first) | (points.starts >= last))
    note = (
        f"{len(series):,} points of {', '.join(series.names)}; normal are {last - first:,} of them, from "
        f"{_format_time(series.times[first])} to {_format_time(series.times[last - 1])}"
    )
    return Data(
        name, **parts, test=test, domain=REAL, offset=offset, scale=scale,
        notes=(*series.notes, note, *precision_notes), points=points,
    )  # fmt: skip


def _checked_scale(names, known, scale):
    """The scale of each channel as float32, 1 where it is as good as constant; and notes for the user."""
    found = {
        name: precision_of(known[np.isfinite(known[:, channel]), channel], "leave those cells empty")
        for channel, name in enumerate(names)
    }
    faults = [f"{name} {precision.fault}" for name, precision in found.items() if precision.fault]
    if faults:
        raise InputError(f'{"; ".join(faults[:3])}; or leave it out: SET="data.values=..."')
    constant = [precision.constant for precision in found.values()]
    notes = tuple(f"{name} {precision.note}" for name, precision in found.items() if precision.note)
    return np.where(constant, 1.0, scale).astype(np.float32), notes


def split_into_windows(
    series: Series, window: int, offset: np.ndarray, scale: np.ndarray
) -> tuple[Split, Points]:
    """Every window of a series without missing values, standardized, and the points that they lie over.

    Args:
        series: The series.
        window: Points of a window.
        offset: (channels,), subtracted from the values.
        scale: (channels,), that the values are then divided by.

    Returns:
        The windows, labeled 1 where they hold an anomaly; and their points.

    Raises:
        InputError: If every window has missing values.
    """
    values = standardized(series.values, offset, scale)
    starts = window_starts(values, window, step_of(values, window))
    if not len(starts):
        raise InputError(
            f"expected {window} points in a row without a gap, received {len(values)} points with "
            f"{int((~np.isfinite(values).all(axis=1)).sum())} that lack a value; use a longer series"
        )
    labels: np.ndarray | None = None
    if series.labels is not None:
        flags = cut_windows(series.labels[:, None], starts, window)
        labels = np.asarray(flags.any(axis=(1, 2)), np.int64)
    points = Points(starts, len(values), series.labels, series=series)
    return Split(cut_windows(values, starts, window), labels), points


def step_of(values: np.ndarray, window: int) -> int:
    """Points from one window to the next, so that all windows fit in memory."""
    return max(1, -(-values.size * window * 4 // MOST_WINDOWED))


def _parse_time(text, dated):
    """A text as a value of a series' times: nanoseconds if they are dates, else a whole number."""
    try:
        return pd.to_datetime(text.strip(), utc=True).as_unit("ns").value if dated else int(float(text))
    except ValueError:
        expected = "a time such as 2024-01-31" if dated else "a number"
        raise InputError(f"expected {expected}, received {text.strip()!r}") from None


def _format_time(time: int | np.integer) -> str:
    """A time as people write it, or a plain number if it is too small to be a time."""
    if abs(int(time)) < LEAST_TIME:
        return f"{int(time):,}"
    return str(pd.Timestamp(int(time), unit="ns").round("s"))


def has_times(series: Series) -> bool:
    """Whether the times of a series are dates rather than plain numbers.

    Args:
        series: The series.

    Returns:
        Whether they are.
    """
    return abs(int(series.times[-1])) >= LEAST_TIME


def step_of_time(series: Series) -> int:
    """The step of a series.

    Args:
        series: The series.

    Returns:
        Nanoseconds from one point to the next, the median; 0 if the series has no dates.
    """
    return int(np.median(np.diff(series.times))) if len(series) > 1 and has_times(series) else 0


def format_times(times: np.ndarray) -> Sequence[str]:
    """The times of a series as people write them.

    Args:
        times: (n,), int64, as in `Series.times`.

    Returns:
        n texts.
    """
    return [_format_time(time) for time in times]
