"""Layouts of times as people write them: which characters of a cell are its year, its hour, its zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = [
    "half_of_day",
    "is_region",
    "match_dotted_clock",
    "match_time",
    "month_of",
    "offset_of",
    "weekday_of",
]

_MONTH_NAMES = tuple(
    names.split()
    for names in (
        "january januar janvier enero gennaio janeiro januari",
        "february februar fevrier febrero febbraio fevereiro februari",
        "march marz maerz mrz mars marzo marco maart mrt",
        "april avril abril aprile",
        "may mai mayo maggio maio mei maj",
        "june juni juin junio giugno junho",
        "july juli juillet julio luglio julho",
        "august aout agosto augustus augusti",
        "september septembre septiembre settembre setembro",
        "october oktober octobre octubre ottobre outubro",
        "november novembre noviembre novembro",
        "december dezember decembre diciembre dicembre dezembro",
    )
)
_WEEKDAYS = tuple(
    names.split()
    for names in (
        "monday montag lundi lunes lunedi maandag",
        "tuesday dienstag mardi martes martedi dinsdag",
        "wednesday mittwoch mercredi miercoles mercoledi woensdag",
        "thursday donnerstag jeudi jueves giovedi donderdag",
        "friday freitag vendredi viernes venerdi vrijdag",
        "saturday samstag sonnabend samedi sabado sabato zaterdag",
        "sunday sonntag dimanche domingo domenica zondag",
    )
)
"""In English, German, French, Spanish, Italian, Portuguese (months) and Dutch, without accents."""

_ZONES: Mapping[str, float] = (
    dict.fromkeys(("Z", "UTC", "GMT", "WET", "UT"), 0)
    | dict.fromkeys(("CET", "MEZ", "WEST", "BST"), 1)
    | dict.fromkeys(("CEST", "MESZ", "EET"), 2)
    | dict.fromkeys(("EEST", "MSK"), 3)
    | dict.fromkeys(("JST", "KST"), 9)
    | {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
    | {"AKST": -9, "AKDT": -8, "HST": -10, "NZST": 12, "NZDT": 13}
    | {"AWST": 8, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11}
)
"""Hours ahead of UTC, the American ones as in RFC 822."""

_NAME = r"(?P<name>[a-z]{3,10})\.?"
_YEAR = r"(?P<year>\d{4})"
_DAYS = (
    rf"{_YEAR}-(?P<day_of_year>\d{{3}})",
    rf"{_YEAR}(?P<sign>[-/. _])(?P<month>\d\d?)(?P=sign)(?P<day>\d\d?)",
    r"(?P<a>\d\d?)(?P<sign>[-/. ])(?P<b>\d\d?)(?P=sign)(?P<c>\d{4}|\d\d)",
    rf"(?P<day>\d\d?)(?:st|nd|rd|th|er|\.)?[-/. ]*(?:de )?{_NAME}(?: de)?,?[-/ ]*(?P<year>\d{{4}}|\d\d)",
    rf"{_NAME}[-/ ]+(?P<day>\d\d?)(?:st|nd|rd|th)?,?[-/ ]+{_YEAR}",
    rf"{_YEAR}[-/ ]?{_NAME}[-/ ]?(?P<day>\d\d?)",
)
_COMPACT = rf"{_YEAR}(?P<month>\d\d)(?P<day>\d\d)"
_FRACTION = r"(?:[.,](?P<fraction>\d+))?"
_CLOCK = rf"(?P<hour>\d\d?)[:h](?P<minute>\d\d)(?::(?P<second>\d\d){_FRACTION})?"
_HALF = r"(?P<half>[ap]\.?m\.?)"
_CLOCKS = (
    rf"{_CLOCK}(?:\s?{_HALF})?",
    rf"(?P<hour>\d\d?)\s?{_HALF}",
    rf"(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?{_FRACTION}",
    r"(?P<hour>\d\d?)\.(?P<minute>\d\d)(?:\.(?P<second>\d\d)(?:,(?P<fraction>\d+))?)?",
    r"(?P<hour>\d\d?)h?",
    r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d):(?P<fraction>\d{3})",
)
_ZONE = (
    r"(?:\s(?P<region>[a-z]+/[a-z_/]+)|(?:\s?(?P<zone>[a-z]{1,5}))?(?:\s?(?P<offset>[+-]\d\d?(?::?\d\d)?))?"
    r"(?:\[[a-z_/]+\])?(?:\s\([a-z ]+\))?)"
)
_BETWEEN = r"(?:\s*[T_,:-]\s*|\s+)"
_WEEKDAY = r"(?:(?P<weekday>[a-z]{2,10})[,.]*\s)?"
_PERIODS = (
    rf"{_YEAR}[-/](?P<month>\d\d)",
    rf"(?P<month>\d\d?)[-/]{_YEAR}",
    rf"{_YEAR}\s?-?M(?P<month>\d\d?)",
    rf"{_NAME}[-/ ,]*{_YEAR}",
    rf"{_NAME}(?:[-/]|\s?')(?P<year>\d\d)",
    rf"{_YEAR}[-/ ]?{_NAME}",
    rf"{_YEAR}[-/ ]?Q(?P<quarter>\d)",
    rf"Q(?P<quarter>\d)[-/ ]?{_YEAR}",
    rf"{_YEAR}-?W(?P<week>\d\d)(?:-?(?P<day_of_week>\d))?",
    _YEAR,
)
_DURATION = rf"(?P<hour>\d{{1,4}}):(?P<minute>\d\d)(?::(?P<second>\d\d){_FRACTION})?(?:\s?{_HALF})?"
_DOTTED = re.compile(r"(?P<hour>\d\d)\.(?P<minute>\d\d)\.(?P<second>\d\d)")
_FORMS = (
    *(_WEEKDAY + day for day in (*_DAYS, _COMPACT)),
    *(f"{_WEEKDAY}{day}{_BETWEEN}{clock}{_ZONE}" for day in (*_DAYS, _COMPACT) for clock in _CLOCKS),
    *(f"{_COMPACT}{clock}{_ZONE}" for clock in (_CLOCKS[2], _CLOCKS[0])),
    rf"{_WEEKDAY}{_NAME}\s+(?P<day>\d\d?)\s+{_CLOCK}{_ZONE}\s+{_YEAR}",
    *_PERIODS,
    _DURATION,
    _CLOCKS[1],
)


@cache  # a tenth of a second, which only files with times take
def _forms() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(form, re.IGNORECASE) for form in _FORMS)


def match_time(cell: str) -> re.Match[str] | None:
    """The parts of a time by the layout of a cell: its signs, letters and digits, whatever the digits are.

    Args:
        cell: The cell.

    Returns:
        A match with groups called year, month, day, hour, ...; "a", "b" and "c" are a day, a month and a year
        in an order that the layout does not tell. None for a cell that has no layout of a time.
    """
    return next((match for form in _forms() if (match := form.fullmatch(cell))), None)


def match_dotted_clock(cell: str) -> re.Match[str] | None:
    """The parts of a time of day with dots, such as 18.00.00, which has the layout of a date too.

    Args:
        cell: The cell.

    Returns:
        As for `match_time`.
    """
    return _DOTTED.fullmatch(cell)


def month_of(word: str) -> int | None:
    """The number of a month.

    Args:
        word: Its name in a language of those above, or the first letters of that, at least three.

    Returns:
        1 to 12; None for another word, and for letters that two months begin with.
    """
    found = _beginning(_MONTH_NAMES, word)
    return None if found is None else found + 1


def weekday_of(word: str) -> int | None:
    """The number of a day of the week.

    Args:
        word: Its name in a language of those above, or the first letters of that, at least two.

    Returns:
        0 to 6; None for another word.
    """
    return _beginning(_WEEKDAYS, word, is_any=True)


def _beginning(names, word, is_any=False):
    """The index of the names of which one begins with a word; None if none does, or several do."""
    low = word.lower()
    found = [at for at, own in enumerate(names) if any(name.startswith(low) for name in own)]
    return found[0] if len(found) == 1 or (found and is_any) else None


def half_of_day(word: str) -> int:
    """Whether a time is after noon.

    Args:
        word: "AM", "p.m." or the like.

    Returns:
        0 before noon, 1 after it.
    """
    return int(word[0] in "pP")


@lru_cache(256)
def offset_of(zone: str, offset: str) -> int | None:
    """How far a clock is ahead of UTC.

    Args:
        zone: The abbreviation of a time zone, or "".
        offset: An offset such as "+02:00" or "-5", which is added, or "".

    Returns:
        Nanoseconds; None where the zone is not known.
    """
    hours = _ZONES.get(zone.upper()) if zone else 0
    if hours is None:
        return None
    digits = offset[1:].replace(":", "")
    digits = digits.zfill(len(digits) + len(digits) % 2)
    ahead = 60 * int(digits[:2] or 0) + int(digits[2:] or 0)
    minutes = round(60 * hours) + (-ahead if offset.startswith("-") else ahead)
    return minutes * 60 * 10**9


@lru_cache(64)
def is_region(name: str) -> bool:
    """Whether the time zone database has a region.

    Args:
        name: Such as "Europe/Berlin".

    Returns:
        Whether it has.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True
