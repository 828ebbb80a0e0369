"""Points in time that windows lie over: their scores from the windows', and figures of those scores."""

from __future__ import annotations

import numpy as np
from scipy.signal import argrelmax
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA
from sklearn.metrics import average_precision_score

from keras_ae.data.series.resample import cut, spans, spread
from keras_ae.data.types import Points
from keras_ae.metrics.ranges import span_f1, vus_pr

LAGS, SHORTEST, LONGEST, USUAL = 400, 3, 300, 125
"""Lags among which a period is looked for, the periods that are believed, and one to take without any."""

LOOKED_AT = 20_000


def scores_of(windows: np.ndarray, points: Points, size: int) -> np.ndarray:
    """Scores of points (count,), from those of windows (n,) of so many points: the mean over its windows.

    Of a point that no window holds, NaN.
    """
    each = np.broadcast_to(np.asarray(windows)[:, None], (len(windows), size))
    return spread(each, points.starts, points.count)


def point_metrics(
    scores: np.ndarray, windows: np.ndarray, points: Points, flags: np.ndarray | None = None
) -> dict[str, float]:
    """Means over the series in which anomalies are known; a point without score ranks below all others.

    vus_pr: volume under the surface of precision and recall, its window a series' period. auprc: the area
    under that curve, of points. span_f1: of flagged ranges, where flags (count,) are given.
    scores: (count,). windows: (n, size, channels), the values the points are windows of.
    """
    found, seen = [], values_of(windows, points)
    for _, first, last in series_in(points):
        labels, own = points.labels[first:last], scores[first:last]
        if not labels.any() or not np.isfinite(own).any():
            continue
        ranked = np.where(np.isfinite(own), own, np.nanmin(own))
        period = period_of(seen[first:last])
        one = {"vus_pr": vus_pr(labels, ranked, period), "auprc": average_precision_score(labels, ranked)}
        found.append(one | ({} if flags is None else {"span_f1": span_f1(labels, flags[first:last])}))
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]} if found else {}


def series_in(points: Points) -> tuple[tuple[str, int, int], ...]:
    """(name, first point, past the last) of each series that the points are of."""
    return points.parts or (("", 0, points.count),)


def values_of(windows: np.ndarray, points: Points) -> np.ndarray:
    """The values of points (count, channels) that windows (n, size, channels) were cut from, NaN in gaps."""
    found = np.full((points.count, windows.shape[2]), np.nan)
    found[points.starts[:, None] + np.arange(windows.shape[1])] = windows
    return found


def period_of(values: np.ndarray) -> int:
    """Points of a period of a series (n, channels): the highest peak of the first one's autocorrelation.

    As the published benchmark finds it (Liu and Paparrizos 2024, TSB-AD); 125 where there is none.
    """
    seen = values[:LOOKED_AT, 0]
    seen = np.where(np.isfinite(seen), seen, np.nanmean(seen))
    seen = seen - seen.mean()
    power = np.abs(np.fft.rfft(seen, 2 * len(seen))) ** 2
    correlation = np.fft.irfft(power)[SHORTEST : min(LAGS, len(seen) // 2) + 1]
    peaks = argrelmax(correlation)[0]
    if not len(peaks):
        return USUAL
    best = int(peaks[correlation[peaks].argmax()])
    return best + SHORTEST if SHORTEST <= best <= LONGEST else USUAL


def subsequence_pca(windows: np.ndarray, points: Points) -> np.ndarray:
    """Scores of points (count,) by principal components of subsequences, each a period long.

    Shyu et al. 2003, as the published benchmark runs it (TSB-AD): fitted to the very series that it scores,
    the anomalies among them, so that it sees more than what learns from the normal part alone.
    """
    found, values = np.full(points.count, np.nan), values_of(windows, points)
    for _, first, last in series_in(points):
        own = values[first:last]
        period = min(period_of(own), len(own))
        for begin, end in spans(np.isfinite(own).all(axis=1)):
            if end - begin < 2 * period:
                continue
            pieces = cut(own[begin:end], np.arange(end - begin - period + 1), period).reshape(
                -1, period * own.shape[1]
            )
            spread_ = pieces.std(axis=0)
            seen = (pieces - pieces.mean(axis=0)) / np.where(spread_ > 0, spread_, 1.0)
            pca = PCA().fit(seen)
            shares = np.maximum(pca.explained_variance_ratio_, 1e-12)
            scores = (cdist(seen, pca.components_) / shares).sum(axis=1)
            padded = (-(-(period - 1) // 2), (period - 1) // 2)
            found[first + begin : first + end] = np.pad(scores, padded, mode="edge")
    return found
