"""Series over time: put on even steps, gaps kept apart from values, cut into windows and back into points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_ae.data.tables.csv_file import Column, Table
from keras_ae.errors import InputError

__all__ = ["Series", "cut_windows", "mean_over_windows", "series_from_table", "spans", "window_starts"]

TIME_NAMES = ("timestamp", "time", "date", "datetime", "index", "t")
LABEL_NAMES = ("is_anomaly", "anomaly", "label", "labels", "outlier")
MOST_BRIDGED = 3
"""Missing steps in a row that are bridged by a straight line; longer gaps stay missing and have no score."""

MOST_STRETCHED = 20
"""Steps on an even grid for each row there is, beyond which the stamps are refused: they are no series."""

EVEN = 0.5
"""Share of equal steps from which stamps count as even ones with gaps, and below which they are binned."""


@dataclass(frozen=True, eq=False)
class Series:
    """Values over time, on even steps.

    times: (n,) int64 nanoseconds since 1970, or whole numbers where the file has no time.
    values: (n, channels) float64, NaN where missing; names: of the channels.
    labels: (n,) bool, True where an anomaly is, or None.
    rows: (rows of the file,) which of the n points each row became.
    notes: what was done to the file's rows, to be told.
    """

    times: np.ndarray
    values: np.ndarray
    names: tuple[str, ...]
    labels: np.ndarray | None
    rows: np.ndarray
    notes: tuple[str, ...] = ()

    def __len__(self):
        return len(self.values)


def series_from_table(
    table: Table,
    time: str | None = None,
    values: Sequence[str] = (),
    label: str | None = None,
    learning: bool = True,
) -> Series:
    """The series of a table: its time, its columns of numbers, and its labels if there are any.

    time, values, label: names of columns; else the first of times, or an ascending one of numbers that
    is called like one; all other columns of numbers that vary; and one of zeros and ones called like a label.
    learning: whether columns that never change are of no use.
    Raises InputError for columns there are not, of another kind, and where no varying numbers are left.
    """
    columns, notes = dict(table.columns), list(table.notes)
    for name in (*values, *(name for name in (time, label) if name)):
        if name not in columns:
            raise InputError(f"there is no column {name!r}; the columns are {', '.join(columns)}")
    label = label or next((name for name in columns if _is_label(columns[name]) and name != time), None)
    time = time or _time_of(columns)
    stamps = _stamps(columns.get(time), len(table))
    marks = None
    if label is not None:
        if columns[label].kind != "number":
            raise InputError(f"expected numbers in {label}, above 0 for anomalies, {_fault(columns[label])}")
        marks = np.nan_to_num(columns[label].values) > 0
        lacking = int(columns[label].missing.sum())
        unlabeled = f"; {lacking} without a label count as normal" if lacking else ""
        notes.append(f"labels from {label}: {int(marks.sum())} of {len(marks)} rows are anomalies{unlabeled}")
    wanted = list(values) or [name for name in columns if name not in (time, label)]
    faults = {name: fault for name in wanted if (fault := _fault(columns[name]))}
    used = [name for name in wanted if name not in faults]
    told = [f"{name} ({fault})" for name, fault in faults.items()]
    if not learning:  # what stands still is a finding
        used = [name for name in wanted if columns[name].kind == "number" and not columns[name].missing.all()]
    if (values and len(used) < len(wanted)) or not used:
        raise InputError(
            f"expected columns of numbers that vary, received {', '.join(told) or 'none'}; name others: "
            'SET="data.values=..."'
        )
    notes += [f"left out {', '.join(told)}"] if told else []
    held = np.stack([columns[name].values for name in used], axis=1)
    return _on_even_steps(stamps, held, tuple(used), marks, notes)


def window_starts(values: np.ndarray, size: int, step: int = 1) -> np.ndarray:
    """Starts of the windows of so many points, every `step`, in which nothing is missing: (m,)."""
    if len(values) < size:
        return np.empty(0, np.int64)
    lacking = np.concatenate([[0], np.cumsum(~np.isfinite(values).all(axis=1))])
    starts = np.unique(np.append(np.arange(0, len(values) - size + 1, step), len(values) - size))
    return starts[lacking[starts + size] == lacking[starts]]


def cut_windows(values: np.ndarray, starts: np.ndarray, size: int) -> np.ndarray:
    """Windows (m, size, channels) of values (n, channels)."""
    return values[starts[:, None] + np.arange(size)]


def mean_over_windows(scores: np.ndarray, starts: np.ndarray, count: int) -> np.ndarray:
    """Scores of the points of windows (m, size) as one score a point (count,): the mean over its windows.

    NaN for a point that no window holds. starts: (m,) of the windows, each another one.
    """
    total, times = np.zeros(count), np.zeros(count)
    for place in range(scores.shape[1]):  # all at once would be as many numbers as the windows have
        total[starts + place] += scores[:, place]
        times[starts + place] += 1
    return np.divide(total, times, out=np.full(count, np.nan), where=times > 0)


def spans(flags: np.ndarray) -> list[tuple[int, int]]:
    """Runs of True as (first, past the last)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(flags, np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _is_label(column: Column) -> bool:
    there = column.values[~column.missing] if column.kind == "number" else []
    return (
        column.name.strip().lower() in LABEL_NAMES and len(there) > 0 and bool(np.isin(there, (0, 1)).all())
    )


def _first_text(words):
    """The first of words that is no number."""
    for word in words:
        try:
            float(word)
        except ValueError:
            return word
    return words[0]


def _fault(column):
    """Why a column is no series, or None."""
    if column.kind != "number":
        return f"holds text such as {_first_text(column.words)!r}" if column.kind == "text" else "holds times"
    if column.missing.all():
        return "has no value"
    return "never changes" if np.nanmin(column.values) == np.nanmax(column.values) else None


def _time_of(columns):
    """The name of the column that tells the time, or None."""
    times = [name for name, column in columns.items() if column.kind == "time"]
    called = [
        name
        for name, column in columns.items()
        if column.kind == "number" and name.strip().lower() in TIME_NAMES
    ]
    rising = [name for name in called if np.all(np.diff(columns[name].values) >= 0)]
    return next(iter(times + rising), None)


def _stamps(column, rows):
    """(rows,) int64; of numbers, as nanoseconds; of no column, 0, 1, 2, ..."""
    if column is None:
        return np.arange(rows, dtype=np.int64)
    if column.kind == "text" or column.missing.any():
        raise InputError(
            f"expected a time in every row of {column.name!r}, received {int(column.missing.sum())} rows "
            f'without and values of kind {column.kind}; mend them, or name another: SET="data.time=..."'
        )
    if column.kind == "time":
        return column.values
    whole = (column.values % 1 == 0).all()
    return column.values.astype(np.int64) if whole else np.rint(column.values * 1e9).astype(np.int64)


def _on_even_steps(stamps, values, names, labels, notes):
    """Sorted, doubles averaged, on a grid of the usual step; short gaps bridged, long ones left missing."""
    if (np.diff(stamps) < 0).any():
        notes.append(
            f"{int((np.diff(stamps) < 0).sum())} rows stood before earlier ones: put in order of time"
        )
    different, place = np.unique(stamps, return_inverse=True)
    if len(different) < 2:
        raise InputError(f"expected rows of different times, received {len(stamps)} of one time")
    if len(different) < len(stamps):
        notes.append(f"{len(stamps) - len(different)} rows repeat a time: averaged with the others of it")
    steps = np.diff(different)
    step = int(np.median(steps))
    even = np.mean(steps % step == 0)
    grid = np.rint((different - different[0]) / step).astype(np.int64)
    count = int(grid[-1]) + 1
    if count > MOST_STRETCHED * len(stamps):
        raise InputError(
            f"expected even steps of time with gaps at most, but at the usual step of {step / 1e9:g} s there "
            f"would be {count:,} for {len(stamps):,} rows; cut the file where it stops"
        )
    if even < EVEN:
        notes.append(f"uneven steps: averaged over steps of {step / 1e9:g} s")
    rows = grid[place]
    held = np.column_stack([_mean_of(rows, values[:, channel], count) for channel in range(values.shape[1])])
    bridged = np.zeros(count, bool)
    for channel in range(held.shape[1]):
        bridged |= _bridge(held[:, channel])
    missing = int((~np.isfinite(held).all(axis=1)).sum())
    notes += [f"{int(bridged.sum())} missing steps bridged by a straight line"] if bridged.any() else []
    notes += [f"{missing} steps in longer gaps have no value, and no score"] if missing else []
    marks = None
    if labels is not None:
        marks = np.zeros(count, bool)
        marks[rows[labels]] = True
    return Series(different[0] + step * np.arange(count), held, names, marks, rows, tuple(notes))


def _mean_of(rows, values, count):
    there = np.isfinite(values)
    total = np.bincount(rows[there], values[there], minlength=count)
    times = np.bincount(rows[there], minlength=count)
    return np.divide(total, times, out=np.full(count, np.nan), where=times > 0)


def _bridge(values):
    """Fills short gaps between two values in place; where it did."""
    lacking = ~np.isfinite(values)
    done = np.zeros(len(values), bool)
    for first, last in spans(lacking):
        if first > 0 and last < len(values) and last - first <= MOST_BRIDGED:
            values[first:last] = np.interp(
                np.arange(first, last), (first - 1, last), (values[first - 1], values[last])
            )
            done[first:last] = True
    return done
