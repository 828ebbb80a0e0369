"""The lines of a series in charts, on paper and in reports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Lines"]

LEAST = 0.1
"""The least fraction of the contributions in a span with which a channel is one that it comes from."""


@dataclass(frozen=True, eq=False)
class Lines:
    """The lines of a series in a chart.

    Attributes:
        times: (n,) datetime64 or numbers.
        values: (n, channels).
        names: The channels' names.
        scores: (n,), NaN where there is none.
        flagged: Spans that the detector flags, as (first, past the last).
        known: Spans that are labeled as anomalies.
        expected: (n, channels), the values that were to be expected; None if unknown.
        contributions: (n, channels), what each channel adds to the scores; None if unknown.
    """

    times: np.ndarray
    values: np.ndarray
    names: tuple[str, ...]
    scores: np.ndarray
    flagged: list[tuple[int, int]]
    known: list[tuple[int, int]]
    expected: np.ndarray | None = None
    contributions: np.ndarray | None = None

    def channels(self, most: int) -> list[int]:
        """The channels to show: those that the flagged spans come from most, then the first.

        Args:
            most: How many, at most.

        Returns:
            Their indices in ascending order.
        """
        weights = np.zeros(len(self.names))
        if self.contributions is not None:
            for first, last in self.flagged:
                part = np.nansum(self.contributions[first:last], axis=0)
                weights += part / max(float(part.sum()), 1e-30)
        return sorted(np.argsort(-weights, kind="stable")[:most].tolist())

    def spans_of(self, channel: int) -> list[tuple[int, int]]:
        """The flagged spans that a channel contributes to.

        Args:
            channel: The index of the channel.

        Returns:
            Those in which a tenth of the contributions, or more, are its own; all where these are unknown.
        """
        if self.contributions is None:
            return self.flagged
        sums = [np.nansum(self.contributions[first:last], axis=0) for first, last in self.flagged]
        return [
            span
            for span, part in zip(self.flagged, sums, strict=True)
            if part[channel] >= LEAST * max(float(part.sum()), 1e-30)
        ]
