"""Times in columns of numbers: seconds since 1970, 20240131, years, or a clock that began at 0."""

from __future__ import annotations

import re

import numpy as np

from keras_ae.data.tables.time_form import TimeForm
from keras_ae.data.tables.time_parts import DAY, FIRST_YEAR, LAST_YEAR, day_of_year, days_of
from keras_ae.data.tables.writing import Writing

__all__ = ["is_even", "is_id_name", "is_time_name", "numbers_rows", "times_as_before", "times_of_numbers"]

EPOCHS = {10**9: "seconds", 10**6: "milliseconds", 10**3: "microseconds", 1: "nanoseconds"}
"""What numbers since 1970 count, by its nanoseconds."""

SURE, LIKELY, LAST = 315_532_800, 946_684_800, 4_102_444_800
"""Seconds since 1970 of 1980, for columns called times; of 2000, for any whose numbers rise in equal steps;
and of 2100, the end of both."""

EVEN = 0.5
"""Fraction of equal steps from which numbers rise evenly."""

FEWEST_ROWS, FEWEST_SHUFFLED = 20, 100
"""The fewest numbers that rise by 1 from row to row and are an index, or years, without being called so.

And the fewest that do in another order than that of the rows.
"""

FEWEST_DIFFERENT = 0.1
"""Fraction of different numbers from which rising ones that are called times count as such."""

MOST_DIGITS = 9
"""Decimals of numbers that count time, at most."""

_TIMES = frozenset(
    """time times timestamp timestamps datetime datetimes date dates ts ds t dt epoch unix unixtime utc index
    clock elapsed seconds second sec secs millis milliseconds ms us ns minutes minute hours hour days day
    month months year years week quarter period cycle
    zeit zeitstempel datum uhrzeit zeitpunkt tag monat jahr temps heure horodatage annee année mois jour
    fecha hora tiempo ano año mes ora tempo tijd tidspunkt tid czas godzina rok aika pvm
    время дата 时间 日期 時間 日時 시간 날짜""".split()
)
_BESIDE = frozenset(
    "in of since from start relative rel elapsed sample sim simulation record local h d min hr".split()
)
"""Words beside those of times in the names of clocks that began at 0."""

_COUNTERS = frozenset(
    """id ids uid no nr num number row rows rowid rownames rowname rownumber idx index record recno serial
    seq sequence sample instance unnamed nummer zeile""".split()
)
_IDS = frozenset("id uid rowid rownames rowname rownumber idx index unnamed".split())


def is_time_name(name: str) -> bool:
    """Whether the name of a column says that it holds times.

    Args:
        name: Such as "Time (s)", "timestamp_ms" or "Zeitstempel".

    Returns:
        Whether one of its words does.
    """
    return not _TIMES.isdisjoint(_words(name))


def is_id_name(name: str) -> bool:
    """Whether the name of a column says that it numbers things.

    Args:
        name: Such as "Unnamed: 0", "No." or "customer_id".

    Returns:
        Whether one of its words does.
    """
    return not _COUNTERS.isdisjoint(_words(name))


def numbers_rows(name: str, values: np.ndarray) -> bool:
    """Whether a column is an index: it says of each row which one it is.

    Args:
        name: Name of the column.
        values: (n,), float64.

    Returns:
        Whether it rises from 0 or 1 by 1 from row to row, or holds consecutive whole numbers once each in
        another order, or is called an id and no two of its numbers are equal.
    """
    if len(values) < 2 or not (values % 1 == 0).all():
        return False
    if values[0] in (0, 1) and (np.diff(values) == 1).all():
        return len(values) >= FEWEST_ROWS or is_id_name(name)
    if len(np.unique(values)) < len(values):
        return False
    consecutive = np.ptp(values) == len(values) - 1 and len(values) >= FEWEST_SHUFFLED
    shuffled = consecutive and (np.diff(values) != 1).any()
    return bool(shuffled) or (_words(name) or [""])[-1] in _IDS


def is_even(values: np.ndarray) -> bool:
    """Whether numbers rise, most of them by the same step.

    Args:
        values: (n,).

    Returns:
        Whether they do.
    """
    steps = np.diff(values)
    if len(steps) < 2 or not (steps >= 0).all() or not steps.any():
        return False
    usual = np.median(steps[steps > 0])
    return bool(np.mean(np.abs(steps - usual) <= 1e-3 * usual) >= EVEN)


