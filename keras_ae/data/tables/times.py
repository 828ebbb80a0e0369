"""Times in a column of a file: cells as nanoseconds, in each order of day and month that they allow."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import numpy as np
import pandas as pd

from keras_ae.data.tables.columns import Column
from keras_ae.data.tables.numeric_times import is_even
from keras_ae.data.tables.time_cells import by_layout, characters
from keras_ae.data.tables.time_form import MISSING_TIME, ORDERS, TimeForm
from keras_ae.data.tables.time_layouts import match_dotted_clock, match_time
from keras_ae.data.tables.time_parts import times_of_layout
from keras_ae.errors import InputError

__all__ = ["TimeReader", "parse_time"]


DATE = ("year", "month", "day", "name", "a")
"""Groups of a match one of which begins a date."""

MOST_FORMATS = 3


class TimeReader:
    """Reads the cells of a column as times, some at a time.

    Where dates are three numbers, a column is read in each order of them that its cells allow, until
    `time_orders.settle_orders` chooses one.

    Args:
        day_first: Whether the day comes before the month in such dates; None to find out.
    """

    def __init__(self, day_first: bool | None = None):
        self.orders: tuple[str, ...] = ORDERS
        if day_first is not None:
            self.orders = ("dmy",) if day_first else ("mdy", "ymd")
        self.grains: set[str] = set()
        self.zones: set[str] = set()
        self.unknown: set[str] = set()
        self.signs: set[str] = set()
        self.of_years = False
        self.formats: dict[tuple[str, str], str] = {}
        self._parts: list[dict[str, np.ndarray]] = []

    def add(self, cells: pd.Series) -> np.ndarray:
        """Reads more cells.

        Args:
            cells: (n,), texts, NaN where missing.

        Returns:
            (n,), bool, whether a cell is not missing and yet no time.
        """
        present = np.flatnonzero(cells.notna().to_numpy())
        times = self._read(characters(cells.to_numpy(object)[present]))
        failed = {order: int((values == MISSING_TIME).sum()) for order, values in times.items()}
        if "" not in times:
            self.orders = tuple(order for order in times if failed[order] == min(failed.values()))
        part = {order: np.full(len(cells), MISSING_TIME) for order in times if order in ("", *self.orders)}
        for order, values in part.items():
            values[present] = times[order]
        self._parts.append(part)
        bad = np.zeros(len(cells), bool)
        bad[present] = times[next(iter(part))] == MISSING_TIME
        return bad

    def values(self, order: str = "") -> np.ndarray:
        """All times that were read.

        Args:
            order: One of `orders`; "" for the first.

        Returns:
            (n,), int64, nanoseconds since 1970 in UTC, or since midnight where there are no dates; the lowest
            integer where missing.
        """
        order = order or self.orders[0]
        return np.concatenate([part[order if order in part else ""] for part in self._parts])

    def form(self, order: str = "") -> TimeForm:
        """How the times are written.

        Args:
            order: One of `orders`; "" for the first.

        Returns:
            The form.
        """
        if self.grains == {"clock"}:
            return TimeForm("clock")
        grain = next(iter(self.grains)) if len(self.grains) == 1 else ""
        zoned = bool(self.zones - {"", *self.unknown})
        return TimeForm("date", grain, (order or self.orders[0]) if self.signs else "", zoned=zoned)

    def column(self, name: str) -> Column:
        """The times as a column.

        Args:
            name: Its name.

        Returns:
            The column.
        """
        return Column(name, "time", self.values(), form=self.form())

    def zone_note(self, name: str) -> str:
        """The note on a time zone that is not known.

        Args:
            name: Name of the column.

        Returns:
            The note, for the user; "" where all are known.

        Raises:
            InputError: For several time zones, of which one is not known.
        """
        unknown = ", ".join(sorted(self.unknown))
        if unknown and len(self.zones) > 1:
            others = ", ".join(sorted(self.zones - self.unknown)) or "others"
            raise InputError(
                f"expected known time zones in column {name!r}, received {unknown} beside {others}; "
                "write offsets from UTC, such as 2024-01-31 10:00+02:00"
            )
        return unknown and f"the time zone {unknown} is not known: {name} is read as its clock shows it"

    def formats_note(self, name: str) -> str:
        """The note on dates in several formats.

        Args:
            name: Name of the column.

        Returns:
            The note, for the user, with an example of each; "" for one format.
        """
        if len(self.formats) < 2:
            return ""
        examples = " and ".join(list(self.formats.values())[:MOST_FORMATS])
        return f"{name} has times in {len(self.formats)} formats, such as {examples}: each is read in its own"

    @property
    def may_be_ids(self) -> bool:
        """Whether cells such as 2024-061 may number something else than the days of years.

        They are days if they rise evenly through the end of a year, in which no number above 366 follows.
        """
        if not self.of_years:
            return False
        days = self.values()[self.values() != MISSING_TIME].view("M8[ns]").astype("M8[D]")
        years = days.astype("M8[Y]")
        return not (len(days) and years[0] != years[-1] and is_even(days.astype(np.int64)))

    @property
    def ambiguous(self) -> bool:
        """Whether cells are different times in different orders."""
        return len(self.orders) > 1 and any("" not in part for part in self._parts)

    def _read(self, cells: np.ndarray) -> dict[str, np.ndarray]:
        """Times of cells by the order of their dates, or by "" if they are the same in each."""
        times = {"": np.full(len(cells), MISSING_TIME)}
        for rows, sample in by_layout(cells):
            match = match_time(sample)
            if match is None:
                continue
            part = times_of_layout(cells[rows], match, self.orders)
            dotted = match_dotted_clock(sample)
            if dotted is not None:
                part = max(part, times_of_layout(cells[rows], dotted, ()), key=lambda read: read.count)
            if self.grains and (part.grain == "clock") != ("clock" in self.grains):
                continue  # a time of day among dates, or a date among times of day
            self.grains.add(part.grain)
            groups = match.groupdict()
            if part.grain != "clock" and part.count:
                first = min((name for name in DATE if groups.get(name)), key=match.start, default="")
                self.formats.setdefault((first, groups.get("sign") or ""), sample)
            self.of_years |= groups.get("day_of_year") is not None and groups.get("hour") is None
            self.zones |= part.zones
            self.unknown |= part.unknown
            if "" not in part.times:
                self.signs.add(match["sign"])
                times = (
                    {order: times.get(order, times[""]).copy() for order in self.orders}
                    if "" in times
                    else times
                )
            for order, values in times.items():
                values[rows] = part.times[""] if "" in part.times else part.times.get(order, MISSING_TIME)
        return times


def parse_time(text: str, form: TimeForm) -> int:
    """A time that a user gives, by the form of those in a file.

    Args:
        text: The time; a number where the file has numbers.
        form: The form.

    Returns:
        The time as in the file's column.

    Raises:
        ValueError: If the text is no such time.
    """
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = None
    if form.kind in ("epoch", "number", "row") and number is not None and number.is_finite():
        return round(number * form.scale)
    if form.kind in ("number", "row"):
        raise ValueError(f"expected a number, received {text.strip()!r}")
    reader = TimeReader(None if not form.order else form.order == "dmy")
    kind = "clock" if form.kind == "clock" else "date"
    if reader.add(pd.Series([text.strip()], dtype=object)).any() or reader.form().kind != kind:
        example = "10:15:00" if kind == "clock" else "2024-01-31"
        raise ValueError(f"expected a time such as {example}, received {text.strip()!r}")
    return int(reader.values()[0])
