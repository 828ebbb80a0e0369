"""The output layer of a decoder of sequences: their values, and flags between -1 and 1."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

__all__ = ["SequenceActivation"]


@keras.saving.register_keras_serializable("keras_ae")
class SequenceActivation(layers.Layer):
    """Values as they are, and tanh of the last channel: (batch, time, channels + 1) -> the same shape.

    The last channel is the probability that the sequence goes on less that it ends there.
    """

    def call(self, logits: Any) -> Any:
        """Activates the flags.

        Args:
            logits: (batch, time, channels + 1).

        Returns:
            (batch, time, channels + 1).
        """
        return ops.concatenate([logits[..., :-1], ops.tanh(logits[..., -1:])], axis=-1)

    def compute_output_shape(self, input_shape):
        return input_shape
