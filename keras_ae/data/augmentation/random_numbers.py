"""Random numbers for augmentations: one seed an example, so that none depends on others of its batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

__all__ = ["by_seed", "normal_like", "uniform"]

MOST_UNROLLED = 128
"""Examples of a batch of known size, at most, that are sampled by an operation each in place of a loop."""


def by_seed(sample: Callable[[Any], Any], seeds: Any) -> tf.Tensor:
    """Random numbers of each example from its own seed.

    Args:
        sample: Seed (2,), int64 -> random numbers (...), float32.
        seeds: (batch, 2), int64, one seed per example.

    Returns:
        (batch, ...), float32.
    """
    count = seeds.shape[0]
    if count and count <= MOST_UNROLLED and not tf.executing_eagerly():
        return tf.stack([sample(seed) for seed in tf.unstack(seeds)])
    return tf.map_fn(sample, seeds, fn_output_signature=tf.float32)


def uniform(seeds: Any, count: int = 1) -> tf.Tensor:
    """Uniform random numbers.

    Args:
        seeds: (batch, 2), int64, one seed per example.
        count: Numbers per example.

    Returns:
        (batch, count), float32, in [-1, 1).
    """
    numbers = by_seed(lambda seed: tf.random.stateless_uniform((count,), seed, -1.0, 1.0), seeds)
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
    numbers = by_seed(lambda seed: tf.random.stateless_normal(shape, seed), seeds)
    return tf.ensure_shape(numbers, examples.shape)
