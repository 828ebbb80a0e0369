"""Fully connected backbone, for images, tables and windows of a fixed size alike."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from keras import activations, layers

from keras_ae.backbones.weight_decay import kernel_decay
from keras_ae.heads import Backbone


@dataclass(frozen=True)
class DenseBackbone(Backbone):
    """Dense layers from the flattened input towards the code, and mirrored back.

    units: width of each hidden layer, from the input to the code; () leaves one layer in each
        direction, the vanilla autoencoder. Each at least 1.
    activation: of the hidden layers, by its Keras name.
    l1, l2: factors of the kernels' weight decay, each at least 0; biases bear none.
    """

    units: tuple[int, ...] = (512, 256)
    activation: str = "relu"
    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self):
        activations.get(self.activation)
        kernel_decay(self.l1, self.l2)
        if any(width < 1 for width in self.units):
            raise ValueError(f"each of units is at least 1, received {self.units}")

    def encode(self, inputs):
        """(batch, *input_shape) -> (batch, units[-1]), or (batch, n) when units is ()."""
        features = layers.Flatten(name="encoder_flatten")(inputs)
        for level, width in enumerate(self.units, start=1):
            features = self._dense(width, f"encoder_dense_{level}", self.activation)(features)
        return features

    def decode(self, code, output_shape):
        """(batch, latent_dim) -> (batch, *output_shape), before the output activation."""
        features = code
        for level, width in reversed(tuple(enumerate(self.units, start=1))):
            features = self._dense(width, f"decoder_dense_{level}", self.activation)(features)
        logits = self._dense(prod(output_shape), "decoder_logits")(features)
        return layers.Reshape(output_shape, name="decoder_reshape")(logits)

    def _dense(self, width, name, activation=None):
        return layers.Dense(width, activation, kernel_regularizer=kernel_decay(self.l1, self.l2), name=name)
