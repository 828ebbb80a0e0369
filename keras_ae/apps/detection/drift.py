"""How far anomaly scores have drifted from those of the examples that calibrated a detector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import ks_2samp

__all__ = ["Drift", "drift"]

BINS, SOME_CHANGE, MUCH_CHANGE = 10, 0.1, 0.25
"""Number of bins of the population stability index, and its thresholds for some and for much change."""


@dataclass(frozen=True)
class Drift:
    """The drift of anomaly scores.

    Attributes:
        psi: The population stability index, over ten bins that hold equally many reference scores.
        ks: The largest difference of the two distribution functions (Kolmogorov and Smirnov).
        p_value: The p-value of `ks` for independent scores; scores of overlapping windows are not
            independent.
        verdict: The recommended action.
    """

    psi: float
    ks: float
    p_value: float
    verdict: str


def drift(reference: np.ndarray, scores: np.ndarray) -> Drift:
    """Compares anomaly scores with those of the normal examples that calibrated a detector.

    Args:
        reference: (n,), scores of those examples.
        scores: (m,), the scores to compare.

    Returns:
        Their drift.
    """
    edges = np.quantile(reference, np.linspace(0, 1, BINS + 1)[1:-1])
    before, now = (
        (np.bincount(np.searchsorted(edges, part), minlength=BINS) + 0.5) / (len(part) + 0.5 * BINS)
        for part in (reference, scores)
    )
    psi = float(np.sum((now - before) * np.log(now / before)))
    test = ks_2samp(reference, scores)
    if psi < SOME_CHANGE:
        verdict = "as before"
    else:
        verdict = "some change: watch it" if psi < MUCH_CHANGE else "much change: retrain"
    return Drift(psi, float(test.statistic), float(test.pvalue), verdict)
