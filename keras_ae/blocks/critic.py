"""A critic that tells two kinds of codes apart, for adversarial terms."""

from __future__ import annotations

import keras
import tensorflow as tf
from keras import layers, ops


def critic(latent_dim: int, units: tuple[int, ...] = (256, 256)) -> keras.Model:
    """{"code": (batch, latent_dim)} -> {"logit": (batch,)}, above 0 where the first kind is likelier."""
    code = keras.Input((latent_dim,), name="code")
    hidden = code
    for level, width in enumerate(units, start=1):
        hidden = layers.Dense(width, "leaky_relu", name=f"critic_dense_{level}")(hidden)
    logit = layers.Dense(1, name="critic_logit")(hidden)
    return keras.Model({"code": code}, {"logit": ops.squeeze(logit, axis=-1)}, name="critic")


class PermuteDimensions(layers.Layer):
    """Each unit of a batch's codes shuffled over the batch by itself: draws of the product of marginals.

    The shuffles are pure functions of the batch's seeds.
    """

    def call(self, code, seeds):
        """code (batch, n), seeds (batch, 2) -> (batch, n)."""
        seed = tf.random.experimental.stateless_fold_in(seeds[0], 7)
        order = tf.argsort(tf.random.stateless_uniform(tf.shape(code), seed), axis=0)
        rows = tf.gather(tf.transpose(code), tf.transpose(order), axis=1, batch_dims=1)
        return tf.transpose(rows)

    def compute_output_shape(self, code_shape, seeds_shape):
        return code_shape


def critic_loss(first, second):
    """The critic's loss (batch,): logits of the first kind should be above 0, of the second below."""
    return ops.softplus(-first) + ops.softplus(second)
