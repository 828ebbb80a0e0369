"""The ends of pieces in a served graph."""

from __future__ import annotations

import tensorflow as tf

__all__ = ["until_end"]


def until_end(classes: tf.Tensor, end: int) -> tf.Tensor:
    """Pieces up to the first step in which a voice ends.

    Args:
        classes: (batch, time, voices), whole numbers.
        end: The class that ends.

    Returns:
        (batch, time, voices): the end in all voices of that step, and -1 after it.
    """
    ending = tf.reduce_any(tf.equal(classes, end), axis=-1, keepdims=True)
    before = tf.cumsum(tf.cast(ending, tf.int32), axis=-2, exclusive=True)
    ended = tf.where(ending & tf.equal(before, 0), tf.cast(end, classes.dtype), classes)
    return tf.where(before > 0, -tf.ones_like(classes), ended)
