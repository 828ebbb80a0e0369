"""How well anomaly maps show where in an image an anomaly is, region by region."""

from __future__ import annotations

import numpy as np

__all__ = ["LIMIT", "region_overlap"]

LIMIT = 0.3
"""The false positive rate up to which the overlap is averaged, as in MVTec AD."""

NEIGHBORS = np.ones((3, 3))
"""Pixels that touch, also by a corner, are of one region, as in MVTec AD."""


def region_overlap(scores: np.ndarray, anomalous: np.ndarray, limit: float = LIMIT) -> float:
    """The area under the curve of the per-region overlap, PRO (Bergmann et al. 2021).

    At each threshold, the overlap is the fraction of a region's pixels that score above it, averaged over all
    regions, so that a small one counts as much as a large one; and the false positive rate is the fraction of
    all normal pixels that do. The area is divided by the limit, and so lies in [0, 1].

    Args:
        scores: (n, height, width), higher in anomalies.
        anomalous: (n, height, width), bool, with pixels of both kinds.
        limit: The false positive rate up to which the area goes, above 0 and at most 1.

    Returns:
        The area; scores at random give half the limit.
    """
    from scipy.ndimage import label
    from sklearn.metrics import roc_curve

    weights = np.ones(anomalous.shape)
    for weight, mask in zip(weights, anomalous, strict=True):
        regions, _ = label(mask, NEIGHBORS)
        weight[mask] = 1 / np.bincount(regions[mask])[regions[mask]]
    rates, overlaps, _ = roc_curve(anomalous.ravel(), scores.ravel(), sample_weight=weights.ravel())
    within, last = rates <= limit, np.interp(limit, rates, overlaps)
    area = np.trapezoid(np.append(overlaps[within], last), np.append(rates[within], limit))
    return float(area / limit)
