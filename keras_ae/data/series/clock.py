"""The times of a series: its normal part, its step, and times as people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from keras_ae.data.series.resample import Series
from keras_ae.data.tables.time_form import TimeForm, format_time
from keras_ae.data.tables.times import parse_time
from keras_ae.errors import InputError

__all__ = ["form_of", "format_times", "has_times", "parse_normal_part", "step_of_time"]

LEAST_TIME = 10**15
"""Nanoseconds since 1970 (11 days) from which a number is a time; a smaller one counts something else."""


def form_of(series: Series) -> TimeForm:
    """How the times of a series are written.

    Args:
        series: The series.

    Returns:
        Its form; where it has none, dates if its times are large enough, else numbers of rows.
    """
    if series.form is not None:
        return series.form
    return TimeForm("date" if abs(int(series.times[-1])) >= LEAST_TIME else "row")


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
    form, times = form_of(series), series.times
    begins, ends = (format_time(times[index], form) for index in (0, -1))
    if not dots:
        example = f"{begins}..{format_time(times[len(times) // 2], form)}"
        raise InputError(
            f'expected the normal part as a percentage, "40%", or as times, "{example}", received {text!r}'
        )
    begin = np.searchsorted(times, _parsed(first, form)) if first.strip() else 0
    end = np.searchsorted(times, _parsed(last, form), side="right") if last.strip() else len(series)
    if begin >= end:
        raise InputError(
            f"expected points between {first.strip()!r} and {last.strip()!r} to learn from, received none; "
            f'the series goes from {begins} to {ends}; name times in it, or SET="data.normal=50%"'
        )
    return int(begin), int(end)


def has_times(series: Series) -> bool:
    """Whether the times of a series are dates rather than plain numbers.

    Args:
        series: The series.

    Returns:
        Whether they are.
    """
    return form_of(series).dated


def step_of_time(series: Series) -> int:
    """The step of a series.

    Args:
        series: The series.

    Returns:
        Nanoseconds from one point to the next, the median; 0 if the series has no dates.
    """
    return int(np.median(np.diff(series.times))) if len(series) > 1 and has_times(series) else 0


def format_times(series: Series, points: Sequence[int]) -> list[str]:
    """The times of points as people write them, in the form of the file.

    Args:
        series: The series.
        points: Their indices.

    Returns:
        A text for each.
    """
    form = form_of(series)
    return [format_time(series.times[point], form) for point in points]


def _parsed(text, form):
    """A text as a value of a series' times."""
    try:
        return parse_time(text, form)
    except ValueError as error:
        raise InputError(str(error)) from None
