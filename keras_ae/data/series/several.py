"""Several series as one data set; each is standardized by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from keras_ae.data.examples import Split
from keras_ae.data.series.clock import parse_normal_part
from keras_ae.data.series.normal_part import Remedies
from keras_ae.data.series.points import Points, SeriesGroup
from keras_ae.data.series.resample import Series
from keras_ae.data.series.standardized import data_of
from keras_ae.data.types import Data
from keras_ae.domains import REAL
from keras_ae.errors import InputError

__all__ = ["concatenated", "data_of_several"]

MOST_NOTES = 12
"""The most notes on single series."""


def data_of_several(
    name: str, each: Mapping[str, Series], window: int, normal: str, notes: tuple[str, ...] = ()
) -> Data:
    """Series of the same channels as data; each is standardized by its own normal part.

    Args:
        name: Name of the data.
        each: The series, by the names of their groups.
        window: Points of a window.
        normal: The normal part of each, as `parse_normal_part` has it.
        notes: How they were read, for the user.

    Returns:
        The data. A series that is too short, or does not vary, is left out.

    Raises:
        InputError: If no series is left.
    """
    data, faults = {}, {}
    for group, series in each.items():
        try:
            part = parse_normal_part(series, normal)
            data[group] = data_of(name, series, window, part, choose=False)
        except InputError as error:
            faults[group] = str(error)
    if not data:
        group, fault = next(iter(faults.items()))
        raise InputError(f"{len(faults)} series have too little to learn from; {group}: {fault}")
    own = [f"{group}: {note}" for group in data for note in each[group].notes]
    own += [f"left out {group}: {fault}" for group, fault in faults.items()]
    more = [f"and {len(own) - MOST_NOTES} more notes"] if len(own) > MOST_NOTES else []
    return concatenated(name, data, (*notes, *own[:MOST_NOTES], *more))


def concatenated(name: str, each: dict[str, Data], notes: tuple[str, ...] = ()) -> Data:
    """The data of several series as one; each series stays standardized by itself.

    Args:
        name: Name of the data.
        each: The data of each series, by its name.
        notes: Further notes, for the user.

    Returns:
        The data.
    """
    labels_of_windows = [data.test.labels for data in each.values() if data.test.labels is not None]
    labeled = len(labels_of_windows) == len(each)
    splits: dict[str, Any] = {
        part: Split(np.concatenate([getattr(data, part).examples for data in each.values()]))
        for part in ("train", "validation", "calibration", "test")
    }
    if labeled:
        splits["test"] = replace(splits["test"], labels=np.concatenate(labels_of_windows))
    starts, labels, fresh, normal, parts, groups, first = [], [], [], [], [], [], 0
    for one, data in each.items():
        own = data.points
        assert own is not None
        assert own.fresh is not None
        assert own.normal is not None
        starts.append(first + own.starts)
        labels += [own.labels] if own.labels is not None else []
        fresh.append(own.fresh)
        normal.append(own.normal)
        parts.append((one, first, first + own.count))
        if own.series is not None:
            groups.append(SeriesGroup(one, own.series, data.offset, data.scale))
        first += own.count
    points = Points(
        np.concatenate(starts),
        first,
        np.concatenate(labels) if labeled else None,
        parts=tuple(parts),
        fresh=np.concatenate(fresh),
        normal=np.concatenate(normal),
        groups=tuple(groups),
    )
    remedies = [data.more_calibration for data in each.values()]
    known = [remedy for remedy in remedies if isinstance(remedy, Remedies)]
    more_calibration = replace(known[0], each=tuple(one for remedy in known for one in remedy.each))
    note = f"{len(each)} series of {first:,} points, each standardized by its own normal part"
    learned = tuple(dict.fromkeys(channel for data in each.values() for channel in data.learned))
    return Data(
        name, **splits, domain=REAL, notes=(*notes, note), points=points, learned=learned,
        more_calibration=more_calibration,
    )  # fmt: skip
