"""Codes of whole numbers and their bits: rounding, the noise that stands for it, and a density of codes."""

from __future__ import annotations

from math import log
from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

from keras_ae.blocks.sampling import uniform_noise

__all__ = ["FactorizedPrior", "Rounding"]

Tensor = Any
"""A tensor of Keras or TensorFlow, symbolic or not."""

PACE = 4.0
"""Factor of the weights: a density has to follow codes that change, by steps of one size for all weights."""

SMALLEST = 1e-9
"""Probability below which a code's bits do not grow any more."""


@keras.saving.register_keras_serializable("keras_ae")
class Rounding(layers.Layer):
    """The nearest whole numbers; in training uniform noise in their place, through which gradients pass.

    Ballé, Laparra and Simoncelli, "End-to-end Optimized Image Compression", 2017, arXiv:1611.01704.
    """

    def call(self, values: Tensor, seeds: Tensor = None) -> Tensor:
        """Rounds, or adds noise.

        Args:
            values: (batch, n).
            seeds: (batch, 2), int64, to add noise in [-0.5, 0.5) with; None rounds.

        Returns:
            (batch, n).
        """
        if seeds is None:
            return ops.round(values)
        seed = tf.random.experimental.stateless_fold_in(seeds[0], 1)
        return values + uniform_noise(tf.shape(values), seed) - 0.5

    def compute_output_shape(self, values_shape, seeds_shape=None):
        return values_shape

    def compute_output_spec(self, values, seeds=None):
        return keras.KerasTensor(values.shape, values.dtype)


@keras.saving.register_keras_serializable("keras_ae")
class FactorizedPrior(layers.Layer):
    """The bits of codes under a density of their own for each dimension: a mixture of logistic ones.

    The probability of a code is the mass of the interval of length 1 around it, which of whole numbers is
    that of the number, and of numbers with uniform noise the density of both together.

    Args:
        latent_dim: Size of a code.
        spread: Standard deviation of a code at the start, about.
        mixtures: Logistic densities of a dimension.
    """

    def __init__(self, latent_dim: int, spread: float = 8.0, mixtures: int = 3, **kwargs: Any):
        super().__init__(**kwargs)
        self.latent_dim, self.spread, self.mixtures = latent_dim, spread, mixtures
        shape = (latent_dim, mixtures)
        centers = keras.initializers.RandomUniform(-1 / PACE, 1 / PACE, seed=0)
        self.center = self.add_weight(shape, centers, name="center")
        self.log_scale = self.add_weight(shape, "zeros", name="log_scale")
        self.logit = self.add_weight(shape, "zeros", name="logit")
        self.built = True

    def call(self, codes: Tensor) -> Tensor:
        """The bits of codes.

        Args:
            codes: (batch, latent_dim).

        Returns:
            (batch,).
        """
        # of the distance, so that the difference of two values near 1 does not lose its digits
        distance = ops.abs(codes[..., None] - PACE * self.spread * self.center)
        scale = self.spread / 2 * ops.exp(PACE * self.log_scale)
        mass = ops.sigmoid((0.5 - distance) / scale) - ops.sigmoid((-0.5 - distance) / scale)
        probability = ops.sum(ops.softmax(PACE * self.logit) * mass, axis=-1)
        return -ops.sum(ops.log(ops.maximum(probability, SMALLEST)), axis=-1) / log(2)

    def compute_output_shape(self, codes_shape):
        return codes_shape[:1]

    def get_config(self) -> dict[str, Any]:
        own = {"latent_dim": self.latent_dim, "spread": self.spread, "mixtures": self.mixtures}
        return super().get_config() | own
