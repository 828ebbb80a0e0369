"""Series over time: resampled to even steps, cut into windows, and windows averaged back into points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from keras_ae.data.series.columns import SeriesColumns, choose_columns
from keras_ae.data.series.roles import SeriesRoles
from keras_ae.data.series.steps import clock_notes, even_steps
from keras_ae.data.tables.columns import Table
from keras_ae.data.tables.time_form import TimeForm
from keras_ae.errors import InputError

__all__ = [
    "Series",
    "cut_windows",
    "mean_over_windows",
    "on_even_steps",
    "series_from_table",
    "series_in_table",
    "spans",
    "window_starts",
]

MANY = 0.05
"""Fraction of repeated times from which they may be of several series."""

MOST_BRIDGED = 3
"""The most missing steps in a row that are interpolated; longer gaps stay missing and have no score."""


@dataclass(frozen=True, eq=False)
class Series:
    """Values over time, on even steps.

    Attributes:
        times: (n,), int64, nanoseconds since 1970, or other whole numbers, as `form` says.
        values: (n, channels), float64, NaN where missing.
        names: Names of the channels.
        labels: (n,), bool, True in anomalies; None where none is known.
        rows: (rows of the file,), the index of the point that each row belongs to.
        notes: What was done to the rows of the file, for the user.
        form: How the times are written; None for dates if they are large enough, else numbers of rows.
        roles: The columns of the file, for other files of the same kind.
    """

    times: np.ndarray
    values: np.ndarray
    names: tuple[str, ...]
    labels: np.ndarray | None
    rows: np.ndarray
    notes: tuple[str, ...] = ()
    form: TimeForm | None = None
    roles: SeriesRoles = SeriesRoles()

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
        table: The table, whose rows are one series.
        time: The column of times; None to find it by what the columns hold; without any, rows are one step
            apart.
        values: The columns of values; () for all other columns of numbers that vary.
        label: The column that tells anomalies; None to find it.
        learning: Whether the series is for training, so that columns that never change are left out.

    Returns:
        The series, on even steps.

    Raises:
        InputError: For unknown columns, columns of the wrong kind, no column of numbers that vary, times
            that are missing, all equal or too far apart, and rows of several series.
    """
    each, notes = series_in_table(
        table, SeriesRoles(time or "", tuple(values), label or "", learning=learning)
    )
    if len(each) > 1:
        raise InputError(f"expected rows of one series, received {len(each)}: {', '.join(each)}")
    [series] = each.values()
    return replace(series, notes=(*notes, *series.notes))


def series_in_table(table: Table, roles: SeriesRoles) -> tuple[dict[str, Series], tuple[str, ...]]:
    """The series in a table: one, or one for each group of its rows.

    Args:
        table: The table.
        roles: What is known of its columns.

    Returns:
        The series on even steps, by the names of their groups, one of all rows by ""; and how the table was
        read, for the user. A series of some rows has `rows` of -1 for the others.

    Raises:
        InputError: As for `series_from_table`.
    """
    found = choose_columns(table, roles)
    if found.groups is None:
        return {"": on_even_steps(found, np.ones(len(table), bool))}, found.notes
    each = {}
    for group, name in enumerate(found.group_names):
        try:
            each[name] = on_even_steps(found, found.groups == group)
        except InputError as error:
            raise InputError(f"{found.roles.group} {name}: {error}") from error
    return each, found.notes


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


def on_even_steps(found: SeriesColumns, chosen: np.ndarray) -> Series:
    """Some rows as a series: sorted by time, repeated times averaged, short gaps interpolated.

    Args:
        found: The columns of the table by their roles.
        chosen: (rows,), bool, the rows of the series.

    Returns:
        The series.

    Raises:
        InputError: If their times are all equal, or too far apart.
    """
    times, values, spread = found.times[chosen], found.values[chosen], bool(found.roles.variable)
    notes = clock_notes(times, found.form)
    backwards = int((np.diff(times) < 0).sum())
    if backwards and not spread:
        notes.append(f"{backwards} rows are earlier than the row before: sorted by time")
    different, index = np.unique(times, return_inverse=True)
    if len(different) < 2:
        time = found.roles.time
        remedy = f'; to number the rows in its place: SET="data.left_out={time}"' if time else ""
        raise InputError(f"expected rows of different times, received {len(times)} of one time{remedy}")
    if len(different) < len(times) and not spread:
        repeated = len(times) - len(different)
        advice = '; SET="data.group=..." keeps the rows of different machines apart'
        advice = advice if found.groups is None and repeated > MANY * len(times) else ""
        notes.append(f"{repeated} rows repeat a time: averaged with the others of it{advice}")
    steps = even_steps(different, found.form, len(times))
    if not steps.even:
        notes.append(f"uneven steps: averaged over steps of {steps.length}")
    rows, count = steps.index[index], len(steps.times)
    means = np.column_stack([_mean_of(rows, values[:, channel], count) for channel in range(values.shape[1])])
    bridged = np.zeros(count, bool)
    for channel in range(means.shape[1]):
        bridged |= _bridge(means[:, channel])
    missing = int((~np.isfinite(means).all(axis=1)).sum())
    notes += [f"{int(bridged.sum())} missing steps bridged by a straight line"] if bridged.any() else []
    notes += [f"{missing} steps in longer gaps have no value, and no score"] if missing else []
    anomalies = None
    if found.labels is not None:
        anomalies = np.zeros(count, bool)
        anomalies[rows[found.labels[chosen]]] = True
    points = np.full(len(chosen), -1)
    points[chosen] = rows
    return Series(steps.times, means, found.names, anomalies, points, tuple(notes), steps.form, found.roles)


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
