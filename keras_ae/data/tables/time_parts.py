"""Cells of one layout as times: their years, months, hours and zones, all rows at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from keras_ae.data.tables.time_form import MISSING_TIME
from keras_ae.data.tables.time_layouts import half_of_day, is_region, month_of, offset_of, weekday_of

__all__ = [
    "DAY",
    "FIRST_YEAR",
    "LAST_YEAR",
    "WORDS",
    "TimesOfLayout",
    "day_of_week",
    "day_of_year",
    "days_of",
    "times_of_layout",
]

WORDS = ("weekday", "name", "half", "zone", "region")
"""Parts that are words."""

SECOND, DAY = 10**9, 86_400 * 10**9
"""Nanoseconds."""

FIRST_YEAR, LAST_YEAR = 1678, 2261
"""The range of nanoseconds in 64 bits."""

PIVOT = 69
"""Years of two digits below it are in the 2000s, as in POSIX."""

_PERIODS = (
    ("day", "day"),
    ("day_of_year", "day"),
    ("a", "day"),
    ("week", "week"),
    ("quarter", "quarter"),
    ("month", "month"),
)


@dataclass(frozen=True, eq=False)
class TimesOfLayout:
    """The times of cells of one layout.

    Attributes:
        times: (n,) int64 nanoseconds by the order of days and months, or by "" where they tell it; the lowest
            integer where a cell is no time.
        grain: "year", "quarter", "month", "week" or "day" without a time of day; "clock" without a date; "".
        zones: The words of time zones, "" for none.
        unknown: Those of them whose offset is not known.
    """

    times: dict[str, np.ndarray]
    grain: str
    zones: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    @property
    def count(self) -> int:
        """How many cells are times, in the order in which most are."""
        return max(int((times != MISSING_TIME).sum()) for times in self.times.values())


def times_of_layout(cells: np.ndarray, match: re.Match[str], orders: Sequence[str]) -> TimesOfLayout:
    """Reads cells of one layout.

    Args:
        cells: (n, width), uint8, the characters.
        match: That of one of the cells.
        orders: Those of month, day and year to read dates of three numbers in.

    Returns:
        Their times.
    """
    parts = {
        name: _number(cells[:, slice(*match.span(name))])
        for name, text in match.groupdict().items()
        if text is not None and name not in (*WORDS, "offset", "fraction", "sign")
    }
    words = {name: cells[:, slice(*match.span(name))] for name in (*WORDS, "offset") if _has(match, name)}
    good = np.ones(len(cells), bool)
    clock = _clock(cells, match, parts, words, good)
    if "weekday" in words:
        good &= _lookup(words["weekday"], weekday_of) >= 0
    if "year" not in parts and "a" not in parts:
        return TimesOfLayout({"": np.where(good, clock, MISSING_TIME)}, "clock")
    grain = "" if "hour" in parts else next((grain for part, grain in _PERIODS if part in parts), "year")
    grain = "month" if grain == "year" and "name" in words else grain
    days = _days(parts, words, orders, 2 if _has(match, "c") and len(match["c"]) == 2 else 4)
    times = {}
    zoned = _Zoned.of(words)
    for order, (day, valid) in days.items():
        time = day * DAY + clock
        if zoned is not None:
            time, valid = zoned.in_utc(time), valid & zoned.valid
        times[order] = np.where(valid & good, time, MISSING_TIME)
    if zoned is None:
        return TimesOfLayout(times, grain, {""} if "hour" in parts else set())
    return TimesOfLayout(times, grain, zoned.names, zoned.unknown)


def _has(match, name):
    """Whether a layout has a part."""
    return name in match.re.groupindex and match[name] is not None


def _number(digits):
    """Numbers written in columns of digits."""
    total = np.zeros(len(digits), np.int64)
    for column in digits.T:
        total = total * 10 + (column - 48)
    return total


def _lookup(letters, function: Callable[[str], int | None]):
    """The value of each word, -1 where it has none; each different word is looked up once."""
    width = letters.shape[1]
    if width <= 8:
        padded = np.zeros((len(letters), 8), np.uint8)
        padded[:, :width] = letters
        codes, different = pd.factorize(padded.view(np.uint64).ravel())
        words = different.view("S8")
    else:
        words, codes = np.unique(np.ascontiguousarray(letters).view(f"S{width}").ravel(), return_inverse=True)
    values = [function(word.decode("latin-1").strip()) for word in words]
    return np.array([-1 if value is None else value for value in values], np.int64)[codes]


def _clock(cells, match, parts, words, good):
    """Nanoseconds since midnight; clears `good` where there is no such time."""
    if "hour" not in parts:
        return np.zeros(len(cells), np.int64)
    zero = np.int64(0)
    hour, minute, second = (parts.get(name, zero) for name in ("hour", "minute", "second"))
    if "half" in words:
        afternoon = _lookup(words["half"], half_of_day)
        good &= hour <= 12 + 11 * afternoon
        hour = np.where(hour <= 12, hour % 12 + 12 * afternoon, hour)
    clock = (hour * 3600 + minute * 60 + second) * SECOND
    if _has(match, "fraction"):
        first, last = match.span("fraction")
        last = min(last, first + 9)
        clock = clock + _number(cells[:, first:last]) * 10 ** (9 - (last - first))
    good &= (minute < 60) & (second <= 60)
    if "year" in parts or "a" in parts:
        good &= (hour < 24) | (clock == DAY)
    return clock


def _days(parts, words, orders, width):
    """Days since 1970, and whether they exist, by the order of day and month, or by ""."""
    if "a" in parts:
        where = {"dmy": "cba", "mdy": "cab"} | ({"ymd": "abc"} if width == 2 else {})
        orders = [order for order in orders if order in where] or ["mdy"]
        return {order: days_of(*(parts[part] for part in where[order]), width) for order in orders}
    year = parts["year"]
    if "week" in parts:
        return {"": day_of_week(year, parts["week"], parts.get("day_of_week", np.int64(1)))}
    if "day_of_year" in parts:
        return {"": day_of_year(year, parts["day_of_year"])}
    month = parts.get("month", np.int64(1))
    if "name" in words:
        month = _lookup(words["name"], month_of)
    if "quarter" in parts:
        month = 3 * parts["quarter"] - 2
    return {"": days_of(year, month, parts.get("day", np.int64(1)), 4 if (year >= 100).all() else 2)}


def days_of(
    year: np.ndarray, month: np.ndarray | np.int64, day: np.ndarray | np.int64, width: int = 4
) -> tuple[np.ndarray, np.ndarray]:
    """Days of a calendar.

    Args:
        year: (n,), int64.
        month: (n,), from 1.
        day: (n,), from 1.
        width: Digits of the years, 4 or 2.

    Returns:
        (n,) int64, days since 1970; and whether there is such a day.
    """
    if width == 2:
        year = year + np.where(year < PIVOT, 2000, 1900)
    valid = (month >= 1) & (month <= 12) & (year >= FIRST_YEAR) & (year <= LAST_YEAR)
    months = np.where(valid, (year - 1970) * 12 + month - 1, 0)
    first, after = (each.astype("M8[M]").astype("M8[D]").astype(np.int64) for each in (months, months + 1))
    valid &= (day >= 1) & (day <= after - first)
    return first + day - 1, valid


def day_of_week(
    year: np.ndarray, week: np.ndarray, day: np.ndarray | np.int64
) -> tuple[np.ndarray, np.ndarray]:
    """Days of weeks as in ISO 8601.

    Args:
        year: (n,), int64.
        week: (n,), from 1.
        day: (n,), from 1 for Monday.

    Returns:
        (n,) int64, days since 1970; and whether there is such a day.
    """
    fourth, valid = days_of(year, np.int64(1), np.int64(4), 4)
    monday = fourth - (fourth + 3) % 7
    following, _ = days_of(year + 1, np.int64(1), np.int64(4), 4)
    last = (following - (following + 3) % 7 - monday) // 7
    valid = valid & (week >= 1) & (week <= last) & (day >= 1) & (day <= 7)
    return monday + 7 * (week - 1) + day - 1, valid


def day_of_year(year: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Days of years.

    Args:
        year: (n,), int64.
        day: (n,), from 1.

    Returns:
        (n,) int64, days since 1970; and whether there is such a day.
    """
    first, valid = days_of(year, np.int64(1), np.int64(1))
    after, _ = days_of(year + 1, np.int64(1), np.int64(1))
    return first + day - 1, valid & (day >= 1) & (day <= after - first)


