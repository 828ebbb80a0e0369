"""A layer that lowers the anomaly scores of rows like those that a person has marked as normal."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from keras_ae.blocks.neighbors import known_features, weighted_squares
from keras_ae.table_layout import TableLayout

__all__ = ["MarkedRows"]


@keras.saving.register_keras_serializable("keras_ae")
class MarkedRows(layers.Layer):
    """Rows (batch, d) and their anomaly scores (batch,) -> scores, at most a level for rows like marked ones.

    A row is like a marked one if that is nearer than the third nearest of the anomalies that were not marked,
    and no farther than its own reach.

    Attributes:
        marked: Rows that were marked as normal.
        others: Anomalies of the same files that were not.
        layout: Of the columns of a table.
        neighbors: Which of the nearest anomalies is compared with, at most `others`.
    """

    def __init__(self, marked: int, others: int, layout: str, neighbors: int = 3, **settings: Any) -> None:
        super().__init__(**settings)
        self.marked, self.others, self.neighbors = marked, others, neighbors
        self.layout = TableLayout.parse(layout)

    def build(self, inputs_shape, scores_shape):
        width = inputs_shape[-1]
        self.normal = self.add_weight(shape=(self.marked, width), name="normal", trainable=False)
        self.anomalies = self.add_weight(shape=(self.others, width), name="anomalies", trainable=False)
        self.scale = self.add_weight(shape=(width,), name="scale", trainable=False)
        self.reach = self.add_weight(shape=(self.marked,), name="reach", trainable=False)
        self.level = self.add_weight(shape=(), name="level", trainable=False)

    def fitted(
        self, normal: np.ndarray, anomalies: np.ndarray, scale: np.ndarray, reach: np.ndarray, level: float
    ) -> MarkedRows:
        """Stores rows.

        Args:
            normal: (marked, d), those that were marked.
            anomalies: (others, d), those that were not.
            scale: (d,), factors of features in distances.
            reach: (marked,), the distance up to which rows are like each.
            level: The highest score of rows like them.

        Returns:
            The layer itself.
        """
        self.build(normal.shape, (None,))
        self.set_weights([normal, anomalies, scale, reach, np.float32(level)])
        return self

    def call(self, inputs, scores):
        weights = tf.square(self.scale) * known_features(self.layout, inputs)
        near = weighted_squares(inputs, weights, tf.convert_to_tensor(self.normal))
        like = near <= tf.square(self.reach)
        if self.others:
            far = -weighted_squares(inputs, weights, tf.convert_to_tensor(self.anomalies))
            limit = -tf.math.top_k(far, min(self.neighbors, self.others)).values[:, -1:]
            like &= near < limit
        return tf.where(tf.reduce_any(like, axis=1), tf.minimum(scores, self.level), scores)

    def compute_output_shape(self, inputs_shape, scores_shape):
        return scores_shape

    def get_config(self):
        own = {"marked": self.marked, "others": self.others, "neighbors": self.neighbors}
        return super().get_config() | own | {"layout": str(self.layout)}
