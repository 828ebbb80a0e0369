"""Two-dimensional convolutional backbone: strided in the encoder, sub-pixel in the decoder.

A sub-pixel step (Shi et al. 2016, arXiv:1609.05158) convolves at the small size and then moves
channels into space. It leaves no checkerboard, and on a CPU trains faster than a transposed
convolution of the same width.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from keras import layers, ops

from keras_ae.backbones.weight_decay import kernel_decay
from keras_ae.blocks.activations import check_activation
from keras_ae.errors import InputError, check_convolutions, check_least, check_within
from keras_ae.heads import Backbone

__all__ = ["ConvBackbone"]


@dataclass(frozen=True)
class ConvBackbone(Backbone):
    """Convolutions that halve the image until it is small, then one dense layer in each direction.

    Attributes:
        filters: Channels of each level, from the image to the code, each at least 1. Where the image is
            larger than `smallest` after the last level, further levels have the last one's channels.
        kernel_size: Side of every convolution in pixels, odd.
        hidden: Width of the dense layer between the last level and the code; 0 leaves it out.
        smallest: Side in pixels, at least 1, at which further levels stop.
        activation: Activation of the hidden layers, by its Keras name.
        l1: Factor of the kernels' absolute weights in the weight decay, at least 0; biases have none.
        l2: Factor of the kernels' squared weights in the weight decay, at least 0.
    """

    filters: tuple[int, ...] = (32, 64)
    kernel_size: int = 3
    hidden: int = 0
    smallest: int = 8
    activation: str = "relu"
    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        check_activation(self.activation)
        check_within(self, l1="[0, inf)", l2="[0, inf)")
        check_convolutions(self.filters, self.kernel_size)
        check_least(self, hidden=0, smallest=1)

    def encode(self, inputs: Any) -> Any:
        """(batch, height, width, channels) -> (batch, n)."""
        sizes = self._sizes(tuple(inputs.shape[1:]))
        features = inputs
        for level in range(1, len(sizes)):
            name = f"encoder_conv_{level}"
            features = self._conv(self._width(level), name, self.activation, strides=2)(features)
        features = layers.Flatten(name="encoder_flatten")(features)
        if self.hidden:
            features = self._dense(self.hidden, "encoder_hidden")(features)
        return features

    def decode(self, code: Any, output_shape: tuple[int, ...]) -> Any:
        """(batch, latent_dim) -> (batch, height, width, channels), before the output activation."""
        sizes = self._sizes(output_shape)
        deepest = len(sizes) - 1
        features = code
        if self.hidden:
            features = self._dense(self.hidden, "decoder_hidden")(features)
        small = (*sizes[deepest], self._width(deepest))
        features = self._dense(prod(small), "decoder_unflatten")(features)
        features = layers.Reshape(small, name="decoder_reshape")(features)
        for level in range(deepest, 1, -1):
            name = f"decoder_conv_{level}"
            features = self._conv(4 * self._width(level - 1), name, self.activation)(features)
            features = _enlarge(features, sizes[level - 1])
        logits = self._conv(4 * output_shape[-1], "decoder_logits")(features)
        return _enlarge(logits, sizes[0])

    def _dense(self, width: int, name: str) -> layers.Layer:
        decay = kernel_decay(self.l1, self.l2)
        return layers.Dense(width, self.activation, kernel_regularizer=decay, name=name)

    def _conv(self, filters: int, name: str, activation: str | None = None, strides: int = 1) -> layers.Layer:
        return layers.Conv2D(
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

    def _sizes(self, shape: tuple[int, ...]) -> list[tuple[int, int]]:
        """The height and width at each level, beginning with the image's own."""
        if len(shape) != 3:
            raise InputError(
                f"a convolutional backbone takes (height, width, channels), received shape {shape}; "
                'take a dense one: SET="variant.backbone=DenseBackbone"'
            )
        height, width, _ = shape
        sizes = [(height, width)]
        while len(sizes) <= len(self.filters) or max(sizes[-1]) > self.smallest:
            height, width = (height + 1) // 2, (width + 1) // 2
            sizes.append((height, width))
        return sizes


def _enlarge(features: Any, size: tuple[int, ...]) -> Any:
    """Moves channels into space by a factor of two; crops the extra row or column of an odd side."""
    return ops.depth_to_space(features, 2)[:, : size[0], : size[1], :]
