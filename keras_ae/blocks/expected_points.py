"""Layers that compute what is expected at each point of a series, and how far the point is from it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

__all__ = ["LOW", "MAD", "ExpectedPoints", "PointScores", "mean_around", "means_around", "scales_of"]

MAD, LOW = 1.4826, 3.1383
"""Standard deviations in the median, and in the lower quartile, of absolute deviations."""

CUT, CUT_OF_MEANS = 3.5, 4.2
"""Robust deviations from which a point, or a mean over points, does not count in what is expected."""

MOST_GROWN = 3.0
"""Noise that has grown counts as noise up to this many times that of the normal part."""

FIRST, DECAY = 0.8, 0.75
"""At first only points that deviate by this fraction of the most that any near them does are replaced; it
falls to 0 over this part of the rounds. So a strong anomaly goes before its surroundings look like one."""


def scales_of(window: int) -> tuple[int, ...]:
    """The numbers of points that deviations are averaged over.

    Args:
        window: Points of a window.

    Returns:
        1, and a 32nd, a 16th, an eighth and a quarter of the window.
    """
    return tuple(sorted({1, *(max(1, window // part) for part in (32, 16, 8, 4))}))


def mean_around(values: tf.Tensor, scale: int) -> tf.Tensor:
    """Sums over the points around each point, divided by their number; beyond the ends, values are 0.

    Args:
        values: (batch, points, channels).
        scale: Points that are averaged.

    Returns:
        (batch, points, channels).
    """
    padded = tf.pad(values, ((0, 0), ((scale - 1) // 2, scale // 2), (0, 0)))
    return values if scale == 1 else tf.nn.avg_pool1d(padded, scale, 1, "VALID")


def means_around(residual: np.ndarray, window: int) -> np.ndarray:
    """The absolute means of residuals around each point.

    Args:
        residual: (points, channels).
        window: Points of a window.

    Returns:
        (scales, points, channels), for the numbers of points of `scales_of`.
    """
    values = tf.constant(residual[None], tf.float32)
    return np.stack([np.abs(mean_around(values, points)[0]) for points in scales_of(window)])


@keras.saving.register_keras_serializable("keras_ae")
class ExpectedPoints(layers.Layer):
    """What is expected at the points of a series, from the normal windows that are most alike.

    series (batch, points, channels), NaN where missing -> expected, residual, both of its shape, and distance
    (batch, points), the mean over the windows that hold a point of the distance to the nearest normal one.

    Each window, without its mean, is replaced by the mean of the nearest normal windows, and a point by the
    mean over the windows that hold it. Points far from what is expected, and missing ones, are then replaced
    by it, and all is done again: so an anomaly does not spoil what is expected beside it.

    Attributes:
        window: Points of a window.
        count: Normal windows that are stored.
        neighbors: Nearest windows that are averaged, at most `count`.
        rounds: How often all is done, at most.
    """

    def __init__(self, window: int, count: int, neighbors: int, rounds: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.window, self.count, self.neighbors, self.rounds = window, count, neighbors, rounds
        self.hop, self.scales = max(1, window // 16), scales_of(window)

    def build(self, input_shape):
        channels = input_shape[-1]
        shapes = {"stored": (self.count, self.window * channels), "spread": (len(self.scales), channels)}
        self.stored, self.spread = (
            self.add_weight(shape=shape, name=name, initializer="ones", trainable=False)
            for name, shape in shapes.items()
        )

    def call(self, series):
        return self.against(series, tf.convert_to_tensor(self.stored), self.rounds)

    def against(self, series: Any, stored: Any, rounds: Any) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """The same with other normal windows.

        Args:
            series: (batch, points, channels), NaN where missing; at least a window.
            stored: (n, window * channels), normal windows without their means, at least as many as neighbors.
            rounds: How often all is done, at most.

        Returns:
            Expected (batch, points, channels); the residual, 0 where a value is missing; and the distance.
        """
        missing = tf.math.is_nan(series)
        values = tf.where(missing, tf.zeros_like(series), series)

        def goes_on(number, expected, changed):
            return (number < rounds) & changed

        def again(number, expected, changed):
            fraction = FIRST * tf.maximum(
                0.0, 1.0 - tf.cast(number, tf.float32) / (DECAY * tf.cast(rounds, tf.float32))
            )
            far = missing | self._far(tf.where(missing, 0.0, values - expected), fraction)
            expected, _ = self._expected(tf.where(far, expected, values), stored)
            return number + 1, expected, tf.reduce_any(far)

        first, distance = self._expected(values, stored)
        _, expected, _ = tf.while_loop(goes_on, again, (1, first, True))
        return expected, tf.where(missing, 0.0, values - expected), distance

    def _far(self, residual, fraction):
        """Where a point, or a mean over points, deviates far, and not much less than the highest near it."""
        far, spread = tf.zeros_like(residual, tf.bool), tf.convert_to_tensor(self.spread)
        for index, scale in enumerate(self.scales):
            cut = CUT if scale == 1 else CUT_OF_MEANS
            deviation = tf.abs(mean_around(residual, scale)) / spread[index]
            highest = tf.nn.max_pool1d(deviation, 2 * self.window + 1, 1, "SAME")
            far |= deviation > tf.maximum(cut, fraction * highest)
        return far

    def _expected(self, values, stored):
        """The means over the windows that hold a point: of their nearest normal windows, and distances."""
        batch, points, channels = tf.shape(values)[0], tf.shape(values)[1], values.shape[2]
        last = points - self.window
        starts = tf.concat([tf.range(0, last, self.hop), [last]], axis=0)
        at = starts[:, None] + tf.range(self.window)
        windows = tf.gather(values, at, axis=1)  # (batch, windows, window, channels)
        means = tf.reduce_mean(windows, axis=2, keepdims=True)
        flat = tf.reshape(windows - means, (-1, self.window * channels))
        gaps = tf.reduce_sum(tf.square(stored), axis=1) - 2.0 * tf.matmul(flat, stored, transpose_b=True)
        nearest = tf.math.top_k(-gaps, self.neighbors).indices
        found = tf.gather(stored, nearest)
        made = tf.reshape(tf.reduce_mean(found, axis=1), tf.shape(windows)) + means
        distance = tf.sqrt(tf.reduce_mean(tf.square(flat - found[:, 0]), axis=1))
        distance = tf.broadcast_to(tf.reshape(distance, (batch, -1, 1, 1)), tf.shape(windows[..., :1]))
        both = tf.transpose(tf.concat([made, distance], axis=-1), (1, 2, 0, 3))
        index = tf.reshape(at, (-1, 1))
        rows = tf.reshape(both, (-1, batch, channels + 1))
        total = tf.scatter_nd(index, rows, tf.stack([points, batch, channels + 1]))
        number = tf.scatter_nd(index, tf.ones_like(index[:, 0], tf.float32), points[None])
        mean = tf.transpose(total / number[:, None, None], (1, 0, 2))
        return mean[..., :-1], mean[..., -1]

    def compute_output_shape(self, input_shape):
        return input_shape, input_shape, input_shape[:-1]

    def get_config(self):
        settings = ("window", "count", "neighbors", "rounds")
        return super().get_config() | {name: getattr(self, name) for name in settings}


@keras.saving.register_keras_serializable("keras_ae")
class PointScores(layers.Layer):
    """Anomaly scores of points from their residuals.

    residual (batch, points, channels) -> score, p_value (batch, points), deviation (batch, points, channels),
    noise (batch, channels).

    The residual is averaged around each point over several numbers of points, each mean divided by its spread
    in the normal part, and by the growth of the noise since then; it is counted from the location, in the
    scale, of the Gumbel distribution of its block maxima there (Coles 2001). The score is the largest over
    numbers of points and channels. The deviation is the mean over the shortest of them above 1, in robust
    standard deviations. The p-value is the probability that a block of normal points has such a score.

    The noise is the lower quartile of the absolute residuals, in the largest of a context of normal points.
    So an anomaly raises it only if it fills three quarters of the points. Where marked
    patterns were taken out of the residual, a second input is what it was before, and the noise is its own:
    what is marked must not make the noise smaller, and with that other alarms more.

    Attributes:
        window: Points of the windows.
        count: Blocks of normal points, whose highest scores are stored.
    """

    def __init__(self, window: int, count: int = 2, **settings: Any) -> None:
        super().__init__(**settings)
        self.window, self.count, self.scales = window, count, scales_of(window)

    def build(self, input_shape):
        shape = (len(self.scales), input_shape[-1])
        self.spread, self.location, self.scale = (
            self.add_weight(shape=shape, name=name, initializer="ones", trainable=False)
            for name in ("spread", "location", "scale")
        )
        self.noisiest = self.add_weight(shape=shape[1:], name="noisiest", initializer="ones", trainable=False)
        self.form = self.add_weight(shape=(2,), name="form", initializer="ones", trainable=False)
        self.maxima = self.add_weight(shape=(self.count,), name="maxima", trainable=False)

    def call(self, residual, before=None):
        spread, location, scale = map(tf.convert_to_tensor, (self.spread, self.location, self.scale))
        means = [mean_around(residual, points) / spread[index] for index, points in enumerate(self.scales)]
        single = means[0] if before is None else mean_around(before, self.scales[0]) / spread[0]
        ordered = tf.sort(tf.abs(single), axis=1)
        noise = LOW * ordered[:, tf.shape(residual)[1] // 4] / tf.convert_to_tensor(self.noisiest)
        grown = tf.clip_by_value(noise, 1.0, MOST_GROWN)[:, None]
        means = [mean / grown for mean in means]
        parts = [(tf.abs(mean) - location[index]) / scale[index] for index, mean in enumerate(means)]
        score = tf.reduce_max(tf.stack(parts), axis=(0, 3))
        middle, width = tf.unstack(tf.convert_to_tensor(self.form))
        p_value = -tf.math.expm1(-tf.exp(-(score - middle) / width))
        return score, means[min(1, len(means) - 1)], p_value, noise

    def compute_output_shape(self, input_shape):
        return input_shape[:-1], input_shape, input_shape[:-1], (input_shape[0], input_shape[-1])

    def get_config(self):
        return super().get_config() | {"window": self.window, "count": self.count}
