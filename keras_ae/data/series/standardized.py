"""Windows of a series, standardized by its normal part."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from typing import Any

import numpy as np

from keras_ae.data.examples import Split
from keras_ae.data.precision import precision_of, standardized
from keras_ae.data.series.clock import form_of
from keras_ae.data.series.points import Points
from keras_ae.data.series.resample import Series, cut_windows, window_starts
from keras_ae.data.tables.time_form import format_time
from keras_ae.data.types import Data
from keras_ae.domains import REAL
from keras_ae.errors import InputError

__all__ = ["data_of", "split_into_windows"]

MOST_WINDOWED = 2**29
"""Bytes that the windows of a split may take; beyond that, fewer windows are cut, at wider steps."""

TRAIN, VALIDATION = 0.7, 0.15
"""Fractions of the normal part; the rest of it calibrates the threshold."""

FEWEST = 4
"""The fewest windows for each of training, validation and calibration."""

ENOUGH, LEAST_TRAIN = 19, 0.35
"""Windows that a threshold at a rate of 0.05 is calibrated on: a short normal part is cut so that there are
as many, while at least this fraction of it is left to train on."""

LEAST_WINDOW, MOST_LISTED = 4, 3
STILL = "never changes in the normal part"
PARTS = ("train", "validation", "calibration")


def data_of(
    name: str,
    series: Series,
    window: int,
    normal: tuple[int, int],
    fewest: int = FEWEST,
    choose: bool = True,
) -> Data:
    """Windows of a series as data, standardized by its normal part without the known anomalies.

    Three consecutive parts of the normal points are for training, validation and calibration, without windows
    that have missing values or known anomalies. The test split is every window of the whole series. A channel
    that stands still in the normal part is scaled by its spread in the whole series.

    Args:
        name: Name of the data.
        series: The series.
        window: Points of a window.
        normal: The normal part, (first point, one past the last).
        fewest: The fewest windows for each of training, validation and calibration; 0 for one of many series
            that are calibrated together.
        choose: Whether channels that cannot be standardized are left out, if there are others.

    Returns:
        The data, with examples of shape (window, channels).

    Raises:
        InputError: If the normal part has too few windows, and if no channel varies, has a value in it, or
            varies by more than float32 can distinguish.
    """
    first, last = normal
    values = series.values
    if series.labels is not None:
        values = np.where(series.labels[:, None], np.nan, values)
    if not np.isfinite(values[first:last]).any():
        raise InputError(_too_short(values, window, normal, fewest, PARTS[0], 0))
    offset, scale, faults, notes = _scaling(series, values[first:last])
    if faults and (not choose or len(faults) == len(series.names)):
        still = any(fault.startswith(STILL) for fault in faults.values())
        remedy = _moving_part(values, window, fewest) if still else ""
        listed = [f"{channel} {fault}" for channel, fault in faults.items()]
        raise InputError("; ".join(listed[:MOST_LISTED]) + remedy)
    if faults:
        used = [index for index, channel in enumerate(series.names) if channel not in faults]
        names = tuple(series.names[index] for index in used)
        series = replace(
            series, values=series.values[:, used], names=names, roles=replace(series.roles, values=names)
        )
        offset, scale = offset[used], scale[used]
        notes += [f"left out {', '.join(f'{channel} ({fault})' for channel, fault in faults.items())}"]
    offset, scale = offset.astype(np.float32), scale.astype(np.float32)
    clean = standardized(series.values, offset, scale)
    if series.labels is not None:
        clean[series.labels] = np.nan
    lacking = _first_lacking(clean, window, normal, fewest)
    if lacking:
        raise InputError(_too_short(clean, window, normal, fewest, *lacking))
    parts: dict[str, Any] = {}
    for part, values in _parts(clean, normal, window, fewest):
        starts = window_starts(values, window, step_of(values, window))
        parts[part] = Split(cut_windows(values, starts, window))
    test, points = split_into_windows(series, window, offset, scale)
    points = replace(points, fresh=(points.starts + window <= first) | (points.starts >= last))
    begins, ends, begin, end = (
        format_time(series.times[point], form_of(series)) for point in (0, -1, first, last - 1)
    )
    notes.append(
        f"{len(series):,} points of {', '.join(series.names)} from {begins} to {ends}; normal are "
        f"{last - first:,} of them, from {begin} to {end}"
    )
    return Data(
        name, **parts, test=test, domain=REAL, offset=offset, scale=scale, notes=(*series.notes, *notes),
        points=points, learned=series.names,
    )  # fmt: skip


def _scaling(series, known):
    """Offset and scale of each channel; why channels cannot be standardized, by name; and notes."""
    present = np.isfinite(known)
    known = np.where(present.any(axis=0), known, 0)
    with np.errstate(over="ignore"):  # too large values are left out below
        offset, scale = np.nanmean(known, axis=0), np.nanstd(known, axis=0)
    faults, still, notes = {}, [], []
    for index, name in enumerate(series.names):
        if not present[:, index].any():
            faults[name] = "has no value in the normal part"
            continue
        precision = precision_of(known[present[:, index], index], "leave those cells empty")
        faults |= {name: precision.fault} if precision.fault else {}
        notes += [f"{name} {precision.note}"] if precision.note else []
        if precision.constant:
            still.append(name)
            whole = series.values[:, index]
            moves = not precision_of(whole[np.isfinite(whole)], "leave those cells empty").constant
            scale[index] = np.nanstd(whole) if moves else 1.0
    if still and len(still) + len(faults) == len(series.names):
        return offset, scale, faults | dict.fromkeys(still, STILL), []
    note = f"{', '.join(still)} stands still in the normal part: scaled by its spread in the whole series"
    return offset, scale, faults, [*([note] if still else []), *notes]


def _moving_part(values, window, fewest):
    """The advice to take a longer part as normal, where values vary in one."""
    for percent in range(1, 101):
        normal = (0, round(len(values) * percent / 100))
        channels = (column[np.isfinite(column)] for column in values[: int(TRAIN * normal[1])].T)
        varies = any(len(np.unique(channel)) > 1 for channel in channels)
        if varies and _suffices(values, window, normal, fewest):
            return f'; name another part: SET="data.normal={percent}%"'
    return '; use another file or other columns: SET="data.values=..."'


def _parts(clean, normal, window, fewest):
    """The values of the consecutive parts of the normal part."""
    first, last = normal
    most = 1 - VALIDATION - (window + ENOUGH - 1) / max(last - first, 1)
    train = min(TRAIN, max(LEAST_TRAIN, most)) if fewest else TRAIN
    cuts = first + np.rint((last - first) * np.cumsum([0, train, VALIDATION, 1 - train - VALIDATION]))
    for part, begin, end in zip(PARTS, cuts, cuts[1:], strict=False):
        yield part, clean[int(begin) : int(end)]


def _first_lacking(clean, window, normal, fewest):
    """The first part with too few windows, and how many it has; () if there is none."""
    for part, values in _parts(clean, normal, window, fewest):
        count = len(window_starts(values, window, step_of(values, window)))
        if count < fewest:
            return part, count
    return ()


def _too_short(clean, window, normal, fewest, part, count):
    """What to say of a normal part that is too short, with a remedy that works."""
    first, last = normal
    least = round((window + fewest) / VALIDATION)
    remedies = []
    percents = [round(len(clean) * percent / 100) for percent in range(101)]
    percent = bisect_left(percents, True, key=lambda end: _suffices(clean, window, (0, end), fewest))
    if first == 0 and percent <= 100:
        remedies.append(f'a longer normal part, SET="data.normal={percent}%"')
    shorter = bisect_left(
        range(LEAST_WINDOW, window), True, key=lambda size: not _suffices(clean, size, normal, fewest)
    )
    if shorter:
        remedies.append(f'shorter windows, SET="data.window={LEAST_WINDOW + shorter - 1}"')
    return (
        f"expected a normal part of at least {least:,} points without gaps for windows of {window}, received "
        f"{last - first:,} of which the part for {part} holds {count} windows; use "
        f"{' or '.join(remedies) or 'more points'}"
    )


def _suffices(clean, window, normal, fewest):
    """Whether each part of a normal part has enough windows."""
    return not _first_lacking(clean, window, normal, fewest)


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
