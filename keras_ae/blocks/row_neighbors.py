"""What the training rows that are most alike have, as a layer: a local average beside a global model."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

__all__ = ["RowNeighbors"]

REACH = 1.5
"""How fast weights fall: exp(-REACH) at the distance of the last neighbor that counts."""


@keras.saving.register_keras_serializable("keras_ae")
class RowNeighbors(layers.Layer):
    """Expected rows (batch, features) -> these, mixed with an average of the training rows that are nearest.

    Rows are compared by what a model expects of all their values, known or not, so that holes do no harm.

    Args:
        count: How many training rows there are.
        fraction: Of the average in the mixture, in [0, 1].
        neighbors: The nearest one whose distance sets the scale of the weights.
    """

    def __init__(self, count: int, fraction: float, neighbors: int = 5, **settings: Any) -> None:
        super().__init__(**settings)
        self.count, self.fraction, self.neighbors = count, fraction, neighbors

    def build(self, shape: Any) -> None:
        width = shape[-1]
        self.expected = self.add_weight(shape=(self.count, width), name="expected", trainable=False)
        self.rows = self.add_weight(shape=(self.count, width), name="rows", trainable=False)
        self.scale = self.add_weight(shape=(width,), name="scale", trainable=False)

    def fitted(self, expected: np.ndarray, rows: np.ndarray) -> RowNeighbors:
        """Stores training rows.

        Args:
            expected: (count, features), what the model expects of them.
            rows: (count, features), the same rows, filled in.

        Returns:
            The layer itself.
        """
        self.build(rows.shape)
        spread = expected.std(axis=0)
        self.set_weights([expected, rows, np.where(rows.std(axis=0) > 0, 1 / np.maximum(spread, 1e-3), 0)])
        return self

    def call(self, expected: Any) -> Any:
        own, others = expected * self.scale, self.expected * self.scale
        squares = tf.reduce_sum(tf.square(own), axis=1, keepdims=True) + tf.reduce_sum(
            tf.square(others), axis=1
        )
        squares = tf.maximum(squares - 2.0 * tf.matmul(own, others, transpose_b=True), 0.0)
        last = -tf.math.top_k(-squares, min(self.neighbors, self.count)).values[:, -1:]
        weights = tf.nn.softmax(-REACH * squares / tf.maximum(last, 1e-6))
        average = tf.matmul(weights, tf.convert_to_tensor(self.rows))
        return (1.0 - self.fraction) * expected + self.fraction * average

    def compute_output_shape(self, expected_shape):
        return expected_shape

    def get_config(self) -> dict[str, Any]:
        own = {"count": self.count, "fraction": self.fraction, "neighbors": self.neighbors}
        return super().get_config() | own
