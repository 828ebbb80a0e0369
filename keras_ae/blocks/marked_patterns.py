"""A layer that takes patterns which a person has marked as normal out of the residuals of a series."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import layers

__all__ = ["MarkedPatterns"]

ALIKE = 0.5
"""A residual is like a pattern if less than this fraction of its square is left without it."""

LEAST, MOST = 0.5, 1.5
"""Least and most height of what is like a pattern, in that of the pattern."""


@keras.saving.register_keras_serializable("keras_ae")
class MarkedPatterns(layers.Layer):
    """Takes out of residuals what is like a marked pattern, wherever it is.

    residual (batch, points, channels) -> what is left of it, of the same shape.

    Of all places where the residual is like a pattern, those are taken where it is most so among the places
    that a pattern's length is around them. There the pattern is subtracted, as high as fits best.

    Attributes:
        length: Points of the longest pattern.
        count: Patterns.
    """

    def __init__(self, length: int, count: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.length, self.count = length, count

    def build(self, input_shape):
        channels = input_shape[-1]
        shape = (self.length, channels, self.count)
        self.patterns, self.inside = (
            self.add_weight(shape=shape, name=name, initializer="zeros", trainable=False)
            for name in ("patterns", "inside")
        )
        self.spread = self.add_weight(shape=(channels,), name="spread", initializer="ones", trainable=False)

    def call(self, residual):
        patterns, inside = tf.convert_to_tensor(self.patterns), tf.convert_to_tensor(self.inside)
        scaled, before = residual / self.spread, self.length - 1
        padded = tf.pad(scaled, ((0, 0), (before, before), (0, 0)))  # patterns that are cut off at an end
        product = tf.nn.conv1d(padded, patterns, 1, "VALID")  # (batch, places, patterns)
        square = tf.nn.conv1d(tf.square(padded), inside, 1, "VALID")
        own = tf.reduce_sum(tf.square(patterns), axis=(0, 1))
        height = product / own
        left = (square - height * product) / tf.maximum(square, 1e-12)  # of the square, with a fitting height
        like = (left < ALIKE) & (height > LEAST) & (height < MOST)
        left = tf.where(like, left, 1.0)
        best = tf.reduce_min(left, axis=2, keepdims=True)
        around = -tf.nn.max_pool1d(-best, 2 * self.length - 1, 1, "SAME")
        first = tf.one_hot(tf.argmin(left, axis=2), self.count, on_value=True, off_value=False, dtype=tf.bool)
        found = like & first & (best <= around)
        placed = tf.where(found, height, 0.0)
        taken = tf.nn.conv1d_transpose(placed, patterns, tf.shape(padded), 1, "VALID")
        return (scaled - taken[:, before : before + tf.shape(residual)[1]]) * self.spread

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return super().get_config() | {"length": self.length, "count": self.count}
