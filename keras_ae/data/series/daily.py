"""A generator of a daily pattern with anomalies of five kinds."""

from __future__ import annotations

import numpy as np

from keras_ae.data.series.resample import Series

__all__ = ["DAY", "KINDS", "daily_pattern"]

DAY = 96
"""Points of a day, a quarter of an hour each."""

KINDS = ("normal", "spike", "level shift", "dip", "frequency change", "missing beat")
"""Names of the kinds of points; the first is no anomaly."""


def daily_pattern(days: int, random: np.random.Generator) -> tuple[Series, np.ndarray]:
    """Generates days with two peaks and a short beat, lower on weekends, with noise and anomalies.

    The first half of the days is normal. In the second half every other day holds one anomaly; the kinds
    take turns.

    Args:
        days: How many days.
        random: The generator of the noise and of the anomalies' positions.

    Returns:
        The series of n = days * DAY points, and the kind of each point (n,) as an index into `KINDS`.
    """
    count = days * DAY
    clock = np.arange(count) % DAY / DAY
    weekend = (np.arange(count) // DAY % 7 >= 5) * 0.25
    peaks = np.exp(-(((clock - 0.35) / 0.08) ** 2)) + 0.8 * np.exp(-(((clock - 0.75) / 0.1) ** 2))
    level = 20 + 30 * peaks * (1 - weekend)
    beat = 4 * np.sin(2 * np.pi * np.arange(count) / 12)
    kinds = np.zeros(count, np.int64)
    for index, day in enumerate(range(days // 2 + 1, days - 1, 2)):
        kind = 1 + index % (len(KINDS) - 1)
        length = {1: 2, 2: 48, 3: 12, 4: 48, 5: 24}[kind]
        first = day * DAY + int(random.integers(0, DAY - length))
        piece = slice(first, first + length)
        kinds[piece] = kind
        if kind == 1:
            level[piece] += random.choice((-1, 1)) * 30
        elif kind == 2:
            level[piece] += 15
        elif kind == 3:
            level[piece] *= 0.3
        elif kind == 4:
            beat[piece] = 4 * np.sin(2 * np.pi * np.arange(length) / 5)
        else:
            beat[piece] = 0
    values = level + beat + random.normal(0, 0.7, count)
    times = np.datetime64("2024-01-01", "ns").astype(np.int64) + np.arange(count) * 900 * 10**9
    names = ("load",)
    series = Series(times, values[:, None], names, kinds > 0, np.arange(count))
    return series, kinds
