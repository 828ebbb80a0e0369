"""The even steps of a series: of equal length, or of calendar months."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from keras_ae.data.tables.time_form import TimeForm
from keras_ae.errors import InputError

__all__ = ["EvenSteps", "clock_notes", "even_steps", "format_step"]

MOST_STRETCHED = 20
"""The most steps of the even grid per row; with more, the times are refused as not being a series."""

EVEN = 0.5
"""Fraction of equal steps from which times count as even with gaps; with fewer, rows are binned."""

JITTER = 0.1
"""How far, as a fraction of the usual step, steps may be from it to be the same."""

DAY, HOUR = 86_400 * 10**9, 3600 * 10**9
MONTH, WEEK = 28 * DAY, 7 * DAY
"""The shortest month, and how far from each other days of the month may be to be steps of months."""

CHANGES = (2, 3, 8, 9, 10)
"""Months, from 0, in which clocks are set for daylight saving."""

_LENGTHS = (
    ("day", DAY),
    ("hour", HOUR),
    ("min", DAY // 1440),
    ("s", 10**9),
    ("ms", 10**6),
    ("us", 10**3),
)


@dataclass(frozen=True, eq=False)
class EvenSteps:
    """Times on even steps.

    Attributes:
        index: (n,), the step that each time is at, from 0.
        times: (steps,), int64, the time of each step.
        form: How times are written, with the precision that the steps have.
        length: How long a step is, for the user.
        even: Whether most times are at a whole number of steps.
    """

    index: np.ndarray
    times: np.ndarray
    form: TimeForm
    length: str
    even: bool


def even_steps(times: np.ndarray, form: TimeForm, rows: int) -> EvenSteps:
    """Finds the even steps that times are at.

    Args:
        times: (n,), int64, ascending, no two equal.
        form: Their form.
        rows: How many rows have these times.

    Returns:
        The steps, of calendar months where the usual step is of whole months, else of the median length.

    Raises:
        InputError: If there would be far more steps than rows.
    """
    steps = np.diff(times)
    usual = int(np.median(steps))
    if form.dated and usual >= MONTH:
        months = _months(times, form)
        if months is not None:
            return months
    length = float(usual)
    near = np.abs(steps - usual) <= JITTER * usual
    if near.mean() >= EVEN and (steps[near] != usual).any():
        length = float(steps[near].mean())  # the median of rounded times is off by up to their last digit
    index = np.rint((times - times[0]) / length).astype(np.int64)
    count = int(index[-1]) + 1
    if count > MOST_STRETCHED * rows:
        raise InputError(
            f"expected even steps of time with some gaps at most, but at the usual step of "
            f"{format_step(usual, form)} there would be {count:,} for {rows:,} rows; "
            "split the file at its longest gaps"
        )
    multiples = np.rint(steps / length)
    even = bool(np.mean((multiples > 0) & (np.abs(steps / length - multiples) <= JITTER)) >= EVEN)
    grid = times[0] + np.rint(length * np.arange(count)).astype(np.int64)
    precision = _precision(int(times[0]), length)
    return EvenSteps(index, grid, replace(form, precision=precision), format_step(usual, form), even)


def format_step(step: int, form: TimeForm) -> str:
    """A length of time for the user.

    Args:
        step: Nanoseconds, or as the form says.
        form: That of the times.

    Returns:
        Such as "5 min", "0.01", or "30 rows".
    """
    if form.kind in ("number", "row"):
        return f"{step / form.scale:g}"
    name, length = next(((name, length) for name, length in _LENGTHS if step >= length), _LENGTHS[-1])
    if step % length:  # 90 min rather than 1.5 hours
        name, length = next(
            ((n, each) for n, each in _LENGTHS if step >= each and step % each == 0), (name, length)
        )
    return f"{step / length:g} {name}{'s' if name in ('day', 'hour') and step != length else ''}"


def clock_notes(times: np.ndarray, form: TimeForm) -> list[str]:
    """Notes on hours that come twice or are missing where clocks are set for daylight saving.

    Args:
        times: (n,), int64, in the order of the rows.
        form: Their form.

    Returns:
        The notes, for the user.
    """
    if form.kind != "date" or len(times) < 3:
        return []
    steps = np.diff(times)
    usual = int(np.median(steps))
    if not 0 < usual <= HOUR:
        return []
    at = np.datetime_as_string(times.view("M8[ns]"), unit="D")
    month = times.view("M8[ns]").astype("M8[M]").astype(np.int64) % 12
    night = (times // DAY + 3) % 7 == 6
    night &= np.isin(month, CHANGES) & (times % DAY < 4 * HOUR)
    twice = np.unique(at[:-1][night[:-1] & (steps == usual - HOUR)])
    lacking = np.unique(at[:-1][night[:-1] & (steps == usual + HOUR)])
    found = [f"comes twice on {', '.join(twice)}"] if len(twice) else []
    found += [f"is missing on {', '.join(lacking)}"] if len(lacking) else []
    if not found:
        return []
    return [
        f"an hour {' and '.join(found)}, as on clocks set for daylight saving; times in UTC, or with their "
        "offset from it, have no such hours"
    ]


def _months(times, form):
    """Steps of calendar months; None where times are not at such."""
    moments = times.view("M8[ns]")
    months = moments.astype("M8[M]")
    since = (moments - months).astype(np.int64)
    until = ((months + 1).astype("M8[ns]") - moments).astype(np.int64)
    number = months.astype(np.int64)
    steps = np.diff(number)
    usual = int(np.median(steps))
    if usual < 1 or (steps < 1).any() or (steps % usual).any() or min(np.ptp(since), np.ptp(until)) > WEEK:
        return None
    index = (number - number[0]) // usual
    grid = (number[0] + usual * np.arange(int(index[-1]) + 1)).astype("M8[M]")
    if np.ptp(since) <= np.ptp(until):
        filled = grid.astype("M8[ns]").astype(np.int64) + since[0]
    else:
        filled = (grid + 1).astype("M8[ns]").astype(np.int64) - until[0]
    filled[index] = times
    length = {1: "1 month", 3: "3 months", 12: "1 year"}.get(usual, f"{usual} months")
    return EvenSteps(index, filled, form, length, True)


def _precision(first, length):
    """The largest power of ten that times on steps are multiples of, at least a thousandth of a step."""
    exact = [10**k for k in range(9, 0, -1) if first % 10**k == 0 and length % 10**k == 0]
    return max([1, *exact[:1], *([] if length % 1 == 0 else [10 ** max(0, int(np.log10(length)) - 3)])])
