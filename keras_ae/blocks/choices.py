"""Classes chosen by noise: exact samples that a seed or a request repeats, and the noise that chose them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

__all__ = ["MIN_PROBABILITY", "Likeliest", "choose_classes", "noise_for_classes", "normal_cdf", "normal_tail"]

MIN_PROBABILITY = 1e-12
"""Added to every probability, so that each class can be chosen."""

ERFC_COEFFICIENTS = (
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
    -0.82215223, 0.17087277,
)  # fmt: skip
"""Those of Press et al. (Numerical Recipes in C, 1992, 6.2) for erfc, exact to 1.2e-7 of its value."""


@keras.saving.register_keras_serializable("keras_ae")
class Likeliest(layers.Layer):
    """Noise of 0, (batch, *shape), for the codes of a batch: every choice is the likeliest.

    Args:
        shape: The shape of an example's noise.
    """

    def __init__(self, shape: tuple[int, ...], **kwargs: Any):
        super().__init__(**kwargs)
        self.shape = tuple(shape)

    def call(self, code: tf.Tensor) -> tf.Tensor:
        """Zeros, (batch, *shape).

        Args:
            code: (batch, ...).

        Returns:
            (batch, *shape).
        """
        return ops.zeros((ops.shape(code)[0], *self.shape))

    def compute_output_spec(self, code: keras.KerasTensor) -> keras.KerasTensor:
        """(batch, *shape)."""
        return keras.KerasTensor((code.shape[0], *self.shape), "float32")

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"shape": self.shape}


def choose_classes(probabilities: tf.Tensor, noise: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Chooses classes with standard normal noise.

    The likelier classes come first: the chosen class is that at which their sum passes the probability that a
    normal number is nearer to 0 than the noise.

    Args:
        probabilities: (n, classes).
        noise: (n,).

    Returns:
        The classes (n,), and the probabilities (n, classes) with that of the chosen class and the largest
        one exchanged.
    """
    ordered, order = tf.math.top_k(probabilities, probabilities.shape[-1])
    less_likely = tf.cumsum(ordered, axis=-1, exclusive=True, reverse=True)
    passed = tf.cast(less_likely >= normal_tail(noise)[:, None], tf.int32)
    rank = tf.minimum(tf.reduce_sum(passed, axis=-1), probabilities.shape[-1] - 1)
    chosen = tf.gather(order, rank, batch_dims=1)
    gap = ordered[:, 0] - tf.gather(ordered, rank, batch_dims=1)
    best, other = (tf.one_hot(index, probabilities.shape[-1]) for index in (order[:, 0], chosen))
    ahead = 1e-6 * tf.cast(
        rank > 0, tf.float32
    )  # so that the chosen class is the largest even among equal probabilities
    return chosen, probabilities + gap[:, None] * (other - best) + ahead[:, None] * other


def normal_tail(noise: tf.Tensor) -> tf.Tensor:
    """The probability that a standard normal number is farther from 0: erfc, which not every runtime has.

    Args:
        noise: (...), float32.

    Returns:
        (...), in [0, 1].
    """
    size = tf.abs(noise) / 2.0**0.5
    part = 1.0 / (1.0 + 0.5 * size)
    power = tf.fill(tf.shape(part), ERFC_COEFFICIENTS[-1])
    for coefficient in ERFC_COEFFICIENTS[-2::-1]:
        power = coefficient + part * power
    return part * tf.exp(power - size * size)


def normal_cdf(noise: tf.Tensor) -> tf.Tensor:
    """The probability that a standard normal number is less.

    Args:
        noise: (...), float32.

    Returns:
        (...), in [0, 1].
    """
    half = 0.5 * normal_tail(noise)
    return tf.where(noise < 0.0, half, 1.0 - half)


def noise_for_classes(probabilities: np.ndarray, targets: np.ndarray, noise_scale: float) -> np.ndarray:
    """The noise with which `choose_classes` chooses given classes.

    Args:
        probabilities: (n, steps, positions, classes).
        targets: One-hot classes, (n, steps, positions, classes).
        noise_scale: The factor that the noise is multiplied with before classes are chosen by it.

    Returns:
        (n, steps, positions), float32.
    """
    order = np.argsort(-probabilities, axis=-1, kind="stable")
    ordered = np.take_along_axis(probabilities, order, axis=-1).astype(np.float64)
    rank = np.take_along_axis(targets, order, axis=-1).argmax(axis=-1)[..., None]
    tail = np.flip(np.flip(ordered, axis=-1).cumsum(axis=-1), axis=-1)  # of it and what is less likely
    middle = np.take_along_axis(tail - 0.5 * ordered, rank, axis=-1)[..., 0]
    middle = np.where(rank[..., 0] == 0, 1.0, np.maximum(middle, 0.5 * MIN_PROBABILITY))
    from scipy.special import erfcinv

    return (2.0**0.5 * erfcinv(middle) / noise_scale).astype(np.float32)
