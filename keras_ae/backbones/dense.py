"""Fully connected backbone, for images, tables and windows of a fixed size alike."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from keras import layers

from keras_ae.backbones.weight_decay import kernel_decay
from keras_ae.blocks.activations import check_activation
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
    """

    units: tuple[int, ...] = (512, 256)
    activation: str = "relu"
    l1: float = 0.0
    l2: float = 0.0

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
        features = code
        for level, width in reversed(tuple(enumerate(self.units, start=1))):
            features = self._dense(width, f"decoder_dense_{level}", self.activation)(features)
        logits = self._dense(prod(output_shape), "decoder_logits")(features)
        return layers.Reshape(output_shape, name="decoder_reshape")(logits)

    def _dense(self, width: int, name: str, activation: str | None = None) -> layers.Layer:
        return layers.Dense(width, activation, kernel_regularizer=kernel_decay(self.l1, self.l2), name=name)
