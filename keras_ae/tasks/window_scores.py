"""Anomaly scores of points in time, from those of the windows that hold them, and their metrics."""

from __future__ import annotations

import numpy as np

from keras_ae.data.series.points import Points
from keras_ae.data.series.resample import cut_windows, mean_over_windows, spans
from keras_ae.metrics.ranges import span_f1, vus_pr

__all__ = [
    "USUAL",
    "period_of",
    "point_metrics",
    "scores_of",
    "series_in",
    "series_values",
    "subsequence_pca",
    "values_of",
]

LAGS, SHORTEST, LONGEST, USUAL = 400, 3, 300, 125
"""Number of lags searched for a period, the range of valid periods, and the default period."""

MOST_POINTS = 20_000
"""The most points of a series that its period is computed from."""


def scores_of(windows: np.ndarray, points: Points, size: int) -> np.ndarray:
    """The anomaly score of each point: the mean over the windows that contain it.

    Args:
        windows: (n,), the anomaly scores of the windows.
        points: The points that the windows cover.
        size: Points per window.

    Returns:
        (points.count,); NaN for a point that no window contains.
    """
    each = np.broadcast_to(np.asarray(windows)[:, None], (len(windows), size))
    return mean_over_windows(each, points.starts, points.count)


def point_metrics(
    scores: np.ndarray, windows: np.ndarray, points: Points, flags: np.ndarray | None = None
) -> dict[str, float]:
    """Metrics of the anomaly scores of points, as means over the series with known anomalies.

    A point without a score ranks below all others.

    Args:
        scores: (points.count,), the anomaly scores.
        windows: (n, size, channels), the windows over the points.
        points: The points.
        flags: (points.count,), whether a point is flagged; None where none is.

    Returns:
        "vus_pr", the volume under the surface of precision and recall, its window a series' period;
        "auprc", the area under the curve of points; and with flags "span_f1", the F1 of ranges. Empty where
        no anomaly is known.
    """
    from sklearn.metrics import average_precision_score  # where points are evaluated, not scored

    per_series, values = [], values_of(windows, points)
    for _, first, last in series_in(points):
        labels, own = None if points.labels is None else points.labels[first:last], scores[first:last]
        if labels is None or not labels.any() or not np.isfinite(own).any():
            continue
        ranked = np.where(np.isfinite(own), own, np.nanmin(own))
        period = period_of(values[first:last])
        one = {"vus_pr": vus_pr(labels, ranked, period), "auprc": average_precision_score(labels, ranked)}
        per_series.append(one | ({} if flags is None else {"span_f1": span_f1(labels, flags[first:last])}))
    names = per_series[0] if per_series else ()
    return {name: float(np.mean([one[name] for one in per_series])) for name in names}


def series_in(points: Points) -> tuple[tuple[str, int, int], ...]:
    """The series that points belong to.

    Args:
        points: The points of one or more series.

    Returns:
        (name, first point, one past the last) of each.
    """
    return points.parts or (("", 0, points.count),)


def series_values(values: np.ndarray, points: Points) -> list[np.ndarray]:
    """The values of each series by itself.

    Args:
        values: (points.count, channels), of all series one after the other.
        points: The points.

    Returns:
        (n, channels) of each series.
    """
    return [values[first:last] for _, first, last in series_in(points)]


def values_of(windows: np.ndarray, points: Points) -> np.ndarray:
    """The values of points that windows were cut from.

    Args:
        windows: (n, size, channels).
        points: The points that the windows cover.

    Returns:
        (points.count, channels); NaN in gaps.
    """
    values = np.full((points.count, windows.shape[2]), np.nan)
    values[points.starts[:, None] + np.arange(windows.shape[1])] = windows
    return values


def period_of(values: np.ndarray) -> int:
    """The period of a series: the lag of the highest peak of its first channel's autocorrelation.

    As in the published benchmark (Liu and Paparrizos 2024, TSB-AD).

    Args:
        values: (n, channels).

    Returns:
        Points of a period; 125 where there is no peak.
    """
    channel = values[:MOST_POINTS, 0]
    channel = np.where(np.isfinite(channel), channel, np.nanmean(channel))
    channel = channel - channel.mean()
    power = np.abs(np.fft.rfft(channel, 2 * len(channel))) ** 2
    correlation = np.fft.irfft(power)[SHORTEST : min(LAGS, len(channel) // 2) + 1]
    from scipy.signal import argrelmax  # as above

    peaks = argrelmax(correlation)[0]
    if not len(peaks):
        return USUAL
    best = int(peaks[correlation[peaks].argmax()])
    return best + SHORTEST if SHORTEST <= best <= LONGEST else USUAL


def subsequence_pca(windows: np.ndarray, points: Points) -> np.ndarray:
    """Anomaly scores of points by principal components of subsequences, each a period long.

    Shyu et al. 2003, as in the published benchmark (TSB-AD): fitted to the same series that it scores,
    including its anomalies, so it sees more than a model trained only on the normal part.

    Args:
        windows: (n, size, channels), the windows over the points.
        points: The points.

    Returns:
        (points.count,); NaN where a series is too short between its gaps.
    """
    from scipy.spatial.distance import cdist  # as above
    from sklearn.decomposition import PCA

    scores, values = np.full(points.count, np.nan), values_of(windows, points)
    for _, first, last in series_in(points):
        own = values[first:last]
        period = min(period_of(own), len(own))
        for begin, end in spans(np.isfinite(own).all(axis=1)):
            if end - begin < 2 * period:
                continue
            subsequences = cut_windows(own[begin:end], np.arange(end - begin - period + 1), period).reshape(
                -1, period * own.shape[1]
            )
            deviation = subsequences.std(axis=0)
            standardized = (subsequences - subsequences.mean(axis=0)) / np.where(
                deviation > 0, deviation, 1.0
            )
            pca = PCA().fit(standardized)
            fractions = np.maximum(pca.explained_variance_ratio_, 1e-12)
            distances = (cdist(standardized, pca.components_) / fractions).sum(axis=1)
            padding = (-(-(period - 1) // 2), (period - 1) // 2)
            scores[first + begin : first + end] = np.pad(distances, padding, mode="edge")
    return scores