def times_of_numbers(name: str, values: np.ndarray, sure: bool = False) -> tuple[np.ndarray, TimeForm] | None:
    """Numbers as times.

    Args:
        name: Name of the column.
        values: (n,), float64.
        sure: Whether they are times, whatever they are called.

    Returns:
        (n,) int64 and their form; None where they are no times.
    """
    if not np.isfinite(values).all() or not len(values):
        return None
    called = sure or is_time_name(name)
    rising = bool((np.diff(values) >= 0).all()) and values[0] < values[-1]
    whole = bool((values % 1 == 0).all())
    if whole and (called or (rising and not is_id_name(name))):
        dates = _ordinal_dates(values) or _dates(values)
        if dates is not None and (called or is_even(dates[0] // DAY)):
            return dates
    epoch = _epoch(values, SURE if called else LIKELY)
    if epoch is not None and (called or is_even(values)):
        return epoch
    if rising and values[0] >= FIRST_YEAR and values[-1] <= LAST_YEAR:
        if whole and (
            (called and _differ(values))
            or (len(values) >= FEWEST_ROWS and bool((np.diff(values) == 1).all()))
        ):
            return _years(values), TimeForm("date", "year")
        if not whole and called:
            return _decimal_years(values)
    counted = is_time_name(name) and set(_words(name)) <= _TIMES | _BESIDE
    counted = counted and not (np.diff(values) < 0).any()
    return _counted(values) if sure or (counted and _differ(values)) else None


def times_as_before(values: np.ndarray, before: Writing) -> tuple[np.ndarray, TimeForm] | None:
    """Numbers as times, as those of an earlier file were read, where these do not tell what they count.

    Args:
        values: (n,), float64.
        before: How the earlier file is written.

    Returns:
        (n,) int64 and their form; None where the numbers tell it, or the earlier ones were others.
    """
    if not before.counts or not np.isfinite(values).all() or not len(values):
        return None
    if before.counts == "number":
        return _counted(values)
    told = _epoch(values, SURE) is not None or values.min() < 0 or values.max() > LAST * 10**9 / before.scale
    return None if told else _since_1970(values, before.scale)


def _words(name):
    """The words of a column's name, without what stands in brackets."""
    if not re.search(r"\w", name):
        return ["unnamed"]
    bare = re.sub(r"[(\[{].*", "", name)
    return re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", bare).lower())


def _epoch(values, first):
    """Numbers since 1970 as nanoseconds."""
    for scale in EPOCHS:
        if (values >= first * 10**9 / scale).all() and (values <= LAST * 10**9 / scale).all():
            return _since_1970(values, scale)
    return None


def _since_1970(values, scale):
    """Numbers since 1970, which count some nanoseconds each."""
    whole = np.floor(values)
    times = whole.astype(np.int64) * scale + np.rint((values - whole) * scale).astype(np.int64)
    rounded = (times + 500) // 1000 * 1000
    if np.abs(rounded - times).max() <= 128:  # float64 holds no nanoseconds since 1970
        times = rounded
    return times, TimeForm("epoch", scale=scale)


def _dates(values):
    """Numbers such as 20240131 or 202401310930 as nanoseconds."""
    digits = len(str(int(values.max())))
    if digits not in (6, 8, 10, 12, 14) or len(str(int(values.min()))) != digits:
        return None
    rest, parts = values.astype(np.int64), list[np.ndarray]()
    for _ in range((digits - 4) // 2):
        rest, part = np.divmod(rest, 100)
        parts.insert(0, part)
    parts += [np.full(len(values), int(at == 1)) for at in range(len(parts), 5)]
    month, day, hour, minute, second = parts
    if not ((rest >= 1900) & (rest < 2100)).all():
        return None
    days, valid = days_of(rest, month, day)
    if not (valid & (hour < 24) & (minute < 60) & (second < 60)).all():
        return None
    grain = {6: "month", 8: "day"}.get(digits, "")
    return days * DAY + (hour * 3600 + minute * 60 + second) * 10**9, TimeForm("date", grain)


def _ordinal_dates(values):
    """Numbers such as 2024061, of a year and a day of it, that rise evenly through a year's end."""
    years, days = np.divmod(values.astype(np.int64), 1000)
    if not ((years >= 1900) & (years < 2100)).all() or years[0] == years[-1]:
        return None
    since_1970, valid = day_of_year(years, days)
    return (since_1970 * DAY, TimeForm("date", "day")) if valid.all() and is_even(since_1970) else None


def _years(years):
    """The beginning of whole years."""
    one = np.int64(1)
    return days_of(years.astype(np.int64), one, one)[0] * DAY


def _decimal_years(values):
    """Years with decimals as the months or the days that they are in, or as instants."""
    years = np.floor(values)
    fraction, one = values - years, np.int64(1)
    months = fraction * 12
    middle = np.abs(months % 1 - 0.5).max() < 0.1
    monthly = middle or np.abs((months + 0.5) % 1 - 0.5).max() < 0.1
    if monthly and np.median(np.diff(values)) > 0.9 / 12:
        month = (np.floor(months) if middle else np.rint(months)).astype(np.int64)
        later = years.astype(np.int64) + month // 12
        return days_of(later, month % 12 + 1, one)[0] * DAY, TimeForm("date", "month")
    first = _years(years)
    times = first + np.rint(fraction * (_years(years + 1) - first)).astype(np.int64)
    hour = 3600 * 10**9
    if np.median(np.diff(times)) > 20 * hour:
        return times // DAY * DAY, TimeForm("date", "day")
    return times, TimeForm()


def _differ(values):
    """Whether enough numbers differ to be times of rows."""
    return len(np.unique(values)) > FEWEST_DIFFERENT * len(values)


def _counted(values):
    """Numbers that count something since a beginning, as whole numbers."""
    size = max(float(np.abs(values).max()), 1.0)
    scale = 1 if (values % 1 == 0).all() else 10 ** max(0, min(MOST_DIGITS, int(18 - np.log10(size))))
    return np.rint(values * scale).astype(np.int64), TimeForm("number", scale=scale)
