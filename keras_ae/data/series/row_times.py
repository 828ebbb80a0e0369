"""The times of the rows of a table, in one column of it or in several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from keras_ae.data.tables.columns import Column
from keras_ae.data.tables.numeric_times import is_time_name, times_as_before, times_of_numbers
from keras_ae.data.tables.roles import incomplete_times, times_in_numbers
from keras_ae.data.tables.time_columns import times_in_parts
from keras_ae.data.tables.time_form import MISSING_TIME, TimeForm
from keras_ae.data.tables.time_parts import DAY
from keras_ae.data.tables.writing import UNKNOWN, Writing
from keras_ae.errors import InputError

__all__ = ["RowTimes", "row_times"]

HOUR = DAY // 24
_HOURS = ("hour", "hr", "hours", "stunde", "heure", "hora")


@dataclass(frozen=True, eq=False)
class RowTimes:
    """The times of the rows of a table.

    Attributes:
        columns: The columns that hold them; several where one holds the day and another the time of day.
        times: (n,), int64, as `form` says.
        form: How they are written.
    """

    columns: tuple[str, ...]
    times: np.ndarray
    form: TimeForm

    @property
    def note(self) -> str:
        """How the times were found, for the user; "" for a column of dates."""
        if len(self.columns) > 1:
            return f"times from {' and '.join((', '.join(self.columns[:-1]), self.columns[-1]))}"
        of = {"epoch": "since 1970", "clock": "of day", "number": "as numbers"}.get(self.form.kind, "")
        return f"times {of} from {self.columns[0]}".replace("  ", " ") + ", in UTC" * self.form.zoned


def row_times(columns: Mapping[str, Column], setting: str = "", before: Writing = UNKNOWN) -> RowTimes | None:
    """Finds the times of the rows of a table.

    Args:
        columns: The table's columns, by name.
        setting: The column of times that the user names, or several with commas between them; "" to find
            it: dates first, then numbers that rise and are a date or a number since 1970, then times of day,
            then rising numbers that are called a time.
        before: How those in the file of the training were written, which decides what numbers count.

    Returns:
        The times; None where there are none.

    Raises:
        InputError: For an unknown column, one that holds no times, and one in which some are missing.
    """
    if setting:
        return _times_of_setting(columns, setting, before)
    dates = [column for column in columns.values() if column.kind == "time" and column.form.kind == "date"]
    if dates:
        complete = [column for column in dates if not column.missing.any()]
        each = [_with_clock(columns, column.name, column.values, column.form) for column in complete]
        if not each:
            raise _incomplete(dates[0])
        different = [len(np.unique(found.times)) for found in each]
        return next(
            found for found, count in zip(each, different, strict=True) if 2 * count >= max(different)
        )
    parts = times_in_parts(columns)
    if parts is not None:
        return RowTimes(*parts)
    found = [(name, *times) for name, times in times_in_numbers(columns).items()]
    for name, times, form in found:
        if form.dated:
            return _with_clock(columns, name, times, form)
    for column in columns.values():
        if column.kind == "time" and not column.missing.any():
            return RowTimes((column.name,), _past_midnight(column.values), column.form)
    for name in incomplete_times(columns):
        raise _incomplete(columns[name])
    return next((RowTimes((name,), times, form) for name, times, form in found), None)


def _times_of_setting(columns, setting, before):
    """The times in the columns that the user names."""
    names = [setting] if setting in columns else [name.strip() for name in setting.split(",")]
    unknown = [name for name in names if name not in columns]
    if unknown:
        raise InputError(f"there is no column {unknown[0]!r}; the columns are {', '.join(columns)}")
    chosen = {name: columns[name] for name in names}
    if len(names) > 1:
        joined = row_times(chosen)
        if joined is not None and len(joined.columns) == 1:
            joined = _with_clock(chosen, joined.columns[0], joined.times, joined.form, always=True)
        if joined is None or set(joined.columns) != set(names):
            raise InputError(
                f"expected dates and times of day in {' and '.join(names)}, which make no times together; "
                f'name one column: SET="data.time={names[0]}"'
            )
        return joined
    [column] = chosen.values()
    if column.kind == "time":
        times = _complete(column)
        return RowTimes((setting,), times if column.form.dated else _past_midnight(times), column.form)
    times = None
    if column.kind == "number":
        times = times_as_before(column.values, before) or times_of_numbers(setting, column.values, sure=True)
    if times is None:
        raise _incomplete(column)
    return RowTimes((setting,), *times)


def _complete(column):
    """The times in a column that has one in every row."""
    if column.missing.any():
        raise _incomplete(column)
    return column.values


def _incomplete(column):
    """The error about a column without a time in every row."""
    return InputError(
        f"expected a time in every row of {column.name!r}, received {int(column.missing.sum())} rows "
        f'without and values of kind {column.kind}; correct them, or choose another: SET="data.time=..."'
    )


def _with_clock(columns, name, times, form, always=False):
    """Dates, and the times of day that another column holds where dates repeat."""
    days = times // DAY * DAY
    if (days == times).all() and (always or len(np.unique(days)) < len(days)):
        for other, column in columns.items():
            clock = _clock_in(column)
            if other != name and clock is not None:
                return RowTimes((name, other), times + clock, replace(form, grain=""))
    return RowTimes((name,), times, form)


def _clock_in(column):
    """Nanoseconds since midnight in a column of times of day or of hours; None where it holds none."""
    if column.missing.any():
        return None
    values = column.values
    if column.kind == "time":
        return values if column.form.kind == "clock" and (values <= DAY).all() else None
    if column.kind != "number" or not (values % 1 == 0).all() or values.min() < 0:
        return None
    if column.name.strip().lower() in _HOURS:
        return values.astype(np.int64) * HOUR if values.max() <= 24 else None
    whole = values.astype(np.int64)
    if not is_time_name(column.name) or values.max() < 100:
        return None
    whole = whole if values.max() > 2400 else whole * 100  # 930 is 09:30, 93000 is 09:30:00
    hours, minutes, seconds = whole // 10_000, whole // 100 % 100, whole % 100
    valid = ((hours < 24) & (minutes < 60) & (seconds < 60)).all()
    return (hours * 3600 + minutes * 60 + seconds) * 10**9 if valid else None


def _past_midnight(clock):
    """Times of day as time since the first midnight: where they fall, a day has passed."""
    falls = np.diff(clock) < 0
    if not falls.any() or falls.mean() > 0.1 or (clock == MISSING_TIME).any():
        return clock
    return clock + DAY * np.concatenate([[0], np.cumsum(falls)])
