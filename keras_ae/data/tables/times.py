"""Times in a file of rows: cells as nanoseconds, days and months in one order throughout the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

import numpy as np
import pandas as pd

from keras_ae.data.tables.columns import Column
from keras_ae.data.tables.time_form import MISSING_TIME, ORDERS, TimeForm
from keras_ae.data.tables.time_layouts import match_dotted_clock, match_time
from keras_ae.data.tables.time_parts import DAY, WORDS, times_of_layout
from keras_ae.errors import InputError

__all__ = ["TimeReader", "are_times", "parse_time", "settle_orders"]

WIDTHS = (24, 40, 64)
"""Characters of a time; those of the longest cell decide which."""

FIRST = {"dmy": "day", "mdy": "month", "ymd": "year"}

MOST_LAYOUTS = 400
"""Layouts among the cells read at once, at most; cells of further ones are no times."""

MOST_FAULTS = 0.5
"""Fraction of cells that are no times, though they look like it, up to which a column is one of times."""

REPEATED = 20
"""Rows of each day from which days are not taken for months."""

EVEN = 0.5
"""Fraction of equal steps from which they tell the order of dates."""

_DIGIT, _LETTER = 48, 97
_SHAPES = np.arange(256, dtype=np.uint8)
_SHAPES[48:58] = _DIGIT
_SHAPES[65:91] = _SHAPES[97:123] = _LETTER
_KEYS = np.random.default_rng(0).integers(1, 2**63, 8, np.uint64) * 2 + 1
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
            dotted = match_dotted_clock(sample)
            if dotted is not None:
                part = max(part, times_of_layout(cells[rows], dotted, ()), key=lambda read: read.count)
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
    """Whether cells are meant as times.

    Args:
        cells: Texts, none of them missing.

    Returns:
        Whether each has the layout of a time, and half of them at least are times, in one order of day and
        month; the others, such as 30 February, are then faults.
    """
    if not cells or any(match_time(cell.translate(_BLANKS)) is None for cell in cells[:8]):
        return False
    texts = np.array(cells, object)
    layouts = all(match_time(sample) for _, sample in _layouts(_characters(texts)))
    return layouts and TimeReader().add(pd.Series(texts)).mean() <= MOST_FAULTS


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


def settle_orders(readers: Mapping[str, TimeReader], in_doubt: str = "") -> str:
    """Chooses the order of day, month and year in the columns of a file; it is one for all of them.

    Where no number above 12 tells the order, it is the one in which times are sorted or have equal steps.

    Args:
        readers: Those of the file's columns, by name; all cells are read. Each is left with one order.
        in_doubt: One of `ORDERS`, for times that do not tell theirs; "" for the day first where dots stand
            between the numbers, else the month.

    Returns:
        How the order was found, for the user; "" where numbers above 12 tell it, or there is none.
    """
    settled = [reader.orders[0] for reader in readers.values() if reader.signs and not reader.ambiguous]
    for reader in readers.values():
        if reader.ambiguous and settled and settled[0] in reader.orders:
            reader.orders = (settled[0],)
    doubtful = [reader for reader in readers.values() if reader.ambiguous]
    common = [order for order in ORDERS if all(order in reader.orders for reader in doubtful)]
    if not doubtful or not common:
        return ""
    clocks = [reader.values() for reader in readers.values() if reader.grains == {"clock"}]
    order, reason = _by_steps(doubtful, common, sum(clocks[:1]))
    if not order and in_doubt in common:
        order, reason = in_doubt, "as in training"
    if not order:
        order = "dmy" if all(reader.signs == {"."} for reader in doubtful) else "mdy"
        other = "false" if order == "dmy" else "true"
        reason = f'which they do not tell (SET="data.dayfirst={other}" for the other order)'
    for reader in doubtful:
        reader.orders = (order,)
    return f"dates with the {FIRST[order]} first, {reason}"


def _by_steps(readers, orders, clock):
    """The one order in which times are sorted, or have the most equal steps, and the reason; "" if none."""
    ranks = {order: [_rank(reader.values(order), clock) for reader in readers] for order in orders}
    unsorted = {order: sum(rank[0] for rank in each) for order, each in ranks.items()}
    left = [order for order in orders if unsorted[order] == min(unsorted.values())]
    if len(left) == 1:
        return left[0], "as their sequence tells"
    uneven = {order: sum(rank[1] for rank in ranks[order]) for order in left}
    left = [order for order in left if uneven[order] == min(uneven.values())]
    if len(left) == 1 and all(rank[2] for rank in ranks[left[0]]):
        return left[0], "as their equal steps tell"
    return "", ""


def _rank(times, clock):
    """Whether times are not sorted, how many steps are not the usual one, and whether most are.

    Days that repeat are of rows of a day, whose time of day may stand in another column, and not of months.
    """
    present = times != MISSING_TIME
    times = (times + clock if (times[present] % DAY == 0).all() else times)[present]
    steps = np.diff(times)
    repeated = (steps == 0).sum() >= REPEATED * max((steps != 0).sum(), 1)
    steps = steps[steps != 0]
    if not len(steps):
        return False, 0, False
    months = np.diff(times.view("M8[ns]").astype("M8[M]").astype(np.int64))
    monthly = _same_day(times) and not repeated
    equal = max(_most_equal(steps), _most_equal(months[months != 0]) if monthly else 0)
    return not ((steps > 0).all() or (steps < 0).all()), len(steps) - equal, equal >= EVEN * len(steps)


def _most_equal(steps):
    """How many steps are the most frequent one."""
    return int(np.unique(steps, return_counts=True)[1].max()) if len(steps) else 0


def _same_day(times):
    """Whether times are on the same day of their months."""
    days = times.view("M8[ns]")
    inside = days - days.astype("M8[M]")
    return bool((inside == inside[0]).all())


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
    keys = np.ascontiguousarray(shapes).view(np.uint64) @ _KEYS[: cells.shape[1] // 8]
    groups, _ = pd.factorize(keys)
    sorted_rows = np.argsort(groups, kind="stable")
    count = 0
    for rows in np.split(sorted_rows, np.cumsum(np.bincount(groups))[:-1]):
        while len(rows) and count < MOST_LAYOUTS:
            count += 1
            first = rows[0]
            sample = cells[first].tobytes().rstrip(b"\0").decode("latin-1")
            same = _same_letters(cells[rows], shapes[first], match_time(sample))
            yield rows[same], sample
            rows = rows[~same]


def _same_letters(cells, shape, match):
    """Whether cells of one shape have the letters of the first one, but for the words of times."""
    words = [match.span(name) for name in WORDS if name in match.re.groupindex] if match else []
    same = np.ones(len(cells), bool)
    for at in np.flatnonzero(shape == _LETTER):
        if not any(begin <= at < end for begin, end in words):
            same &= cells[:, at] | 32 == cells[0, at] | 32
    return same
