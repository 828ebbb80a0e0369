"""Detection of anomalies at the points of a series: fits what is expected, scores, and their threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_ae.blocks.expected_points import LOW, MAD, ExpectedPoints, PointScores, means_around
from keras_ae.blocks.marked_patterns import MarkedPatterns
from keras_ae.checked import Checked
from keras_ae.data.series.clock import step_of_time
from keras_ae.data.series.points import Points
from keras_ae.data.series.resample import cut_windows, spans, window_starts
from keras_ae.errors import check_least
from keras_ae.heads import batched
from keras_ae.tasks.false_alarms import FalseAlarms, gumbel
from keras_ae.tasks.thresholds import FittedThreshold
from keras_ae.tasks.window_scores import series_values

__all__ = ["FittedPoints", "PointDetection", "ScoredPoints", "flagged_points", "scored_series"]

FOLDS = 5
"""Blocks of the normal part, each of which is compared with windows of the others."""

MOST_STORED, MOST_CALIBRATED = 3000, 20_000
"""At most this many normal windows are stored, and points per fold scored to calibrate."""

LEAST_SPREAD = 1e-3
"""The least spread, in standard deviations of the normal part."""

FEWEST_WINDOWS = 6
"""The normal part holds at least this many windows end to end, or windows are shortened."""

LEAST_WINDOW, CONTEXT = 8, 4
"""The shortest window; windows in a context, the points that are scored at once."""

BESIDE = 2.5
"""A span ends where the point's own deviation, in standard deviations, falls below this."""


