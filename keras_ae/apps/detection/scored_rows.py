"""Anomaly scores of rows or points, with the columns that they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from keras_ae.tasks.thresholds import FittedThreshold

__all__ = ["ScoredRows"]

MOST_REASONS, LEAST_REASON = 3, 0.1
"""Maximum number of columns named as reasons for a flagged row, and the minimum contribution of each."""


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """Anomaly scores of rows, or of points in time.

    Attributes:
        scores: (n,), NaN for a row without a score.
        p_values: (n,), NaN for a row without a score.
        flags: (n,) bool, whether a row is an anomaly.
        contributions: (n, columns), what each column adds to the score.
        columns: The columns' names.
        example_scores: (m,), scores of the model's own examples: the rows, or windows of a series.
        expected: (n, columns), the values that were expected at the points of a series; None if unknown.
        expectations: The values that were expected in the highest rows of a table, by row and column.
        learned: (n,), bool, whether a row of a table was learned from; None if unknown.
        fitted: The threshold of these rows; None for that of the detector.
        noise: (n, columns), the noise around the points of a series, in the largest of its normal part; None
            if unknown.
        remarks: What to know of the rows, for the user.
    """

    scores: np.ndarray
    p_values: np.ndarray
    flags: np.ndarray
    contributions: np.ndarray
    columns: tuple[str, ...]
    example_scores: np.ndarray
    expected: np.ndarray | None = None
    expectations: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    learned: np.ndarray | None = None
    fitted: FittedThreshold | None = None
    noise: np.ndarray | None = None
    remarks: tuple[str, ...] = ()

    def part(self, first: int, last: int) -> ScoredRows:
        """Some consecutive rows.

        Args:
            first: The first row.
            last: One past the last.

        Returns:
            Their scores.
        """
        fields = ("scores", "p_values", "flags", "contributions", "expected", "noise")
        own = {field: getattr(self, field) for field in fields}
        return replace(self, **{field: each[first:last] for field, each in own.items() if each is not None})

    def largest(self, row: int) -> str:
        """The columns that contribute most to the score of a row.

        Args:
            row: The index of the row.

        Returns:
            A text such as "speed 80%, load 20%".
        """
        return ", ".join(f"{column} {fraction:.0%}" for column, fraction in self.fractions(row))

    def fractions(self, row: int) -> list[tuple[str, float]]:
        """The columns that contribute most to the score of a row, with their fractions of it.

        Args:
            row: The index of the row.

        Returns:
            At most three names with a fraction each, the largest first.
        """
        contributions = np.maximum(np.nan_to_num(self.contributions[row]), 0.0)
        fractions = contributions / max(float(contributions.sum()), 1e-30)
        largest = np.argsort(-fractions, kind="stable")[:MOST_REASONS]
        return [
            (self.columns[column], float(fractions[column]))
            for column in largest
            if fractions[column] >= LEAST_REASON
        ]

    def highest(self, count: int) -> list[int]:
        """The rows with the highest scores.

        Args:
            count: How many, at most.

        Returns:
            Their indices, the highest first; rows without a score are left out.
        """
        finite = np.flatnonzero(np.isfinite(self.scores))
        return finite[np.argsort(-self.scores[finite], kind="stable")[:count]].tolist()
