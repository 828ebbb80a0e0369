"""Anomaly scores of the points of a series that grows, the same as those of the whole series."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from keras_ae.tasks.point_detection import FittedPoints, ScoredPoints, flagged_points, scored_series

__all__ = ["PointStream", "final_points"]


def final_points(count: int, context: int) -> int:
    """The points of a series whose scores stay the same however it goes on.

    A point's context, the one whose ends are farthest from it, holds points after it, so the scores of the
    newest points are provisional.

    Args:
        count: Points of the series.
        context: Points of a context.

    Returns:
        Their number, from the first: all but half to three quarters of a context.
    """
    last = count - context
    return 0 if last < 0 else (max(0, last - 1) // (context // 2) * (context // 2) + count) // 2


class PointStream:
    """Scores a series that grows: after each `update` all points have the scores of the whole series so far.

    Attributes:
        fitted: The detector.
        final: Points whose scores stay the same, from the first.
    """

    def __init__(self, fitted: FittedPoints) -> None:
        self.fitted, self.final = fitted, 0
        self._known: ScoredPoints | None = None
        self._values = np.empty((0, fitted.model.inputs[0].shape[2]), np.float32)

    @property
    def context(self) -> int:
        """Points of a context."""
        return int(self.fitted.model.inputs[0].shape[1])

    def update(self, values: np.ndarray) -> ScoredPoints:
        """Scores the points that are new, and those before whose scores depend on them.

        Args:
            values: (n, channels), standardized, NaN where missing: all points so far. If values before the
                first `final` points are not those of the last call, all points are scored anew.

        Returns:
            The scores of all points.
        """
        if not np.array_equal(values[: self.final], self._values[: self.final], equal_nan=True):
            self.final, self._known = 0, None
        half = self.context // 2
        first = max(0, self.final // half - 2) * half
        scored = scored_series(self.fitted, values[first:])
        if self._known is not None and first:
            known, keep = self._known, self.final
            joined = {
                field.name: np.concatenate(
                    [getattr(known, field.name)[:keep], getattr(scored, field.name)[keep - first :]]
                )
                for field in fields(ScoredPoints)
            }
            scored = ScoredPoints(**joined)
            threshold, window = self.fitted.threshold.value, self.fitted.window
            scored = replace(
                scored, flags=flagged_points(scored.scores, scored.deviations, threshold, window)
            )
        self._known, self._values, self.final = scored, values, final_points(len(values), self.context)
        return scored
