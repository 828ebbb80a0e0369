"""Windows of a series, standardized by its normal part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from keras_ae.data.examples import Split
from keras_ae.data.precision import precision_of, standardized
from keras_ae.data.series.clock import form_of
from keras_ae.data.series.normal_part import FEWEST, TRAIN, NormalPart, Remedies, step_of, suffices, too_short
from keras_ae.data.series.points import Points
from keras_ae.data.series.resample import Series, cut_windows, spans, window_starts
from keras_ae.data.tables.time_form import format_time
from keras_ae.data.types import Data
from keras_ae.domains import REAL
from keras_ae.errors import InputError

__all__ = ["data_of", "split_into_windows", "starts_of_windows"]

MOST_LISTED = 3
STILL = "never changes in the normal part"


def data_of(
    name: str,
    series: Series,
    window: int,
    normal: tuple[int, int],
    fewest: int = FEWEST,
    choose: bool = True,
    fixed: bool = False,
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
        fixed: Whether the data set itself says what is normal, so that it has no such field to set.

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
    if last - first < 2 or not np.isfinite(values[first:last]).any():
        raise InputError(too_short(Remedies((NormalPart(values, normal),), window, fixed), "train", 0))
    offset, scale, faults, notes = _scaling(series, values[first:last])
    if faults and (not choose or len(faults) == len(series.names)):
        still = any(fault.startswith(STILL) for fault in faults.values())
        remedy = _moving_part(values, window) if still and not fixed else ""
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
    whole = NormalPart(clean, normal, alone=fewest > 0)
    remedies = Remedies((whole,), window, fixed)
    for part, count in whole.counts(window).items():
        if count < fewest:
            raise InputError(too_short(remedies, part, count))
    parts: dict[str, Any] = {}
    for part, values in whole.parts(window):
        starts = window_starts(values, window, step_of(values, window))
        parts[part] = Split(cut_windows(values, starts, window))
    test, points = split_into_windows(series, window, offset, scale)
    known = np.zeros(len(series), bool)
    known[first:last] = True
    points = replace(
        points,
        fresh=(points.starts + window <= first) | (points.starts >= last),
        normal=known if series.labels is None else known & ~series.labels,
    )
    begins, ends, begin, end = (
        format_time(series.times[point], form_of(series)) for point in (0, -1, first, last - 1)
    )
    notes += _anomalies_note(series, normal)
    notes.append(
        f"{len(series):,} points of {', '.join(series.names)} from {begins} to {ends}; normal are "
        f"{last - first:,} of them, from {begin} to {end}"
    )
    return Data(
        name, **parts, test=test, domain=REAL, offset=offset, scale=scale, notes=(*series.notes, *notes),
        points=points, learned=series.names, more_calibration=remedies,
    )  # fmt: skip


def _anomalies_note(series, normal):
    """The note on anomalies in the normal part."""
    if series.labels is None or not series.labels[slice(*normal)].any():
        return []
    known = series.labels[slice(*normal)]
    begin, end = max(spans(~known), key=lambda span: span[1] - span[0], default=(0, 0))
    times = [format_time(series.times[normal[0] + point], form_of(series)) for point in (begin, end - 1)]
    return [
        f"the normal part holds {known.sum():,} points that are labeled as anomalies, which are not learned; "
        f"its longest part without any is SET=\"data.normal='{times[0]}..{times[1]}'\""
    ]


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


def _moving_part(values, window):
    """The advice to take a longer part as normal, where values vary in one."""
    for percent in range(1, 101):
        normal = (0, round(len(values) * percent / 100))
        channels = (column[np.isfinite(column)] for column in values[: int(TRAIN * normal[1])].T)
        varies = any(len(np.unique(channel)) > 1 for channel in channels)
        if varies and suffices([NormalPart(values, normal)], window):
            return f'; name another part: SET="data.normal={percent}%"'
    return '; use another file or other columns: SET="data.values=..."'


def starts_of_windows(values: np.ndarray, window: int) -> np.ndarray:
    """The first point of every window of a series without missing values, at wider steps where it is long.

    Args:
        values: (points, channels), NaN where missing.
        window: Points of a window.

    Returns:
        (windows,), int64.

    Raises:
        InputError: If every window has missing values.
    """
    starts = window_starts(values, window, step_of(values, window))
    if not len(starts):
        raise InputError(
            f"expected {window} points in a row without a gap, received {len(values)} points with "
            f"{int((~np.isfinite(values).all(axis=1)).sum())} that lack a value; use a longer series"
        )
    return starts


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
    starts = starts_of_windows(values, window)
    labels: np.ndarray | None = None
    if series.labels is not None:
        flags = cut_windows(series.labels[:, None], starts, window)
        labels = np.asarray(flags.any(axis=(1, 2)), np.int64)
    points = Points(starts, len(values), series.labels, series=series)
    return Split(cut_windows(values, starts, window), labels), points
