"""Layers that assign codes to clusters: by a mixture of normals, or by the nearest stored codes."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from keras_ae.blocks.neighbors import squared_distances

__all__ = ["MixturePosterior", "NeighborVote"]


@keras.saving.register_keras_serializable("keras_ae")
class MixturePosterior(layers.Layer):
    """The probability of each component of a fixed mixture of normals: (batch, d) -> (batch, components).

    Args:
        components: At least 1.
        width: Numbers in a code, d.
        correlated: Whether each component's covariance is a full matrix rather than a variance a dimension.
    """

    def __init__(self, components: int, width: int, correlated: bool, **settings: Any) -> None:
        super().__init__(**settings)
        self.components, self.width, self.correlated = components, width, correlated
        root = (components, width, width) if correlated else (components, width)
        for name, shape in (("log_weight", (components,)), ("mean", (components, width)), ("root", root)):
            setattr(self, name, self.add_weight(shape=shape, name=name, trainable=False))
        self.built = True

    @classmethod
    def of(cls, weights: np.ndarray, mean: np.ndarray, root: np.ndarray) -> MixturePosterior:
        """The layer of a given mixture.

        Args:
            weights: (components,), the probabilities of the components, which sum to 1.
            mean: (components, d).
            root: (components, d), 1 / standard deviations, or (components, d, d), matrices R whose R R' is
                the inverse of a covariance, upper triangular.

        Returns:
            The layer.
        """
        components, width = mean.shape
        layer = cls(components, width, root.ndim == 3, name="mixture_posterior")
        diagonal = np.diagonal(root, axis1=1, axis2=2) if root.ndim == 3 else root
        log_weight = np.log(np.maximum(weights, 1e-300)) + np.log(np.abs(diagonal)).sum(axis=1)
        layer.set_weights([log_weight, mean, root])
        return layer

    def call(self, codes):
        difference = codes[:, None] - self.mean  # before the product, which has few exact digits
        product = "bkd,kde->bke" if self.correlated else "bkd,kd->bkd"
        scaled = ops.einsum(product, difference, self.root)
        return ops.softmax(self.log_weight - 0.5 * ops.sum(ops.square(scaled), axis=-1))

    def compute_output_shape(self, codes_shape):
        return (codes_shape[0], self.components)

    def get_config(self):
        own = {"components": self.components, "width": self.width, "correlated": self.correlated}
        return super().get_config() | own


@keras.saving.register_keras_serializable("keras_ae")
class NeighborVote(layers.Layer):
    """The mean probabilities of the nearest of some stored codes: (batch, d) -> (batch, clusters).

    Args:
        neighbors: Stored codes that are averaged over.
        count: Stored codes, at least as many.
        width: Numbers in a code, d.
        clusters: The number of probabilities of each.
    """

    def __init__(self, neighbors: int, count: int, width: int, clusters: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.neighbors, self.count, self.width, self.clusters = neighbors, count, width, clusters
        self.stored = self.add_weight(shape=(count, width), name="stored", trainable=False)
        self.probabilities = self.add_weight(shape=(count, clusters), name="probabilities", trainable=False)
        self.built = True

    @classmethod
    def of(cls, codes: np.ndarray, probabilities: np.ndarray, neighbors: int) -> NeighborVote:
        """The layer of given codes.

        Args:
            codes: (count, d).
            probabilities: (count, clusters), which sum to 1.
            neighbors: Stored codes to average over; all if there are fewer.

        Returns:
            The layer.
        """
        sizes = (len(codes), codes.shape[1], probabilities.shape[1])
        layer = cls(min(neighbors, len(codes)), *sizes, name="neighbor_vote")
        layer.set_weights([codes, probabilities])
        return layer

    def call(self, codes):
        squares = squared_distances(codes, tf.convert_to_tensor(self.stored))
        nearest = tf.math.top_k(-squares, self.neighbors).indices
        return tf.reduce_mean(tf.gather(tf.convert_to_tensor(self.probabilities), nearest), axis=1)

    def compute_output_shape(self, codes_shape):
        return (codes_shape[0], self.clusters)

    def get_config(self):
        own = {name: getattr(self, name) for name in ("neighbors", "count", "width", "clusters")}
        return super().get_config() | own
