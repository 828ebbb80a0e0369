"""Random numbers for augmentations: one seed an example, so that none depends on others of its batch."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

__all__ = ["normal_like", "uniform"]


def uniform(seeds: Any, count: int = 1) -> tf.Tensor:
    """Uniform random numbers.

    Args:
        seeds: (batch, 2), int64, one seed per example.
        count: Numbers per example.

    Returns:
        (batch, count), float32, in [-1, 1).
    """
    numbers = tf.map_fn(
        lambda seed: tf.random.stateless_uniform((count,), seed, -1.0, 1.0),
        seeds,
        fn_output_signature=tf.TensorSpec((count,), tf.float32),
    )
    return tf.ensure_shape(numbers, (None, count))


def normal_like(examples: Any, seeds: Any) -> tf.Tensor:
    """Normal random numbers in the shape of examples.

    Args:
        examples: (batch, ...).
        seeds: (batch, 2), int64, one seed per example.

    Returns:
        (batch, ...), float32.
    """
    shape = tf.shape(examples)[1:]
    numbers = tf.map_fn(
        lambda seed: tf.random.stateless_normal(shape, seed), seeds, fn_output_signature=tf.float32
    )
    return tf.ensure_shape(numbers, examples.shape)
