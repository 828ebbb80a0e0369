"""The layer of a quantile transform, and its inverse in and out of a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from keras_ae.blocks.ordered import count_below

__all__ = ["Quantiles"]

LEAST = 1e-12
"""The least distance of two knots between which there is something."""


@keras.saving.register_keras_serializable("keras_ae")
class Quantiles(layers.Layer):
    """A layer that gives numbers their normal scores, and flags missing ones: (batch, 1) -> (batch, 2).

    Args:
        numbers: Knots of the way in, ascending.
        scores: Their scores.
        back_scores: Knots of the way back, ascending.
        back_numbers: Their numbers.
        usual: The score that a missing number is replaced with.
    """

    def __init__(
        self,
        numbers: Sequence[float],
        scores: Sequence[float],
        back_scores: Sequence[float],
        back_numbers: Sequence[float],
        usual: float = 0.0,
        **settings: Any,
    ):
        super().__init__(**settings)
        self.numbers, self.scores = list(numbers), list(scores)
        self.back_scores, self.back_numbers = list(back_scores), list(back_numbers)
        self.usual = usual

    def call(self, numbers):
        missing = tf.math.is_nan(numbers)
        present = tf.where(missing, tf.zeros_like(numbers), numbers)
        scores = _interpolated(present, self.numbers, self.scores)
        return tf.concat([tf.where(missing, self.usual, scores), tf.cast(missing, scores.dtype)], axis=-1)

    def inverse(self, scaled: np.ndarray) -> np.ndarray:
        """Brings scores back to numbers.

        Args:
            scaled: (n,).

        Returns:
            (n,), float64, within the numbers that the transform was fitted to.
        """
        return self.inverse_graph(tf.constant(np.asarray(scaled, np.float32))).numpy()

    def inverse_graph(self, scaled: tf.Tensor) -> tf.Tensor:
        """The same inside a graph.

        Args:
            scaled: (n,), float32.

        Returns:
            (n,), float64.
        """
        return _interpolated(tf.cast(scaled, tf.float64), self.back_scores, self.back_numbers)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 2)

    def get_config(self):
        names = ("numbers", "scores", "back_scores", "back_numbers", "usual")
        return super().get_config() | {name: getattr(self, name) for name in names}


def _interpolated(values, knots, outputs):
    """Linear interpolation between ascending knots, constant beyond their ends."""
    last, outputs = len(knots) - 1, tf.constant(outputs, values.dtype)
    if not last:
        return tf.zeros_like(values) + outputs[0]
    knots = tf.constant(knots, values.dtype)
    flat = tf.reshape(values, (-1,))
    above = tf.clip_by_value(count_below(knots, flat, equal=True), 1, last)
    low, high = tf.gather(knots, above - 1), tf.gather(knots, above)
    before, after = tf.gather(outputs, above - 1), tf.gather(outputs, above)
    fraction = tf.clip_by_value((flat - low) / tf.maximum(high - low, tf.constant(LEAST, values.dtype)), 0, 1)
    return tf.reshape(before + fraction * (after - before), tf.shape(values))
