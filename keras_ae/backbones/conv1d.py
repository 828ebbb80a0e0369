"""One-dimensional convolutional backbone for series: strided in the encoder, sub-pixel in the decoder.

The sub-pixel step (Shi et al. 2016, arXiv:1609.05158) is that of images with one axis less: each
step's channels become two steps of half as many.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from keras import layers

from keras_ae.backbones.weight_decay import kernel_decay
from keras_ae.blocks.activations import check_activation
from keras_ae.errors import InputError, check_convolutions, check_least, check_within
from keras_ae.heads import Backbone

__all__ = ["Conv1DBackbone"]


@dataclass(frozen=True)
class Conv1DBackbone(Backbone):
    """Convolutions that halve the series until it is short, then one dense layer in each direction.

    Attributes:
        filters: Channels of each level, from the series to the code, each at least 1. Where the series is
            longer than `shortest` after the last level, further levels have the last one's channels.
        kernel_size: Length of every convolution in steps, odd.
        hidden: Width of the dense layer between the last level and the code; 0 leaves it out.
        shortest: Length in steps, at least 1, at which further levels stop.
        activation: Activation of the hidden layers, by its Keras name.
        l1: Factor of the kernels' absolute weights in the weight decay, at least 0; biases have none.
        l2: Factor of the kernels' squared weights in the weight decay, at least 0.
    """

    filters: tuple[int, ...] = (32, 64)
    kernel_size: int = 5
    hidden: int = 0
    shortest: int = 8
    activation: str = "relu"
    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        check_activation(self.activation)
        check_within(self, l1="[0, inf)", l2="[0, inf)")
        check_convolutions(self.filters, self.kernel_size)
        check_least(self, hidden=0, shortest=1)

    def encode(self, inputs: Any) -> Any:
        """(batch, time, channels) -> (batch, n)."""
        lengths = self._lengths(tuple(inputs.shape[1:]))
        features = inputs
        for level in range(1, len(lengths)):
            name = f"encoder_conv_{level}"
            features = self._conv(self._width(level), name, self.activation, strides=2)(features)
        features = layers.Flatten(name="encoder_flatten")(features)
        if self.hidden:
            features = self._dense(self.hidden, "encoder_hidden")(features)
        return features

    def decode(self, code: Any, output_shape: tuple[int, ...]) -> Any:
        """(batch, latent_dim) -> (batch, time, channels), before the output activation."""
        lengths = self._lengths(output_shape)
        deepest = len(lengths) - 1
        features = code
        if self.hidden:
            features = self._dense(self.hidden, "decoder_hidden")(features)
        small = (lengths[deepest], self._width(deepest))
        features = self._dense(prod(small), "decoder_unflatten")(features)
        features = layers.Reshape(small, name="decoder_reshape")(features)
        for level in range(deepest, 1, -1):
            name = f"decoder_conv_{level}"
            features = self._conv(2 * self._width(level - 1), name, self.activation)(features)
            features = _lengthen(features, lengths[level - 1], f"decoder_lengthen_{level}")
        logits = self._conv(2 * output_shape[-1], "decoder_logits")(features)
        return _lengthen(logits, lengths[0], "decoder_lengthen_1")

    def _dense(self, width: int, name: str) -> layers.Layer:
        decay = kernel_decay(self.l1, self.l2)
        return layers.Dense(width, self.activation, kernel_regularizer=decay, name=name)

    def _conv(self, filters: int, name: str, activation: str | None = None, strides: int = 1) -> layers.Layer:
        return layers.Conv1D(
            filters,
            self.kernel_size,
            strides,
            padding="same",
            activation=activation,
            kernel_regularizer=kernel_decay(self.l1, self.l2),
            name=name,
        )

    def _width(self, level: int) -> int:
        return self.filters[min(level, len(self.filters)) - 1]

    def _lengths(self, shape: tuple[int, ...]) -> list[int]:
        """The length in steps at each level, beginning with the series' own."""
        if len(shape) != 2:
            raise InputError(
                f"a one-dimensional convolutional backbone takes (time, channels), received shape {shape}; "
                'take a dense one: SET="variant.backbone=DenseBackbone"'
            )
        lengths = [shape[0]]
        while len(lengths) <= len(self.filters) or lengths[-1] > self.shortest:
            lengths.append((lengths[-1] + 1) // 2)
        return lengths


def _lengthen(features: Any, length: int, name: str) -> Any:
    """Moves channels into time by a factor of two; crops the extra step if the length is odd."""
    _, steps, channels = features.shape
    return layers.Reshape((2 * steps, channels // 2), name=name)(features)[:, :length, :]