@dataclass(frozen=True, eq=False)
class _Zoned:
    """The time zones of cells.

    Attributes:
        ahead: (n,), nanoseconds ahead of UTC, where they are written.
        valid: (n,), whether a zone is known, or may be one.
        region: The region of the zone where that alone is written, else "".
        names: The words of zones.
        unknown: Those of an unknown offset.
    """

    ahead: np.ndarray
    valid: np.ndarray
    region: str
    names: set[str]
    unknown: set[str]

    @classmethod
    def of(cls, words) -> _Zoned | None:
        written = [words[name] for name in ("zone", "offset") if name in words]
        if not written and "region" not in words:
            return None
        if not written:
            region = words["region"][0].tobytes().decode("ascii")
            same = (words["region"] == words["region"][0]).all(axis=1)
            return cls(np.zeros(len(same), np.int64), same & is_region(region), region, {region}, set())
        width = words["zone"].shape[1] if "zone" in words else 0
        names, unknown = set(), set()

        def ahead_of(word):
            zone, offset = word[:width], word[width:]
            ahead = offset_of(zone, offset)
            names.add(word)
            if ahead is None and 3 <= len(zone) == len(word) and zone.isupper():
                unknown.add(zone)
                return ZERO
            return None if ahead is None else ZERO + ahead

        ahead = _lookup(np.concatenate(written, axis=1), ahead_of)
        return cls(ahead - ZERO, ahead >= 0, "", names, unknown)

    def in_utc(self, times: np.ndarray) -> np.ndarray:
        """Times of the zones' clocks as those of UTC; of an hour that comes twice, the second is later."""
        if not self.region or not self.valid.any():
            return times - self.ahead
        before = np.maximum.accumulate(np.concatenate([times[:1] - 1, times[:-1]]))
        local = pd.DatetimeIndex(times.view("M8[ns]"))
        settings = {"ambiguous": times > before, "nonexistent": "shift_forward"}
        return local.tz_localize(self.region, **settings).as_unit("ns").asi8


ZERO = DAY
"""Added to an offset, so that none is negative."""
