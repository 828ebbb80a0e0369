"""A critic that distinguishes two kinds of codes, for adversarial terms."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

from keras_ae.replicas import replicas

__all__ = ["PermuteDimensions", "critic", "critic_loss"]

Tensor = Any
"""A tensor of Keras or TensorFlow, symbolic or not."""


def critic(latent_dim: int, units: tuple[int, ...] = (256, 256)) -> keras.Model:
    """A dense network that distinguishes two kinds of codes.

    Args:
        latent_dim: Size of a code.
        units: Width of each hidden layer.

    Returns:
        {"code": (batch, latent_dim)} -> {"logit": (batch,)}, above 0 if the first kind is likelier.
    """
    code = keras.Input((latent_dim,), name="code")
    hidden = code
    for level, width in enumerate(units, start=1):
        hidden = layers.Dense(width, "leaky_relu", name=f"critic_dense_{level}")(hidden)
    logit = layers.Dense(1, name="critic_logit")(hidden)
    return keras.Model({"code": code}, {"logit": ops.squeeze(logit, axis=-1)}, name="critic")


class PermuteDimensions(layers.Layer):
    """Shuffles each dimension of the codes over the batch by itself (Kim and Mnih 2018, arXiv:1802.05983).

    The result samples the product of the marginals. The shuffles are pure functions of the batch's seeds.
    """

    def call(self, code: Tensor, seeds: Tensor) -> Tensor:
        """Shuffles codes.

        Args:
            code: (batch, n).
            seeds: (batch, 2), int64.

        Returns:
            (batch, n).
        """
        code = replicas().gathered(code)
        seed = tf.random.experimental.stateless_fold_in(seeds[0], 7)
        order = tf.argsort(tf.random.stateless_uniform(tf.shape(code), seed), axis=0)
        rows = tf.gather(tf.transpose(code), tf.transpose(order), axis=1, batch_dims=1)
        return replicas().own_rows(tf.transpose(rows))

    def compute_output_shape(self, code_shape, seeds_shape):
        return code_shape


def critic_loss(first: Tensor, second: Tensor) -> Tensor:
    """The critic's loss, which is small if it separates the two kinds.

    Args:
        first: Logits of codes of the first kind, (batch,), which should be above 0.
        second: Logits of codes of the second kind, (batch,), which should be below 0.

    Returns:
        (batch,).
    """
    return ops.softplus(-first) + ops.softplus(second)
