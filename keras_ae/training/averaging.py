"""Optimizers that apply the mean of the gradients of all replicas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from keras_ae.replicas import Replicas

__all__ = ["averaging"]


def averaging(optimizer: keras.optimizers.Optimizer, replicas: Replicas) -> keras.optimizers.Optimizer:
    """The same optimizer, for replicas that have each the gradient of its own rows of a batch.

    Args:
        optimizer: The optimizer, not built.
        replicas: The replicas, which all apply the same mean.

    Returns:
        The optimizer, whose `get_config` makes others like it.
    """
    base: Any = type(optimizer)

    class Averaging(base):
        def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
            sums = replicas.summed([tf.convert_to_tensor(grad) for grad in grads if grad is not None])
            means = iter([total / replicas.count for total in sums])
            grads = [None if grad is None else next(means) for grad in grads]
            super().apply(grads, trainable_variables)

    Averaging.__name__ = base.__name__
    return Averaging.from_config(optimizer.get_config())
