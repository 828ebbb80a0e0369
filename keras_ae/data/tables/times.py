"""Times in a file of rows: cells as nanoseconds, days and months in one order throughout the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

import numpy as np
import pandas as pd

from keras_ae.data.tables.time_form import MISSING_TIME, ORDERS, TimeForm
from keras_ae.data.tables.time_layouts import match_time
from keras_ae.data.tables.time_parts import WORDS, times_of_layout
from keras_ae.errors import InputError

__all__ = ["TimeReader", "are_times", "parse_time", "settle_orders"]

WIDTHS = (24, 40, 64)
"""Characters of a time; those of the longest cell decide which."""

MOST_LAYOUTS = 400
"""Layouts among the cells read at once, at most; cells of further ones are no times."""

EVEN = 0.5
"""Fraction of equal steps from which they tell the order of dates."""

_DIGIT, _LETTER = 48, 97
_SHAPES = np.arange(256, dtype=np.uint8)
_SHAPES[48:58] = _DIGIT
_SHAPES[65:91] = _SHAPES[97:123] = _LETTER
_BLANKS = str.maketrans("\u00a0\u202f\u2009\t", "    ")


class TimeReader:
    """Reads the cells of a column as times, some at a time.

    Where dates are three numbers, a column is read in each order of them that its cells allow, until
    `settle_orders` chooses one.

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
        self._parts: list[dict[str, np.ndarray]] = []

    def add(self, cells: pd.Series) -> np.ndarray:
        """Reads more cells.

        Args:
            cells: (n,), texts, NaN where missing.

        Returns:
            (n,), bool, whether a cell is not missing and yet no time.
        """
        present = np.flatnonzero(cells.notna().to_numpy())
        times = self._read(_characters(cells.to_numpy(object)[present]))
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
        return TimeForm("date", grain, (order or self.orders[0]) if self.signs else "")

    @property
    def ambiguous(self) -> bool:
        """Whether cells are different times in different orders."""
        return len(self.orders) > 1 and any("" not in part for part in self._parts)

    def _read(self, cells: np.ndarray) -> dict[str, np.ndarray]:
        """Times of cells by the order of their dates, or by "" if they are the same in each."""
        times = {"": np.full(len(cells), MISSING_TIME)}
        for rows, sample in _layouts(cells):
            match = match_time(sample)
            if match is None:
                continue
            part = times_of_layout(cells[rows], match, self.orders)
            if self.grains and (part.grain == "clock") != ("clock" in self.grains):
                continue  # a time of day among dates, or a date among times of day
            self.grains.add(part.grain)
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


def are_times(cells: Sequence[str]) -> bool:
    """Whether cells are times.

    Args:
        cells: Texts, none of them missing.

    Returns:
        Whether each is a time, in one order of day and month at least.
    """
    if not cells or any(match_time(cell.translate(_BLANKS)) is None for cell in cells[:8]):
        return False
    return not TimeReader().add(pd.Series(cells, dtype=object)).any()


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


def settle_orders(readers: Mapping[str, TimeReader], in_doubt: str = "") -> tuple[str, ...]:
    """Chooses the order of day, month and year in the columns of a file; it is one for all of them.

    Where no number above 12 tells the order, it is the one in which times are sorted or have equal steps.

    Args:
        readers: Those of the file's columns, by name; all cells are read. Each is left with one order.
        in_doubt: One of `ORDERS`, for times that do not tell theirs; "" for the day first where dots stand
            between the numbers, else the month.

    Returns:
        How dates and time zones were read, for the user, where their digits do not tell it.

    Raises:
        InputError: For clocks of several time zones, of which one is not known.
    """
    notes = [_zone_note(name, reader) for name, reader in readers.items() if reader.unknown]
    told = [reader.orders[0] for reader in readers.values() if reader.signs and not reader.ambiguous]
    for reader in readers.values():
        if reader.ambiguous and told and told[0] in reader.orders:
            reader.orders = told[:1]
    doubtful = [reader for reader in readers.values() if reader.ambiguous]
    common = [order for order in ORDERS if all(order in reader.orders for reader in doubtful)]
    if not doubtful or not common:
        return tuple(notes)
    order, reason = _by_steps(doubtful, common)
    if not order:
        dots = all(reader.signs == {"."} for reader in doubtful)
        usual = "dmy" if dots else "mdy"
        order, reason = (
            (in_doubt, "as in training") if in_doubt in common else (usual, "which they do not tell")
        )
    for reader in doubtful:
        reader.orders = (order,)
    first = {"dmy": "day", "mdy": "month", "ymd": "year"}[order]
    return (f"dates with the {first} first, {reason}", *notes)


