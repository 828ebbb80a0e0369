"""How a file writes its times, as a pattern that `strftime` takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

__all__ = ["time_pattern"]

DATES = (
    *("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%Y%m%d"),
    *("%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%d.%m.%y", "%m/%d/%y", "%Y-%m", "%Y"),
)
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", "T%H:%M", "T%H:%M:%S", "T%H:%M:%S.%f", "T%H:%M:%SZ")
PATTERNS = (*(date + clock for clock in CLOCKS for date in DATES), "%H:%M", "%H:%M:%S", "%I:%M %p")
"""Patterns that are tried, the usual ones first."""

LOOKED_AT = 50
"""Different texts that a pattern must give back exactly, at most."""

DAY = 86_400 * 10**9


def time_pattern(times: np.ndarray, texts: Sequence[str]) -> str:
    """The pattern of a column of times.

    Args:
        times: (n,), int64, nanoseconds since 1970 or since midnight.
        texts: The same as their file has them; () where it has none.

    Returns:
        The pattern by which some texts are written; without one ISO 8601, of whole days the date alone.
    """
    shown = pd.to_datetime(np.asarray(times[:LOOKED_AT], np.int64))
    expected = list(texts[:LOOKED_AT])
    if expected:
        for pattern in PATTERNS:
            if shown.strftime(pattern).tolist() == expected:
                return pattern
    return "%Y-%m-%d" if not (np.asarray(times) % DAY).any() else "%Y-%m-%d %H:%M:%S"
