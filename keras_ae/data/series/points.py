"""The points in time that the windows of series cover, and the series that they are of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from keras_ae.data.series.resample import Series

__all__ = ["Points", "SeriesGroup"]


@dataclass(frozen=True, eq=False)
class SeriesGroup:
    """One of several series.

    Attributes:
        name: Its name.
        series: The series.
        offset: (channels,), subtracted from its values.
        scale: (channels,), that they are then divided by.
    """

    name: str
    series: Series
    offset: np.ndarray
    scale: np.ndarray


@dataclass(frozen=True, eq=False)
class Points:
    """The points in time that the windows of a test split cover; windows may overlap.

    Attributes:
        starts: (n,), the first point of each window.
        count: How many points there are.
        labels: (count,), bool, True in anomalies; None where none is known.
        kinds: (count,), integers, the kind of anomaly, 0 for none; None where kinds are not known.
        names: Names of the kinds.
        parts: (name, first point, one past the last) of each series, if there are several.
        series: The series, if there is one.
        fresh: (n,), bool, whether a window holds no point that was trained on; None if that holds for all.
        groups: The series, if there are several.
        normal: (count,), bool, whether a point is of the normal part, and no known anomaly; None if unknown.
    """

    starts: np.ndarray
    count: int
    labels: np.ndarray | None = None
    kinds: np.ndarray | None = None
    names: tuple[str, ...] = ()
    parts: tuple[tuple[str, int, int], ...] = ()
    series: Series | None = None
    fresh: np.ndarray | None = None
    groups: tuple[SeriesGroup, ...] = ()
    normal: np.ndarray | None = None
