"""How well scores of points find anomalies that last: measures that know of ranges."""

from __future__ import annotations

import numpy as np

from keras_ae.data.series.resample import spans
from keras_ae.errors import InputError

THRESHOLDS = 250
"""Thresholds, evenly spaced over the ranks of the scores, by which a curve is drawn."""


def vus_pr(labels: np.ndarray, scores: np.ndarray, window: int) -> float:
    """Volume under the surface of precision and recall, over buffers of 0 to `window` points: [0, 1].

    Around each labeled range labels fade over half a buffer, so that a score that comes a little early
    or late counts in part, and recall is multiplied by the share of ranges that are met at all
    (Paparrizos et al. 2022, "Volume Under the Surface"). labels: (n,), above 0 in anomalies. scores: (n,).
    Raises InputError without any anomaly, and for scores that are not finite.
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
    """Labels in [0, 1] that fade as the square root over half a buffer on both sides of each range."""
    soft = truth.astype(np.float64)
    for first, last in ranges:
        after = np.arange(last, min(last + buffer // 2, len(truth)))
        before = np.arange(max(first - buffer // 2, 0), first)
        soft[after] += np.sqrt(1 - (after - last + 1) / max(buffer, 1))
        soft[before] += np.sqrt(1 - (first - before) / max(buffer, 1))
    return np.minimum(soft, 1.0)


def merged(ranges: list[tuple[int, int]], margin: int, count: int) -> list[tuple[int, int]]:
    """Ranges with a margin on both sides, those that then touch as one."""
    wide: list[tuple[int, int]] = []
    for first, last in ranges:
        first, last = max(first - margin, 0), min(last + margin, count)
        if wide and first < wide[-1][1]:
            wide[-1] = (wide[-1][0], last)
        else:
            wide.append((first, last))
    return wide


def span_f1(labels: np.ndarray, flags: np.ndarray) -> float:
    """F1 of ranges: a labeled one is found, and a flagged one right, where they share a point: [0, 1]."""
    labels, flags = np.asarray(labels) > 0, np.asarray(flags) > 0
    wanted, given = spans(labels), spans(flags)
    if not wanted or not given:
        return 0.0
    recall = np.mean([flags[first:last].any() for first, last in wanted])
    precision = np.mean([labels[first:last].any() for first, last in given])
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0
