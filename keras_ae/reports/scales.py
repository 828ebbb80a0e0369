"""Scales of charts, from values to pixels, and the marks along them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import LogLocator, MaxNLocator

__all__ = ["Scale", "number_scale", "time_scale"]

FEWEST_TICKS, MOST_TICKS = 4, 9
EQUAL, ALONE = 1e-9, 0.05
"""Numbers that differ by a smaller fraction are one, whose scale is so much wider on either side."""

LEAST_DATED = np.timedelta64(5, "s")
"""A shorter range of times has marks at even distances."""


@dataclass(frozen=True)
class Scale:
    """A scale of a chart.

    Attributes:
        low: The value at the first pixel.
        high: The value at the last.
        first: The first pixel.
        last: The last one; it is less than the first in scales that go upward.
        ticks: Marks, as (value, text).
        logarithmic: Whether equal distances are equal ratios; values are above 0 then.
        note: What all marks have in common, such as the day of times.
    """

    low: float
    high: float
    first: float
    last: float
    ticks: tuple[tuple[float, str], ...] = ()
    logarithmic: bool = False
    note: str = ""

    def __call__(self, values: Any) -> np.ndarray:
        """Pixels of values, clipped to the scale; NaN stays NaN."""
        low, high = self.low, self.high
        values = np.clip(np.asarray(values, np.float64), low, high)
        if self.logarithmic:
            values, low, high = np.log(values), np.log(low), np.log(high)
        return self.first + (values - low) / (high - low) * (self.last - self.first)


def number_scale(
    low: float, high: float, first: float, last: float, logarithmic: bool = False, count: int = 4
) -> Scale:
    """A scale of numbers.

    Args:
        low: The lowest number.
        high: The highest.
        first: The pixel of the lowest.
        last: The pixel of the highest.
        logarithmic: Whether equal distances are equal ratios.
        count: Marks, about.

    Returns:
        The scale; around a single number it has a width.
    """
    if not (np.isfinite(low) and np.isfinite(high)):
        low, high = 0.0, 1.0
    if logarithmic:
        high = max(high, low * 10)
        locator: Any = LogLocator(numticks=count + 1)
    else:
        if high - low <= EQUAL * max(abs(low), abs(high)):
            width = ALONE * max(abs(low), abs(high)) or 1.0
            low, high = low - width, high + width
        locator = MaxNLocator(count, steps=[1, 2, 2.5, 5, 10])
    marks = [float(tick) for tick in locator.tick_values(low, high) if low <= tick <= high]
    return Scale(low, high, first, last, tuple((mark, f"{mark:,.10g}") for mark in marks), logarithmic)


def time_scale(times: Sequence[Any] | np.ndarray, first: float, last: float) -> Scale:
    """A scale of the times of a series.

    Args:
        times: (n,), datetime64 or numbers, in ascending order.
        first: The pixel of the first.
        last: The pixel of the last.

    Returns:
        The scale, of numbers: dates are nanoseconds.
    """
    times = np.asarray(times)
    if times.dtype.kind != "M":
        return number_scale(float(times[0]), float(times[-1]), first, last, count=MOST_TICKS)
    times = times.astype("datetime64[ns]")
    low, high = (float(time.astype(np.int64)) for time in times[[0, -1]])
    if times[-1] - times[0] < LEAST_DATED:
        even = number_scale(0.0, max(high - low, 1e6), first, last, count=FEWEST_TICKS)
        stamps = times[0] + np.array([value for value, _ in even.ticks], np.int64).astype("timedelta64[ns]")
        texts = [str(text)[11:23] for text in np.datetime_as_string(stamps, "ms")]
        dated = tuple((low + value, text) for (value, _), text in zip(even.ticks, texts, strict=True))
        return Scale(low, low + even.high, first, last, dated, note=str(times[0])[:10])
    locator = AutoDateLocator(minticks=FEWEST_TICKS, maxticks=MOST_TICKS)
    days = locator.tick_values(*(time.astype("datetime64[us]").item() for time in times[[0, -1]]))
    formatter = ConciseDateFormatter(locator)
    texts = formatter.format_ticks(days)
    marks = [(float(day) * 86_400e9, text) for day, text in zip(days, texts, strict=True)]
    ticks = tuple((value, text) for value, text in marks if low <= value <= high)
    return Scale(low, high, first, last, ticks, note=formatter.get_offset())
