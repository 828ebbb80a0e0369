"""Times whose year, month, day, ... each have a column of their own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from keras_ae.data.tables.columns import Column
from keras_ae.data.tables.time_form import TimeForm
from keras_ae.data.tables.time_layouts import month_of
from keras_ae.data.tables.time_parts import DAY, day_of_week, days_of

__all__ = ["times_in_parts"]

PARTS = ("year", "month", "day", "hour", "minute", "second")
"""Names of columns of parts, the largest first."""

_NANOSECONDS = {"hour": DAY // 24, "minute": DAY // 1440, "second": DAY // 86_400}


def times_in_parts(columns: Mapping[str, Column]) -> tuple[tuple[str, ...], np.ndarray, TimeForm] | None:
    """Times of which year and month, day, hour, ..., or quarter, or week have columns of their own.

    Args:
        columns: By name.

    Returns:
        The names of the columns, (n,) int64 nanoseconds since 1970, and their form; None where the columns
        hold no such times.
    """
    found = {}
    for name, column in columns.items():
        part = name.strip().lower().rstrip("s")
        values = _part(column, part)
        if values is not None:
            found[part] = name, values
    if "year" not in found or len(found) < 2:
        return None
    names = [part for part in PARTS if part in found]
    if len(names) > 1 and tuple(names) == PARTS[: len(names)]:
        year, month = found["year"][1], found["month"][1]
        days, valid = days_of(year, month, found["day"][1] if "day" in found else np.int64(1))
        grain = "" if len(names) > 3 else names[-1]
    elif "quarter" in found:
        names, grain = ["year", "quarter"], "quarter"
        days, valid = days_of(found["year"][1], 3 * found["quarter"][1] - 2, np.int64(1))
    elif "week" in found:
        names, grain = ["year", "week"], "week"
        days, valid = day_of_week(found["year"][1], found["week"][1], np.int64(1))
    else:
        return None
    if not valid.all():
        return None
    times = days * DAY + sum(found[part][1] * _NANOSECONDS[part] for part in names[3:])
    return tuple(found[part][0] for part in names), times, TimeForm("date", grain)


def _part(column, part):
    """The whole numbers in a column, or the numbers of months that it names; None if one is missing."""
    if column.missing.any() or part not in (*PARTS, "quarter", "week"):
        return None
    if column.kind == "number" and (column.values % 1 == 0).all():
        return column.values.astype(np.int64)
    months = [month_of(word) if len(word) > 2 else None for word in column.words]
    if column.kind != "text" or part != "month" or None in months:
        return None
    return np.array(months, np.int64)[column.values]
