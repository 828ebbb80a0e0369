"""Series over time: resampled to even steps, cut into windows, and windows averaged back into points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_ae.data.tables.columns import Column, Table
from keras_ae.errors import InputError

__all__ = ["Series", "cut_windows", "mean_over_windows", "series_from_table", "spans", "window_starts"]

TIME_NAMES = ("timestamp", "time", "date", "datetime", "index", "t")
LABEL_NAMES = ("is_anomaly", "anomaly", "label", "labels", "outlier")
MOST_BRIDGED = 3
"""The most missing steps in a row that are interpolated; longer gaps stay missing and have no score."""

MOST_STRETCHED = 20
"""The most steps of the even grid per row; with more, the times are refused as not being a series."""

EVEN = 0.5
"""Fraction of equal steps from which times count as even with gaps; with fewer, rows are binned."""


@dataclass(frozen=True, eq=False)
class Series:
    """Values over time, on even steps.

    Attributes:
        times: (n,), int64, nanoseconds since 1970, or whole numbers where the file has no times.
        values: (n, channels), float64, NaN where missing.
        names: Names of the channels.
        labels: (n,), bool, True in anomalies; None where none is known.
        rows: (rows of the file,), the index of the point that each row belongs to.
        notes: What was done to the rows of the file, for the user.
    """

    times: np.ndarray
    values: np.ndarray
    names: tuple[str, ...]
    labels: np.ndarray | None
    rows: np.ndarray
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.values)


def series_from_table(
    table: Table,
    time: str | None = None,
    values: Sequence[str] = (),
    label: str | None = None,
    learning: bool = True,
) -> Series:
    """The series in a table: its times, its columns of numbers, and its labels where it has any.

    Args:
        table: The table.
        time: The column of times; None for the first column of that kind, or an ascending one of numbers
            with a usual name such as "timestamp"; without any, rows are one step apart.
        values: The columns of values; () for all other columns of numbers that vary.
        label: The column that is above 0 in anomalies; None for one of zeros and ones with a usual name such
            as "is_anomaly".
        learning: Whether the series is for training, so that columns that never change are left out.

    Returns:
        The series, on even steps.

    Raises:
        InputError: For unknown columns, columns of the wrong kind, no column of numbers that vary, and times
            that are missing, all equal or too far apart.
    """
    columns, notes = dict(table.columns), list(table.notes)
    for name in (*values, *(name for name in (time, label) if name)):
        if name not in columns:
            raise InputError(f"there is no column {name!r}; the columns are {', '.join(columns)}")
    label = label or next((name for name in columns if _is_label(columns[name]) and name != time), None)
    time = time or _time_of(columns)
    times = _times_in(None if time is None else columns.get(time), len(table))
    labels = None
    if label is not None:
        if columns[label].kind != "number":
            raise InputError(f"expected numbers in {label}, above 0 for anomalies, {_fault(columns[label])}")
        labels = np.nan_to_num(columns[label].values) > 0
        lacking = int(columns[label].missing.sum())
        unlabeled = f"; {lacking} without a label count as normal" if lacking else ""
        notes.append(
            f"labels from {label}: {int(labels.sum())} of {len(labels)} rows are anomalies{unlabeled}"
        )
    candidates = list(values) or [name for name in columns if name not in (time, label)]
    faults = {name: fault for name in candidates if (fault := _fault(columns[name]))}
    used = [name for name in candidates if name not in faults]
    left_out = ", ".join(f"{name} ({fault})" for name, fault in faults.items())
    if not learning:  # a constant value may be the anomaly
        used = [
            name for name in candidates if columns[name].kind == "number" and not columns[name].missing.all()
        ]
    if (values and len(used) < len(candidates)) or not used:
        raise InputError(
            f"expected columns of numbers that vary, received {left_out or 'none'}; choose others: "
            'SET="data.values=..."'
        )
    notes += [f"left out {left_out}"] if left_out else []
    channels = np.stack([columns[name].values for name in used], axis=1)
    return _on_even_steps(times, channels, tuple(used), labels, notes)


def window_starts(values: np.ndarray, size: int, step: int = 1) -> np.ndarray:
    """The starts of windows in which nothing is missing.

    Args:
        values: (n, channels), NaN where missing.
        size: Points of a window.
        step: Points from one window to the next; one more window ends at the last point.

    Returns:
        (m,), int64, ascending.
    """
    if len(values) < size:
        return np.empty(0, np.int64)
    lacking = np.concatenate([[0], np.cumsum(~np.isfinite(values).all(axis=1))])
    starts = np.unique(np.append(np.arange(0, len(values) - size + 1, step), len(values) - size))
    return starts[lacking[starts + size] == lacking[starts]]


def cut_windows(values: np.ndarray, starts: np.ndarray, size: int) -> np.ndarray:
    """Cuts windows out of values.

    Args:
        values: (n, channels).
        starts: (m,), the first point of each window.
        size: Points of a window.

    Returns:
        (m, size, channels).
    """
    return values[starts[:, None] + np.arange(size)]


def mean_over_windows(scores: np.ndarray, starts: np.ndarray, count: int) -> np.ndarray:
    """The score of each point, as the mean over the windows that hold it.

    Args:
        scores: (m, size), the scores of the points in each window.
        starts: (m,), the first point of each window; no two are equal.
        count: Points of the series.

    Returns:
        (count,); NaN for a point that no window holds.
    """
    total, windows = np.zeros(count), np.zeros(count)
    for offset in range(scores.shape[1]):  # one offset at a time, to save memory
        total[starts + offset] += scores[:, offset]
        windows[starts + offset] += 1
    return np.divide(total, windows, out=np.full(count, np.nan), where=windows > 0)


def spans(flags: np.ndarray) -> list[tuple[int, int]]:
    """Runs of True.

    Args:
        flags: (n,), bool.

    Returns:
        (first, one past the last) of each run.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(flags, np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _is_label(column: Column) -> bool:
    """Whether a column has the name and the values of labels."""
    present = column.values[~column.missing] if column.kind == "number" else []
    return (
        column.name.strip().lower() in LABEL_NAMES
        and len(present) > 0
        and bool(np.isin(present, (0, 1)).all())
    )


def _first_text(words):
    """The first word that is not a number."""
    for word in words:
        try:
            float(word)
        except ValueError:
            return word
    return words[0]


def _fault(column):
    """Why a column cannot be a channel of a series; None if it can."""
    if column.kind != "number":
        return f"holds text such as {_first_text(column.words)!r}" if column.kind == "text" else "holds times"
    if column.missing.all():
        return "has no value"
    return "never changes" if np.nanmin(column.values) == np.nanmax(column.values) else None


def _time_of(columns):
    """The name of the column of times; None if there is none."""
    times = [name for name, column in columns.items() if column.kind == "time"]
    usual = [
        name
        for name, column in columns.items()
        if column.kind == "number" and name.strip().lower() in TIME_NAMES
    ]
    ascending = [name for name in usual if np.all(np.diff(columns[name].values) >= 0)]
    return next(iter(times + ascending), None)


def _times_in(column, rows):
    """A column of times as (rows,) int64; seconds become nanoseconds; without a column, 0, 1, 2, ..."""
    if column is None:
        return np.arange(rows, dtype=np.int64)
    if column.kind == "text" or column.missing.any():
        raise InputError(
            f"expected a time in every row of {column.name!r}, received {int(column.missing.sum())} rows "
            f'without and values of kind {column.kind}; correct them, or choose another: SET="data.time=..."'
        )
    if column.kind == "time":
        return column.values
    whole = (column.values % 1 == 0).all()
    return column.values.astype(np.int64) if whole else np.rint(column.values * 1e9).astype(np.int64)


def _on_even_steps(times, values, names, labels, notes):
    """The series on a grid of the median step: sorted, repeated times averaged, short gaps interpolated."""
    if (np.diff(times) < 0).any():
        notes.append(
            f"{int((np.diff(times) < 0).sum())} rows are earlier than the row before: sorted by time"
        )
    different, index = np.unique(times, return_inverse=True)
    if len(different) < 2:
        raise InputError(f"expected rows of different times, received {len(times)} of one time")
    if len(different) < len(times):
        notes.append(f"{len(times) - len(different)} rows repeat a time: averaged with the others of it")
    steps = np.diff(different)
    step = int(np.median(steps))
    even = np.mean(steps % step == 0)
    grid = np.rint((different - different[0]) / step).astype(np.int64)
    count = int(grid[-1]) + 1
    if count > MOST_STRETCHED * len(times):
        raise InputError(
            f"expected even steps of time with some gaps at most, but at the usual step of {step / 1e9:g} s "
            f"there would be {count:,} for {len(times):,} rows; split the file at its longest gaps"
        )
    if even < EVEN:
        notes.append(f"uneven steps: averaged over steps of {step / 1e9:g} s")
    rows = grid[index]
    means = np.column_stack([_mean_of(rows, values[:, channel], count) for channel in range(values.shape[1])])
    bridged = np.zeros(count, bool)
    for channel in range(means.shape[1]):
        bridged |= _bridge(means[:, channel])
    missing = int((~np.isfinite(means).all(axis=1)).sum())
    notes += [f"{int(bridged.sum())} missing steps bridged by a straight line"] if bridged.any() else []
    notes += [f"{missing} steps in longer gaps have no value, and no score"] if missing else []
    anomalies = None
    if labels is not None:
        anomalies = np.zeros(count, bool)
        anomalies[rows[labels]] = True
    return Series(different[0] + step * np.arange(count), means, names, anomalies, rows, tuple(notes))


def _mean_of(rows, values, count):
    """The mean of the values at each step; NaN where there is none."""
    present = np.isfinite(values)
    total = np.bincount(rows[present], values[present], minlength=count)
    number = np.bincount(rows[present], minlength=count)
    return np.divide(total, number, out=np.full(count, np.nan), where=number > 0)


def _bridge(values):
    """Interpolates short gaps in place; returns a mask of the steps that it filled."""
    missing = ~np.isfinite(values)
    filled = np.zeros(len(values), bool)
    for first, last in spans(missing):
        if first > 0 and last < len(values) and last - first <= MOST_BRIDGED:
            values[first:last] = np.interp(
                np.arange(first, last), (first - 1, last), (values[first - 1], values[last])
            )
            filled[first:last] = True
    return filled
