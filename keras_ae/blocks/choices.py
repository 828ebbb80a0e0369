"""Classes chosen by noise: exact draws that a seed, or a request, repeats, and the noise that chose them."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from scipy.special import erfcinv

LEAST = 1e-12
"""What every probability has at least, so that each class can be chosen."""

TAIL = (
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
    -0.82215223, 0.17087277,
)  # fmt: skip
"""Coefficients of Press et al. (Numerical Recipes in C, 1992, 6.2) for erfc, right to 1.2e-7 of its value."""


@keras.saving.register_keras_serializable("keras_ae")
class Likeliest(layers.Layer):
    """Noise of 0, (batch, *shape), for the codes of a batch: every choice is the likeliest."""

    def __init__(self, shape: tuple[int, ...], **kwargs):
        super().__init__(**kwargs)
        self.shape = tuple(shape)

    def call(self, code):
        return ops.zeros((ops.shape(code)[0], *self.shape))

    def compute_output_spec(self, code):
        return keras.KerasTensor((code.shape[0], *self.shape), "float32")

    def get_config(self):
        return super().get_config() | {"shape": self.shape}


def choose(shares, noise):
    """Classes (n,) drawn from probabilities (n, classes) by normal noise (n,), and what to show of them.

    The likelier come first: the class is that at which their sum passes the share of normal draws that are
    nearer to 0 than the noise. Shown are the probabilities, the chosen one's and the largest exchanged.
    """
    sorted_shares, order = tf.math.top_k(shares, shares.shape[-1])
    less_likely = tf.cumsum(sorted_shares, axis=-1, exclusive=True, reverse=True)
    passed = tf.cast(less_likely >= farther(noise)[:, None], tf.int32)
    rank = tf.minimum(tf.reduce_sum(passed, axis=-1), shares.shape[-1] - 1)
    chosen = tf.gather(order, rank, batch_dims=1)
    gap = sorted_shares[:, 0] - tf.gather(sorted_shares, rank, batch_dims=1)
    best, other = (tf.one_hot(place, shares.shape[-1]) for place in (order[:, 0], chosen))
    ahead = 1e-6 * tf.cast(rank > 0, tf.float32)  # of one that is as likely, to be the largest all the same
    return chosen, shares + gap[:, None] * (other - best) + ahead[:, None] * other


def farther(noise):
    """The share of normal draws that are farther from 0 than these: erfc, which not every runtime has."""
    size = tf.abs(noise) / 2.0**0.5
    part = 1.0 / (1.0 + 0.5 * size)
    power = tf.fill(tf.shape(part), TAIL[-1])
    for coefficient in TAIL[-2::-1]:
        power = coefficient + part * power
    return part * tf.exp(power - size * size)


def choices_of(shares: np.ndarray, targets: np.ndarray, spread: float) -> np.ndarray:
    """The noise (n, steps, places) by which `choose` takes the classes that are.

    shares, targets: (n, steps, places, classes), probabilities and one-hot classes. spread: what the noise is
    multiplied with before.
    """
    order = np.argsort(-shares, axis=-1, kind="stable")
    sorted_shares = np.take_along_axis(shares, order, axis=-1).astype(np.float64)
    rank = np.take_along_axis(targets, order, axis=-1).argmax(axis=-1)[..., None]
    upto = np.flip(np.flip(sorted_shares, axis=-1).cumsum(axis=-1), axis=-1)  # of it and what is less likely
    middle = np.take_along_axis(upto - 0.5 * sorted_shares, rank, axis=-1)[..., 0]
    middle = np.where(rank[..., 0] == 0, 1.0, np.maximum(middle, 0.5 * LEAST))
    return (2.0**0.5 * erfcinv(middle) / spread).astype(np.float32)
