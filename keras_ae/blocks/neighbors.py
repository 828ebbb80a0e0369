"""Layers that compare examples with stored normal ones, and scale their features for it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from keras_ae.table_layout import TableLayout
from keras_ae.table_losses import columns_by_known, known_columns

__all__ = ["ScaledDifferences", "StoredNeighbors", "known_features", "squared_distances", "weighted_squares"]

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


def weighted_squares(inputs: Any, weights: Any, stored: Any) -> Any:
    """The squared distances of examples from stored ones, each with weights of its own.

    Args:
        inputs: (batch, d).
        weights: (batch, d), of the features' squared differences.
        stored: (n, d).

    Returns:
        (batch, n).
    """
    squares = tf.reduce_sum(weights * tf.square(inputs), axis=1, keepdims=True)
    squares += tf.matmul(weights, tf.square(stored), transpose_b=True)
    return squares - 2.0 * tf.matmul(weights * inputs, stored, transpose_b=True)


def known_features(layout: TableLayout | None, examples: Any) -> Any:
    """Which features of examples are known, raised by as much as others are missing.

    Args:
        layout: Of the columns of a table; None for other examples, of which all features are known.
        examples: (batch, features).

    Returns:
        (batch, features) of rows of a table, 0 for what is missing; else 1.
    """
    if layout is None:
        return 1.0
    known = tf.matmul(known_columns(layout, examples), layout.of_column, transpose_b=True)
    return known * columns_by_known(layout, examples)[:, None]


@keras.saving.register_keras_serializable("keras_ae")
class StoredNeighbors(layers.Layer):
    """Examples (batch, d) -> their mean distance from the nearest stored ones, and what those are like.

    The distance is (batch,). The other output is a mean of the nearest ones, (batch, d), in which those count
    that are nearer than the next farther one, by how much they are: of equally far ones, none is preferred.
    A stored example that equals the one compared is left out, once: it may be that one itself. Of rows of a
    table, the columns that are known in a row are compared.

    Attributes:
        neighbors: Nearest stored examples that the distance is averaged over.
        count: Stored examples, at least as many.
        layout: Of the columns of a table; None for other examples.
    """

    def __init__(self, neighbors: int, count: int, layout: str = "", **settings: Any) -> None:
        super().__init__(**settings)
        self.neighbors, self.count = neighbors, count
        self.layout = TableLayout.parse(layout) if layout else None

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
        weights = tf.square(self.scale) * known_features(self.layout, inputs) * tf.ones_like(inputs)
        squares = weighted_squares(inputs, weights, stored)
        most = min(self.neighbors + 1, self.count)
        nearest = tf.gather(stored, tf.math.top_k(-squares, most).indices)
        # once more, for the difference of two large squares has few exact digits
        gaps = weights[:, None] * tf.square(inputs[:, None] - nearest)
        distances = tf.sqrt(tf.reduce_sum(gaps, axis=2))
        positions = tf.range(most)[None]
        itself = tf.cast((distances[:, :1] < SAME) & (most > 1), tf.int32)
        counted = (positions >= itself) & (positions < self.neighbors + itself)
        count = tf.reduce_sum(tf.cast(counted, tf.float32), axis=1)
        distance = tf.reduce_sum(tf.where(counted, distances, 0.0), axis=1) / count
        return distance, _mean_of(nearest, distances, positions >= itself)

    def compute_output_shape(self, input_shape):
        return (input_shape[0],), input_shape

    def get_config(self):
        layout = "" if self.layout is None else str(self.layout)
        own = {"neighbors": self.neighbors, "count": self.count, "layout": layout}
        return super().get_config() | own


def _mean_of(nearest, distances, counted):
    """The mean of the nearest examples that count, by how much nearer they are than the farthest."""
    farthest = tf.reduce_max(distances, axis=1, keepdims=True)
    weights = farthest - distances + LEAST_WEIGHT * farthest + 1e-12
    weights = tf.where(counted, weights, 0.0)
    weights /= tf.reduce_sum(weights, axis=1, keepdims=True)
    return tf.reduce_sum(nearest * weights[..., None], axis=1)


@keras.saving.register_keras_serializable("keras_ae")
class ScaledDifferences(layers.Layer):
    """The squared differences of examples from others, (batch, d) each, in units of the usual ones.

    The output is (batch, columns) for rows of a table, 0 for a value that is missing; else (batch, d).

    Attributes:
        layout: Of the columns of a table; None for other examples.
    """

    def __init__(self, layout: str = "", **settings: Any) -> None:
        super().__init__(**settings)
        self.layout = TableLayout.parse(layout) if layout else None

    def build(self, inputs_shape, others_shape):
        width = inputs_shape[-1]
        columns = width if self.layout is None else len(self.layout.columns)
        self.scale = self.add_weight(shape=(width,), name="scale", initializer="ones", trainable=False)
        self.usual = self.add_weight(shape=(columns,), name="usual", initializer="ones", trainable=False)

    def fitted(self, scale: np.ndarray) -> ScaledDifferences:
        """Stores the factors of features.

        Args:
            scale: (d,).

        Returns:
            The layer itself, whose usual differences are 1 until they are assigned.
        """
        self.build((None, len(scale)), (None, len(scale)))
        self.scale.assign(scale)
        return self

    def call(self, inputs, others):
        squares = tf.square((inputs - others) * self.scale) * known_features(self.layout, inputs)
        if self.layout is not None:
            squares = tf.matmul(squares, self.layout.of_column)
        return squares / self.usual

    def compute_output_shape(self, inputs_shape, others_shape):
        return inputs_shape if self.layout is None else (inputs_shape[0], len(self.layout.columns))

    def get_config(self):
        layout = "" if self.layout is None else str(self.layout)
        return super().get_config() | {"layout": layout}
