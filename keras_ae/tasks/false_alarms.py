"""Thresholds of the anomaly scores of points in time, by a number of false alarms in some time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import log, log1p, sqrt

import numpy as np

from keras_ae.checked import Checked
from keras_ae.errors import InputError, check_least
from keras_ae.tasks.thresholds import FittedThreshold

__all__ = ["FalseAlarms", "gumbel"]

EULER = 0.5772156649
SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800}
BOUND = 1.645
"""Standard errors that the threshold is above its estimate: 95 % confidence, one-sided."""

LONGEST = 1e12
"""The largest number in a time that may be given."""

FAR = 20
"""A promise for this many times the normal part, or more, rests on the form of the distribution alone."""


def gumbel(maxima: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fits Gumbel distributions by their moments.

    Args:
        maxima: (blocks, ...).

    Returns:
        Locations and scales, (...); a scale is above 0.
    """
    scale = np.maximum(maxima.std(axis=0, ddof=1) * sqrt(6) / np.pi, 1e-6)
    return maxima.mean(axis=0) - EULER * scale, scale


@dataclass(frozen=True)
class FalseAlarms(metaclass=Checked):
    """A threshold by the number of false alarms, spans of normal points that are flagged, in some time.

    The maxima of blocks of normal points are taken to have a Gumbel distribution (Coles 2001, An Introduction
    to Statistical Modeling of Extreme Values). The threshold is its quantile at the rate that is allowed,
    with a margin for the few blocks it was fitted to.

    Attributes:
        per: A time, a number and one of s, min, h, d and w, or a number of points. A time counts as 1,000
            points where a series has no times.
        at_most: False alarms in it, on average, above 0.
    """

    per: str = "30d"
    at_most: float = 1.0

    def __post_init__(self) -> None:
        check_least(self, at_most=1e-9)
        written = isinstance(self.per, str) and re.fullmatch(r"\d+(\.\d+)?(s|min|h|d|w)?", self.per)
        if not written or not 0 < float(self._number) <= LONGEST:
            raise InputError(
                f'expected a time or points, such as "30d", "12h" or "1000", received {str(self.per)[:40]!r};'
                f" give a number above 0 and up to {LONGEST:,.0f}"
            )

    @property
    def _number(self) -> str:
        return self.per.rstrip("sminhdw")

    def points(self, step: int) -> float:
        """The points that the promise is for.

        Args:
            step: Nanoseconds from one point to the next; 0 where they have no times.

        Returns:
            Their number, at least 1.
        """
        unit = self.per[len(self._number) :]
        if not unit:
            return max(1.0, float(self._number))
        return max(1.0, float(self._number) * SECONDS[unit] * 1e9 / step) if step else 1000.0

    def fit(self, maxima: np.ndarray, block: int, step: int) -> FittedThreshold:
        """Fits the threshold.

        Args:
            maxima: (blocks,), the highest score of each block of normal points, at least 2.
            block: Points of a block.
            step: Nanoseconds from one point to the next; 0 where they have no times.

        Returns:
            The fitted threshold.
        """
        location, scale = (float(value) for value in gumbel(maxima))
        points, blocks = self.points(step), len(maxima)
        rate = min(0.5, self.at_most * block / points)
        quantile = -log(-log1p(-rate))
        factor = (quantile - EULER) * sqrt(6) / np.pi
        # standard error of a quantile by moments (Kite 1977, Frequency and Risk Analyses in Hydrology)
        error = np.pi / sqrt(6) * sqrt((1 + 1.1396 * factor + 1.1 * factor**2) / blocks)
        value = location + scale * (quantile + BOUND * error)
        learned = blocks * block
        wanted = f"{self.per} ({points:,.0f} points)" if self.per != self._number else f"{points:,.0f} points"
        if step == 0 and self.per != self._number:
            wanted = f"{points:,.0f} points"
        alarms = "false alarm" if self.at_most == 1 else "false alarms"
        guarantee = f"at most {self.at_most:g} {alarms} in {wanted}, if normal parts go on as they were"
        if points > FAR * learned:
            guarantee += (
                f"; that is {points / learned:,.0f} times the {learned:,} points it was fitted to: for a "
                f"firm promise take {points / FAR:,.0f} normal points or allow more false alarms"
            )
        method = f"Gumbel distribution of the highest scores of {blocks} blocks of {block} normal points"
        return FittedThreshold(value, method, guarantee, blocks)
