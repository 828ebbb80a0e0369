"""One order of day, month and year for all times of a file."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from keras_ae.data.tables.time_form import MISSING_TIME, ORDERS
from keras_ae.data.tables.time_parts import DAY
from keras_ae.data.tables.times import TimeReader

__all__ = ["settle_orders"]

FIRST = {"dmy": "day", "mdy": "month", "ymd": "year"}

REPEATED = 20
"""Rows of each day from which days are not taken for months."""

EVEN = 0.5
"""Fraction of equal steps from which they tell the order of dates."""


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
