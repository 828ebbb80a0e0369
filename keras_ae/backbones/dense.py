"""Fully connected backbone, for images, tables and windows of a fixed size alike."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import keras
from keras import layers

from keras_ae.backbones.weight_decay import kernel_decay
from keras_ae.blocks.activations import check_activation
from keras_ae.blocks.tied import check_tied, code_layer, tied_dense
from keras_ae.errors import check_widths, check_within
from keras_ae.heads import Backbone

__all__ = ["DenseBackbone"]


@dataclass(frozen=True)
class DenseBackbone(Backbone):
    """Dense layers from the flattened input to the code, and the same widths in reverse order back.

    Attributes:
        units: Width of each hidden layer, from the input to the code, each at least 1; () leaves a
            single layer in each direction, the vanilla autoencoder.
        activation: Activation of the hidden layers, by its Keras name.
        l1: Factor of the kernels' absolute weights in the weight decay, at least 0; biases have none.
        l2: Factor of the kernels' squared weights in the weight decay, at least 0.
        tied: Whether the decoder's weights are the transposes of the encoder's, with biases of its own.
    """

    units: tuple[int, ...] = (512, 256)
    activation: str = "relu"
    l1: float = 0.0
    l2: float = 0.0
    tied: bool = False

    def __post_init__(self) -> None:
        check_activation(self.activation)
        check_within(self, l1="[0, inf)", l2="[0, inf)")
        check_widths("units", self.units, least=0)

    def encode(self, inputs: Any) -> Any:
        """(batch, *input_shape) -> (batch, units[-1]), or the flattened input where units is ()."""
        features = layers.Flatten(name="encoder_flatten")(inputs)
        for level, width in enumerate(self.units, start=1):
            features = self._dense(width, f"encoder_dense_{level}", self.activation)(features)
        return features

    def decode(self, code: Any, output_shape: tuple[int, ...]) -> Any:
        """(batch, latent_dim) -> (batch, *output_shape), before the output activation."""
        return self.decode_with(None, code, output_shape)

    def decode_with(self, encoder: keras.Model | None, code: Any, output_shape: tuple[int, ...]) -> Any:
        """The same, with the weights of the encoder where they are tied."""
        if check_tied(self.tied, encoder):
            return self._decode_tied(encoder, code, output_shape)
        features = code
        for level, width in reversed(tuple(enumerate(self.units, start=1))):
            features = self._dense(width, f"decoder_dense_{level}", self.activation)(features)
        logits = self._dense(prod(output_shape), "decoder_logits")(features)
        return layers.Reshape(output_shape, name="decoder_reshape")(logits)

    def _decode_tied(self, encoder: Any, code: Any, output_shape: tuple[int, ...]) -> Any:
        """The decoder whose layers are the transposes of the encoder's, that of the code first."""
        names = ["encoder_flatten", *(f"encoder_dense_{level}" for level in range(1, len(self.units) + 1))]
        features = code
        source = code_layer(encoder, names[-1])
        for level, width in reversed(tuple(enumerate(self.units, start=1))):
            features = tied_dense(source, features, width, self.activation, f"decoder_dense_{level}")
            source = encoder.get_layer(names[level])
        logits = tied_dense(source, features, prod(output_shape), None, "decoder_logits")
        return layers.Reshape(output_shape, name="decoder_reshape")(logits)

    def _dense(self, width: int, name: str, activation: str | None = None) -> layers.Layer:
        return layers.Dense(width, activation, kernel_regularizer=kernel_decay(self.l1, self.l2), name=name)
