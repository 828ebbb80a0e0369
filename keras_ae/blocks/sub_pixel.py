"""Channels moved into space, the sub-pixel way of enlarging (Shi et al. 2016, arXiv:1609.05158)."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

__all__ = ["Shuffle"]


@keras.saving.register_keras_serializable("keras_ae")
class Shuffle(layers.Layer):
    """Moves channels into rows and columns.

    The same in training and after it, by other operations: TensorFlow's kernel is the fastest for a few
    examples, as heads are served, and it and its gradient take up to seven times as long as transposes
    for a batch of which few channels are left.

    Args:
        factor: By which height and width grow.
    """

    def __init__(self, factor: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Moves channels into pixels.

        Args:
            inputs: (batch, height, width, channels * factor^2).
            training: Whether a gradient will be taken of a batch.

        Returns:
            (batch, factor * height, factor * width, channels).
        """
        if self.factor == 1:
            return inputs
        if not training:
            return tf.nn.depth_to_space(inputs, self.factor)
        _, height, width, channels = ops.shape(inputs)
        wide = channels // self.factor
        rows = ops.transpose(ops.reshape(inputs, (-1, width, self.factor, wide)), (0, 2, 1, 3))
        return ops.reshape(rows, (-1, self.factor * height, self.factor * width, wide // self.factor))

    def compute_output_shape(self, input_shape):
        batch, *sides, channels = input_shape
        large = (None if side is None else side * self.factor for side in sides)
        return (batch, *large, channels // self.factor**2)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"factor": self.factor}
