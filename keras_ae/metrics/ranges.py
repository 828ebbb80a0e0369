"""Metrics of point-wise anomaly scores for anomalies that last: ranges count, not only points."""

from __future__ import annotations

import numpy as np

from keras_ae.data.series.resample import spans
from keras_ae.errors import InputError

__all__ = ["faded", "merged", "span_f1", "vus_pr"]

THRESHOLDS = 250
"""Number of thresholds of a curve, evenly spaced over the ranks of the scores."""


def vus_pr(labels: np.ndarray, scores: np.ndarray, window: int) -> float:
    """The volume under the surface of precision and recall.

    Paparrizos et al. 2022, "Volume Under the Surface". Around each labeled range the labels fade over
    half a buffer, so that a score that comes a little early or late counts in part, and recall is
    multiplied by the fraction of ranges that are detected at all.

    Args:
        labels: (n,), above 0 in anomalies.
        scores: (n,), the anomaly scores of the points.
        window: Points of the widest buffer; the volume is the mean over buffers from 0 to it.

    Returns:
        The volume, in [0, 1].

    Raises:
        InputError: Without any anomaly, and for scores that are not finite.
    """
    truth, scores = np.asarray(labels) > 0, np.asarray(scores, np.float64)
    if not truth.any() or not np.isfinite(scores).all() or truth.shape != scores.shape:
        raise InputError(
            f"expected finite scores (n,) of points, some of them anomalies, received {truth.sum()} such, "
            f"labels {truth.shape} and scores {scores.shape}"
        )
    ranges, order = spans(truth), np.argsort(-scores, kind="stable")
    ranked = scores[order]
    picked = ranked[np.linspace(0, len(scores) - 1, THRESHOLDS).astype(int)]
    predicted = np.searchsorted(-ranked, -picked, side="right")  # points whose score is at least that
    areas = [_area(truth, ranges, buffer, scores, order, picked, predicted) for buffer in range(window + 1)]
    return float(np.mean(areas))


def _area(truth, ranges, buffer, scores, order, picked, predicted):
    """The area under precision and recall for one buffer."""
    soft = faded(truth, ranges, buffer)
    hits = np.cumsum(soft[order])[predicted - 1]
    beyond = np.cumsum((soft * ~truth)[order])[predicted - 1]
    recall = np.minimum(hits / (truth.sum() + 0.5 * beyond), 1.0)
    highest = np.array([scores[first:last].max() for first, last in merged(ranges, buffer // 2, len(truth))])
    met = (highest[:, None] >= picked).mean(axis=0)
    return float(np.sum(np.diff(np.concatenate([[0.0], recall * met])) * (hits / predicted)))


def faded(truth: np.ndarray, ranges: list[tuple[int, int]], buffer: int) -> np.ndarray:
    """Labels that fade as the square root over half a buffer on both sides of each range.

    Args:
        truth: (n,), bool, True in anomalies.
        ranges: (first, one past the last) of each range of anomalies.
        buffer: Points of a buffer.

    Returns:
        (n,), in [0, 1].
    """
    soft = truth.astype(np.float64)
    for first, last in ranges:
        after = np.arange(last, min(last + buffer // 2, len(truth)))
        before = np.arange(max(first - buffer // 2, 0), first)
        soft[after] += np.sqrt(1 - (after - last + 1) / max(buffer, 1))
        soft[before] += np.sqrt(1 - (first - before) / max(buffer, 1))
    return np.minimum(soft, 1.0)


def merged(ranges: list[tuple[int, int]], margin: int, count: int) -> list[tuple[int, int]]:
    """Ranges widened on both sides; those that then overlap become one.

    Args:
        ranges: (first, one past the last) of each, in ascending order.
        margin: Points on either side.
        count: Points in all, beyond which no range goes.

    Returns:
        The wider ranges.
    """
    wide: list[tuple[int, int]] = []
    for first, last in ranges:
        first, last = max(first - margin, 0), min(last + margin, count)
        if wide and first < wide[-1][1]:
            wide[-1] = (wide[-1][0], last)
        else:
            wide.append((first, last))
    return wide


def span_f1(labels: np.ndarray, flags: np.ndarray) -> float:
    """The F1 of ranges: a labeled range and a flagged range match if they share a point.

    Args:
        labels: (n,), above 0 in anomalies.
        flags: (n,), above 0 if a point is flagged.

    Returns:
        The F1, in [0, 1].
    """
    labels, flags = np.asarray(labels) > 0, np.asarray(flags) > 0
    labeled, flagged = spans(labels), spans(flags)
    if not labeled or not flagged:
        return 0.0
    recall = np.mean([flags[first:last].any() for first, last in labeled])
    precision = np.mean([labels[first:last].any() for first, last in flagged])
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0