def _by_steps(readers, orders):
    """The one order in which times are sorted, or have the most equal steps, and the reason; "" if none."""
    ranks = {order: [_rank(reader.values(order)) for reader in readers] for order in orders}
    unsorted = {order: sum(rank[0] for rank in each) for order, each in ranks.items()}
    left = [order for order in orders if unsorted[order] == min(unsorted.values())]
    if len(left) == 1:
        return left[0], "as they are in sequence"
    uneven = {order: sum(rank[1] for rank in ranks[order]) for order in left}
    left = [order for order in left if uneven[order] == min(uneven.values())]
    if len(left) == 1 and all(rank[2] for rank in ranks[left[0]]):
        return left[0], "as their equal steps tell"
    return "", ""


def _rank(times):
    """Whether times are not sorted, how many steps are not the usual one, and whether most are."""
    times = times[times != MISSING_TIME]
    steps = np.diff(times)
    steps = steps[steps != 0]
    if not len(steps):
        return False, 0, False
    months = np.diff(times.view("M8[ns]").astype("M8[M]").astype(np.int64))
    equal = max(_most_equal(steps), _most_equal(months[months != 0]) if _same_day(times) else 0)
    return not ((steps > 0).all() or (steps < 0).all()), len(steps) - equal, equal >= EVEN * len(steps)


def _most_equal(steps):
    """How many steps are the most frequent one."""
    return int(np.unique(steps, return_counts=True)[1].max()) if len(steps) else 0


def _same_day(times):
    """Whether times are on the same day of their months."""
    days = times.view("M8[ns]")
    inside = days - days.astype("M8[M]")
    return bool((inside == inside[0]).all())


def _zone_note(name, reader):
    """The note on time zones that are not known."""
    unknown = ", ".join(sorted(reader.unknown))
    if len(reader.zones) > 1:
        others = ", ".join(sorted(reader.zones - reader.unknown)) or "others"
        raise InputError(
            f"expected known time zones in column {name!r}, received {unknown} beside {others}; write their "
            "offsets from UTC, such as 2024-01-31 10:00+02:00"
        )
    return f"the time zone {unknown} is not known: the times of {name} are those of its clock"


def _characters(texts):
    """Texts as characters (n, width), uint8; too long ones are left empty."""
    if not len(texts):
        return np.zeros((0, WIDTHS[0]), np.uint8)
    for width in WIDTHS:
        try:
            cells = texts.astype(f"S{width}").view(np.uint8).reshape(len(texts), width)
        except UnicodeEncodeError:
            plain = [text.translate(_BLANKS).encode("ascii", "replace") for text in texts]
            cells = np.array(plain, f"S{width}").view(np.uint8).reshape(len(texts), width)
        if not cells[:, -1].any():
            return cells
    return np.where(cells[:, -1:] != 0, 0, cells).astype(np.uint8)


def _layouts(cells: np.ndarray) -> Iterator[tuple[np.ndarray, str]]:
    """The rows of cells of each layout, and a cell of them.

    Cells have one layout if digits, letters and signs stand at the same positions, and they are the same
    letters where those are no word of a time.
    """
    shapes = _SHAPES[cells]
    lanes = np.ascontiguousarray(shapes).view(np.uint64)
    rest = np.arange(len(cells))
    for _ in range(MOST_LAYOUTS):
        if not len(rest):
            return
        first = rest[0]
        sample = cells[first].tobytes().rstrip(b"\0").decode("latin-1")
        same = (lanes[rest] == lanes[first]).all(axis=1)
        match = match_time(sample)
        words = [match.span(name) for name in WORDS if name in match.re.groupindex] if match else []
        for at in np.flatnonzero(shapes[first] == _LETTER):
            if not any(begin <= at < end for begin, end in words):
                same &= cells[rest, at] | 32 == cells[first, at] | 32
        yield rest[same], sample
        rest = rest[~same]
