"""Rows of different lengths, each taken through a network alone, so that no padding changes it."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

__all__ = ["EachAlone"]

Tensor = Any
"""A tensor of Keras or TensorFlow, symbolic or not."""


@keras.saving.register_keras_serializable("keras_ae")
class EachAlone(keras.layers.Layer):
    """Restores each row at its own length, one after the other, and fills its rest with 0.

    Args:
        encoder: {"inputs": (1, length)} -> the inputs of the decoder, by name.
        decoder: -> {"reconstruction": (1, length)}; it may also take "inputs".
    """

    def __init__(self, encoder: keras.Model, decoder: keras.Model, **kwargs: Any):
        super().__init__(**kwargs)
        self.encoder, self.decoder = encoder, decoder

    def call(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Restores rows.

        Args:
            inputs: (batch, samples).
            lengths: (batch,), whole numbers from 1 to the number of samples; others count as the nearest.

        Returns:
            (batch, samples), 0 from the length of a row onwards.
        """
        samples = tf.shape(inputs)[1]

        def restored(row_and_length):
            row, length = row_and_length
            length = tf.clip_by_value(length, 1, samples)
            tensors = {"inputs": row[None, :length]}
            encoded = tensors | self.encoder(tensors)
            output = self.decoder({one.name: encoded[one.name] for one in self.decoder.inputs})
            return tf.pad(output["reconstruction"][0], [[0, samples - length]])

        rows = tf.map_fn(restored, (inputs, lengths), fn_output_signature=tf.float32)
        return tf.ensure_shape(rows, inputs.shape)

    def compute_output_shape(self, inputs_shape, lengths_shape):
        return tuple(inputs_shape)

    def get_config(self) -> dict[str, Any]:
        models = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in MODELS}
        return super().get_config() | models

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> EachAlone:
        models = {name: keras.saving.deserialize_keras_object(config.pop(name)) for name in MODELS}
        return cls(**models, **config)


MODELS = ("encoder", "decoder")
