"""Layers that compare examples with stored normal ones, and scale their features for it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

__all__ = ["FeatureScale", "StoredNeighbors", "squared_distances"]

SAME = 1e-4
"""Examples at a smaller distance are equal, but for the last digits."""

LEAST_WEIGHT = 1e-3
"""What the farthest neighbor counts in a mean, as a fraction of its distance."""


def squared_distances(first: Any, second: Any) -> Any:
    """The squared Euclidean distances of all pairs, fast but with few exact digits where they are small.

    Args:
        first: (n, d).
        second: (m, d).

    Returns:
        (n, m).
    """
    squares = tf.reduce_sum(tf.square(first), axis=1)[:, None] + tf.reduce_sum(tf.square(second), axis=1)
    return squares - 2.0 * tf.matmul(first, second, transpose_b=True)


@keras.saving.register_keras_serializable("keras_ae")
class FeatureScale(layers.Layer):
    """Features (batch, d) times a factor each."""

    def build(self, input_shape):
        self.scale = self.add_weight(
            shape=(input_shape[-1],), name="scale", initializer="ones", trainable=False
        )

    def fitted(self, scale: np.ndarray) -> FeatureScale:
        """Stores the factors.

        Args:
            scale: (d,).

        Returns:
            The layer itself.
        """
        self.build((None, len(scale)))
        self.scale.assign(scale)
        return self

    def call(self, inputs):
        return inputs * self.scale

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable("keras_ae")
class StoredNeighbors(layers.Layer):
    """Examples (batch, d) -> their mean distance from the nearest stored ones, and what those are like.

    The distance is (batch,). The other output is a mean of the nearest ones, (batch, d), in which those count
    that are nearer than the next farther one, by how much they are: of equally far ones, none is preferred.
    A stored example that equals the one compared is left out, once: it may be that one itself.

    Attributes:
        neighbors: Nearest stored examples that the distance is averaged over.
        count: Stored examples, at least as many.
    """

    def __init__(self, neighbors: int, count: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.neighbors, self.count = neighbors, count

    def build(self, input_shape):
        width = input_shape[-1]
        self.stored = self.add_weight(shape=(self.count, width), name="stored", trainable=False)
        self.scale = self.add_weight(shape=(width,), name="scale", initializer="ones", trainable=False)

    def fitted(self, stored: np.ndarray, scale: np.ndarray) -> StoredNeighbors:
        """Stores examples and the factors of their features.

        Args:
            stored: (count, d).
            scale: (d,), factors of the features in distances.

        Returns:
            The layer itself.
        """
        self.build(stored.shape)
        self.stored.assign(stored)
        self.scale.assign(scale)
        return self

    def call(self, inputs):
        stored = tf.convert_to_tensor(self.stored)
        squares = squared_distances(inputs * self.scale, stored * self.scale)
        most = min(self.neighbors + 1, self.count)
        nearest = tf.gather(stored, tf.math.top_k(-squares, most).indices)
        # once more, for the difference of two large squares has few exact digits
        distances = tf.norm((inputs[:, None] - nearest) * self.scale, axis=2)
        positions = tf.range(most)[None]
        itself = tf.cast((distances[:, :1] < SAME) & (most > 1), tf.int32)
        counted = (positions >= itself) & (positions < self.neighbors + itself)
        farthest = tf.reduce_max(distances, axis=1, keepdims=True)
        weights = farthest - distances + LEAST_WEIGHT * farthest + 1e-12
        weights = tf.where(positions >= itself, weights, 0.0)
        weights /= tf.reduce_sum(weights, axis=1, keepdims=True)
        mean = tf.reduce_sum(nearest * weights[..., None], axis=1)
        count = tf.reduce_sum(tf.cast(counted, tf.float32), axis=1)
        return tf.reduce_sum(tf.where(counted, distances, 0.0), axis=1) / count, mean

    def compute_output_shape(self, input_shape):
        return (input_shape[0],), input_shape

    def get_config(self):
        return super().get_config() | {"neighbors": self.neighbors, "count": self.count}
