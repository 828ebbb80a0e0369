"""Anomaly scores of rows or points, with the columns that they come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

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
    """

    scores: np.ndarray
    p_values: np.ndarray
    flags: np.ndarray
    contributions: np.ndarray
    columns: tuple[str, ...]
    example_scores: np.ndarray
    expected: np.ndarray | None = None

    def part(self, first: int, last: int) -> ScoredRows:
        """Some consecutive rows.

        Args:
            first: The first row.
            last: One past the last.

        Returns:
            Their scores.
        """
        fields = ("scores", "p_values", "flags", "contributions", "expected")
        own = {field: getattr(self, field) for field in fields}
        return replace(self, **{field: each[first:last] for field, each in own.items() if each is not None})

    def reasons(self, rows: np.ndarray) -> Iterator[str]:
        """The columns that contribute most to the scores of some rows.

        Args:
            rows: Indices of rows.

        Yields:
            A text for each row, such as "speed 80%, load 20%"; empty for rows that are not flagged.
        """
        for row in rows:
            yield self.largest(row) if self.flags[row] else ""

    def largest(self, row: int) -> str:
        """The columns that contribute most to the score of a row.

        Args:
            row: The index of the row.

        Returns:
            A text such as "speed 80%, load 20%".
        """
        total = max(float(np.nansum(self.contributions[row])), 1e-30)
        fractions = self.contributions[row] / total
        largest = np.argsort(-fractions)[:MOST_REASONS]
        named = [column for column in largest if fractions[column] >= LEAST_REASON]
        return ", ".join(f"{self.columns[column]} {fractions[column]:.0%}" for column in named)
