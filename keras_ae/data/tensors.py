"""Examples as TensorFlow takes them."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

__all__ = ["values"]


def values(examples: Any) -> tf.Tensor:
    """The examples of a split as a model takes them.

    Args:
        examples: (batch, ...); 255 in uint8 stands for 1.

    Returns:
        (batch, ...), float32.
    """
    examples = tf.convert_to_tensor(examples)
    full = 255.0 if examples.dtype == tf.uint8 else 1.0
    return tf.cast(examples, tf.float32) / full
