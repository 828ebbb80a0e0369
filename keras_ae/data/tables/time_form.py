"""The form of times: what the numbers of a column of times stand for, and how people write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["MISSING_TIME", "ORDERS", "TimeForm", "format_time"]

ORDERS = ("mdy", "dmy", "ymd")
"""Orders of month, day and year in dates of three numbers."""

MISSING_TIME = np.iinfo(np.int64).min


@dataclass(frozen=True)
class TimeForm:
    """How times are written.

    Attributes:
        kind: "date"; "clock" for times of day without a day; "epoch" for numbers since 1970; "number" for
            numbers that count something else; "row" where there are none and rows are counted.
        grain: "year", "quarter", "month", "week" or "day" where times name no less than one; else "".
        order: Of month, day and year in dates of three numbers, one of `ORDERS`; "" where it is not known.
        scale: Of "epoch", the nanoseconds that a number counts. Of "number", how many whole numbers of the
            times make one of the file's.
        precision: The times are whole multiples of it.
        zoned: Whether they are written with a time zone, and so in UTC here.
    """

    kind: str = "date"
    grain: str = ""
    order: str = ""
    scale: int = 1
    precision: int = 1
    zoned: bool = False

    @property
    def dated(self) -> bool:
        """Whether the times are nanoseconds since 1970."""
        return self.kind in ("date", "epoch")


def format_time(time: int | np.integer, form: TimeForm) -> str:
    """A time as its file writes it, or in ISO 8601 where that has no time of day or seconds.

    Args:
        time: The time.
        form: Its form.

    Returns:
        The text.
    """
    time = (int(time) + form.precision // 2) // form.precision * form.precision
    if form.kind in ("epoch", "number"):
        whole, rest = divmod(abs(time), form.scale)
        digits = len(str(form.scale)) - 1
        decimals = f".{rest:0{digits}}".rstrip("0") if rest else ""
        return f"{'-' if time < 0 else ''}{whole}{decimals}"
    if form.kind == "row":
        return f"{time:,}"
    import pandas as pd  # a run's folder has forms of times; only rows need the package itself

    if form.kind == "clock":
        days, clock = divmod(time, 86_400 * 10**9)
        return (f"{days} d " if days else "") + str(pd.Timestamp(clock).time())
    return _date(pd.Timestamp(time), form.grain)


def _date(time: Any, grain: str) -> str:
    """A date by its grain."""
    if grain == "year":
        return f"{time.year}"
    if grain == "quarter":
        return f"{time.year}Q{time.quarter}"
    if grain == "month":
        return f"{time:%Y-%m}"
    if grain == "week":
        year, week, _ = time.isocalendar()
        return f"{year}-W{week:02}"
    return f"{time:%Y-%m-%d}" if grain == "day" else str(time)