@dataclass(frozen=True, eq=False)
class FittedPoints:
    """A detector of points.

    Attributes:
        model: {"inputs": (batch, context, channels)} -> {"score", "p_value", "is_anomaly", "window_score"
            (batch, context), "deviation", "reconstruction" (batch, context, channels), "noise" (batch,
            channels)}.
        threshold: The threshold of the score.
        window: Points of the windows.
        step: Nanoseconds from one point to the next; 0 without times.
    """

    model: keras.Model
    threshold: FittedThreshold
    window: int
    step: int = 0

    def refitted(self, alarms: FalseAlarms) -> FittedPoints:
        """The same with another threshold, fitted to the stored scores of normal points.

        Args:
            alarms: The false alarms that are allowed.

        Returns:
            The detector; "is_anomaly" of its model stays as it was.
        """
        maxima = np.asarray(self.model.get_layer("point_scores").maxima)
        return replace(self, threshold=alarms.fit(maxima, max(1, self.window // 4), self.step))

    @property
    def patterns(self) -> list[np.ndarray]:
        """The patterns of the residual that count as normal, (points, channels) each, standardized."""
        found = [layer for layer in self.model.layers if layer.name == "marked_patterns"]
        if not found:
            return []
        patterns, inside, spread = (np.asarray(weight) for weight in found[0].weights)
        lengths = inside[:, 0].sum(axis=0).astype(int)
        return [patterns[:length, :, index] * spread for index, length in enumerate(lengths)]

    def with_patterns(self, patterns: Sequence[np.ndarray]) -> FittedPoints:
        """The same, with patterns of the residual that count as normal.

        Args:
            patterns: (points, channels) each, at most a window long, standardized; () to forget all.

        Returns:
            The detector, with the same threshold.
        """
        expected, scores = (self.model.get_layer(name) for name in ("expected_points", "point_scores"))
        marked = None
        if len(patterns):
            length, channels = max(map(len, patterns)), patterns[0].shape[1]
            marked = MarkedPatterns(length, len(patterns), name="marked_patterns")
            marked.build((None, None, channels))
            spread = np.asarray(expected.spread)[0]
            weights = np.zeros((2, length, channels, len(patterns)), np.float32)
            for index, pattern in enumerate(patterns):
                weights[0, : len(pattern), :, index] = pattern / spread
                weights[1, : len(pattern), :, index] = 1
            marked.set_weights([*weights, spread])
        return replace(self, model=_model(expected, scores, self.threshold.value, marked))


@dataclass(frozen=True, eq=False)
class ScoredPoints:
    """The anomaly scores of the points of a series.

    Attributes:
        scores: (n,), NaN where all values are missing.
        p_values: (n,), NaN where all values are missing.
        flags: (n,), bool, whether a point belongs to an anomaly.
        deviations: (n, channels), from what is expected, in robust standard deviations of the normal part.
        expected: (n, channels), standardized.
        window_scores: (n,), how unlike normal windows those are that hold the point; NaN as in `scores`.
        noise: (n, channels), the spread of deviations around the point, in the largest of the normal part.
    """

    scores: np.ndarray
    p_values: np.ndarray
    flags: np.ndarray
    deviations: np.ndarray
    expected: np.ndarray
    window_scores: np.ndarray
    noise: np.ndarray

    @classmethod
    def joined(cls, each: Sequence[ScoredPoints]) -> ScoredPoints:
        """The points of one series after another.

        Args:
            each: The scores of each series' points.

        Returns:
            Those of all.
        """
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([getattr(one, name) for one in each]) for name in names))


@dataclass(frozen=True)
class PointDetection(metaclass=Checked):
    """How anomalies are found at the points of a series.

    Attributes:
        window: Points of the windows that are compared, at least 8; fewer in a short normal part.
        neighbors: Normal windows that what is expected is the mean of, at least 1.
        rounds: How often points far from what is expected are replaced by it, at least 1.
        alarms: The false alarms that are allowed.
    """

    window: int = 96
    neighbors: int = 10
    rounds: int = 20
    alarms: FalseAlarms = FalseAlarms()

    def __post_init__(self) -> None:
        check_least(self, window=LEAST_WINDOW, neighbors=1, rounds=1)

    def fit(self, values: np.ndarray, points: Points) -> FittedPoints | None:
        """Fits a detector to the normal points of one or more series.

        Args:
            values: (points, channels), standardized; NaN where missing.
            points: The points, with their normal part.

        Returns:
            The detector; None where the normal part is shorter than a few windows.
        """
        values = np.asarray(values, np.float32)
        if points.normal is None:
            return None
        known = _apart(np.where(points.normal[:, None], values, np.nan), points)
        whole = np.asarray(np.isfinite(known).all(axis=1))
        longest = max((end - begin for begin, end in spans(whole)), default=0)
        window = min(self.window, longest // FEWEST_WINDOWS)
        if window < LEAST_WINDOW:
            return None
        expected, residual, blocks = self._expected(known, window)
        channels = values.shape[1]
        means = [means_around(residual[begin:end], window) for begin, end in blocks]
        spread = np.asarray(expected.spread)
        block = max(1, window // 4)
        maxima = np.concatenate([_maxima(part / spread[:, None], block) for part in means], axis=1)
        location, scale = gumbel(np.moveaxis(maxima, 1, 0))
        highest = ((maxima - location[:, None]) / scale[:, None]).max(axis=(0, 2))
        scores = PointScores(window, len(highest), name="point_scores")
        scores.build((None, None, channels))
        fitted = {"spread": spread, "location": location, "scale": scale, "maxima": highest}
        fitted["noisiest"] = _noisiest(residual / spread[0], CONTEXT * window)
        for name, value in (fitted | {"form": np.array(gumbel(highest))}).items():
            getattr(scores, name).assign(value)
        series = points.groups[0].series if points.groups else points.series
        step = step_of_time(series) if series is not None else 0
        threshold = self.alarms.fit(highest, block, step)
        return FittedPoints(_model(expected, scores, threshold.value), threshold, window, step)

    def _expected(self, known, window):
        """The layer, fitted; the residuals of normal points; and the runs of them, (first, past the last)."""
        starts = window_starts(known, window)
        bank = _bank(known, starts, window)
        nearest = min(self.neighbors, len(bank))
        layer = ExpectedPoints(window, len(bank), nearest, self.rounds, name="expected_points")
        layer.build((None, None, known.shape[1]))
        layer.stored.assign(bank)
        blocks = _blocks(known, window)
        spec = [tf.TensorSpec(shape) for shape in ((None, None, known.shape[1]), (None, bank.shape[1]))]
        against = tf.function(
            layer.against, input_signature=[*spec, tf.TensorSpec((), tf.int32)], autograph=False
        )
        residual = np.full(known.shape, np.nan, np.float32)
        for rounds in (1, self.rounds):
            for begin, end in blocks:
                others = starts[(starts + window <= begin) | (starts >= end)]
                if len(others) < layer.neighbors:
                    others = starts
                low, high = max(0, begin - 2 * window), min(len(known), end + 2 * window)
                own = against(known[None, low:high], _bank(known, others, window), rounds)[1][0]
                residual[begin:end] = own[begin - low : end - low]
            joined = np.concatenate(
                [means_around(residual[begin:end], window) for begin, end in blocks], axis=1
            )
            layer.spread.assign(np.maximum(MAD * np.median(joined, axis=1), LEAST_SPREAD))
        return layer, residual, blocks


def scored_series(fitted: FittedPoints, values: np.ndarray) -> ScoredPoints:
    """Scores the points of a series by overlapping contexts.

    Each point is scored in the context whose ends are farthest from it.

    Args:
        fitted: The detector.
        values: (n, channels), standardized; NaN where missing.

    Returns:
        The scores of the points.
    """
    context, count = fitted.model.inputs[0].shape[1], len(values)
    lacking = ~np.isfinite(values).any(axis=1)
    filled = np.full((max(count, context), values.shape[1]), np.nan, np.float32)
    filled[:count] = values
    starts = np.unique(np.append(np.arange(0, len(filled) - context, context // 2), len(filled) - context))
    outputs = batched(fitted.model, {"inputs": cut_windows(filled, starts, context)})
    borders = (starts[1:] + starts[:-1] + context) / 2  # between the middles of contexts
    owner = np.searchsorted(borders, np.arange(count), side="right")
    at = np.arange(count) - starts[owner]
    noise = outputs.pop("noise")[owner]
    own = {name: output[owner, at] for name, output in outputs.items()}
    scores, p_values, window_scores = (
        np.where(lacking, np.nan, own[name]) for name in ("score", "p_value", "window_score")
    )
    flags = flagged_points(scores, own["deviation"], fitted.threshold.value, fitted.window)
    return ScoredPoints(
        scores, p_values, flags, own["deviation"], own["reconstruction"], window_scores, noise
    )


def flagged_points(score: np.ndarray, deviation: np.ndarray, threshold: float, window: int) -> np.ndarray:
    """The points of anomalies.

    Scores rest on means over several points, so they are high beside an anomaly, too: of each run of scores
    above the threshold only the points from the first to the last that deviate themselves are flagged. Spans
    that are at most an eighth of a window apart are joined.

    Args:
        score: (n,), NaN where there is none.
        deviation: (n, channels), in standard deviations.
        threshold: A higher score is one of an anomaly.
        window: Points of the windows.

    Returns:
        (n,), bool.
    """
    own, flags = np.abs(deviation).max(axis=1), np.zeros(len(score), bool)
    for first, last in spans(np.nan_to_num(score, nan=-np.inf) > threshold):
        far = np.flatnonzero(own[first:last] > BESIDE)
        if not len(far):
            far = np.array([own[first:last].argmax()])
        flags[first + far[0] : first + far[-1] + 1] = True
    for (_, end), (begin, _) in pairwise(spans(flags)):
        if begin - end <= window // 8:
            flags[end:begin] = True
    return flags & np.isfinite(score)


def _model(expected, scores, threshold, marked=None):
    """The model of the layers that say what is expected, take out marked patterns, and score."""
    inputs = keras.Input((CONTEXT * expected.window, expected.spread.shape[1]), name="inputs")
    made, residual, distance = expected(inputs)
    left = [residual]
    if marked is not None:
        left = [marked(residual), residual]  # what is left to score, and what the noise is of
        made = made + residual - left[0]
    score, deviation, p_value, noise = scores(*left)
    outputs: dict[str, Any] = {
        "score": score,
        "p_value": p_value,
        "is_anomaly": score > threshold,
        "window_score": distance,
        "deviation": deviation,
        "reconstruction": made,
        "noise": noise,
    }
    return keras.Model({"inputs": inputs}, outputs, name="point_detector")


def _apart(values, points):
    """The values with a missing point after each series, so that no window reaches from one into the next."""
    return np.concatenate(
        [np.pad(own, ((0, 1), (0, 0)), constant_values=np.nan) for own in series_values(values, points)]
    )


def _bank(values, starts, window):
    """Windows at evenly chosen starts, without their means: (at most MOST_STORED, window * channels)."""
    chosen = starts[:: max(1, -(-len(starts) // MOST_STORED))]
    windows = cut_windows(values, chosen, window)
    return (windows - windows.mean(axis=1, keepdims=True)).reshape(len(windows), -1)


def _blocks(known, window):
    """FOLDS parts of each run of normal points that is long enough, (first, past the last)."""
    blocks = []
    for begin, end in spans(np.isfinite(known).all(axis=1)):
        if end - begin >= 2 * window:
            cuts = np.linspace(begin, end, FOLDS + 1).astype(int)
            blocks += [(first, min(last, first + MOST_CALIBRATED)) for first, last in pairwise(cuts)]
    return blocks


def _noisiest(deviation, context):
    """The largest spread of deviations (points, channels) in a context of normal points, at least 1."""
    parts = [
        LOW * np.nanquantile(np.abs(deviation[first : first + context]), 0.25, axis=0)
        for first in range(0, max(1, len(deviation) - context + 1), context // CONTEXT)
        if np.isfinite(deviation[first : first + context, 0]).mean() > 0.5
    ]
    return np.maximum(1.0, np.max(parts, axis=0)) if parts else np.ones(deviation.shape[1])


def _maxima(means, block):
    """(scales, points, channels) -> the highest of each block of points."""
    count = means.shape[1] // block
    return means[:, : count * block].reshape(len(means), count, block, -1).max(axis=2)
