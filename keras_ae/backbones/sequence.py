"""Backbone of convolutions over sequences that end before their last position, such as texts."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from keras import layers, ops

from keras_ae.backbones.weight_decay import kernel_decay
from keras_ae.blocks.activations import check_activation
from keras_ae.blocks.dropout import ResumableDropout
from keras_ae.errors import InputError, check_convolutions, check_least, check_within
from keras_ae.heads import Backbone
from keras_ae.losses import positions_of

__all__ = ["SequenceBackbone", "flat_positions", "flat_shape", "unflat"]


@dataclass(frozen=True)
class SequenceBackbone(Backbone):
    """A dense layer over each position, convolutions over neighbors, and one dense layer in each direction.

    What is after the end of a sequence is 0 after each layer, so that a code does not depend on how many
    positions follow the end. The decoder gives all positions at once.

    Attributes:
        filters: Channels of each convolution, from the sequence to the code, each at least 1.
        kernel_size: Length of every convolution in positions, odd.
        halvings: Convolutions after which two neighbors become one position of twice the channels, 0 to the
            number of filters; the decoder parts them again. Fewer positions take fewer weights.
        hidden: Width of the dense layer between the last convolution and the code; 0 leaves it out.
        activation: Activation of the hidden layers, by its Keras name.
        l1: Factor of the kernels' absolute weights in the weight decay, at least 0; biases have none.
        l2: Factor of the kernels' squared weights in the weight decay, at least 0.
        dropout: Fraction of the features that are dropped after each convolution in training, at least 0 and
            below 1.
    """

    filters: tuple[int, ...] = (128, 128)
    kernel_size: int = 5
    halvings: int = 0
    hidden: int = 0
    activation: str = "relu"
    l1: float = 0.0
    l2: float = 0.0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check_activation(self.activation)
        check_within(self, l1="[0, inf)", l2="[0, inf)", dropout="[0, 1)")
        check_convolutions(self.filters, self.kernel_size)
        check_least(self, hidden=0)
        check_within(self, halvings=f"[0, {len(self.filters)}]")  # the number of filters

    def encode(self, inputs: Any) -> Any:
        """(batch, positions, ..., classes) -> (batch, n)."""
        inputs = flat_positions(inputs)
        exist = positions_of(inputs)[..., None]
        features = self._conv(inputs, self.filters[0], "encoder_tokens", 1) * exist
        if missing := -inputs.shape[1] % 2**self.halvings:
            features, exist = (ops.pad(each, ((0, 0), (0, missing), (0, 0))) for each in (features, exist))
        for level, width in enumerate(self.filters, start=1):
            features = self._conv(features, width, f"encoder_conv_{level}") * exist
            if level <= self.halvings:
                pairs = (features.shape[1] // 2, 2 * width)
                features = layers.Reshape(pairs, name=f"encoder_halve_{level}")(features)
                exist = exist[:, ::2]
        features = layers.Flatten(name="encoder_flatten")(features)
        return self._dense(self.hidden, "encoder_hidden")(features) if self.hidden else features

    def decode(self, code: Any, output_shape: tuple[int, ...]) -> Any:
        """(batch, latent_dim) -> (batch, positions, ..., classes), before the output activation."""
        positions, channels = flat_shape(output_shape)
        features = self._dense(self.hidden, "decoder_hidden")(code) if self.hidden else code
        short = -(-positions // 2**self.halvings)
        features = self._dense(short * self.filters[-1], "decoder_unflatten")(features)
        features = layers.Reshape((short, self.filters[-1]), name="decoder_reshape")(features)
        for level in reversed(range(1, len(self.filters) + 1)):
            width, halved = self.filters[max(level - 2, 0)], level <= self.halvings
            features = self._conv(features, (1 + halved) * width, f"decoder_conv_{level}")
            if halved:
                doubled = (2 * features.shape[1], width)
                features = layers.Reshape(doubled, name=f"decoder_double_{level}")(features)
        decay = kernel_decay(self.l1, self.l2)
        logits = layers.Dense(channels, kernel_regularizer=decay, name="decoder_logits")(features)
        return unflat(logits[:, :positions], output_shape)

    def _dense(self, width: int, name: str) -> layers.Layer:
        decay = kernel_decay(self.l1, self.l2)
        return layers.Dense(width, self.activation, kernel_regularizer=decay, name=name)

    def _conv(self, features: Any, width: int, name: str, size: int | None = None) -> Any:
        features = layers.Conv1D(
            width,
            size or self.kernel_size,
            padding="same",
            activation=self.activation,
            kernel_regularizer=kernel_decay(self.l1, self.l2),
            name=name,
        )(features)
        return ResumableDropout(self.dropout, name=f"{name}_dropout")(features) if self.dropout else features


def flat_positions(inputs: Any) -> Any:
    """Sequences with one axis of channels: of music the voices of a step are channels of one position.

    Args:
        inputs: (batch, positions, ..., classes).

    Returns:
        (batch, positions, n).

    Raises:
        InputError: If an example is not (positions, ..., classes).
    """
    positions, channels = flat_shape(tuple(inputs.shape[1:]))
    if len(inputs.shape) == 3:
        return inputs
    return layers.Reshape((positions, channels), name="encoder_positions")(inputs)


def flat_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """The number of positions of an example, and of the channels of each.

    Args:
        shape: The shape of an example.

    Returns:
        (positions, channels).

    Raises:
        InputError: If it is not (positions, ..., classes).
    """
    if len(shape) < 2:
        raise InputError(
            f"a backbone of sequences takes (positions, ..., classes), received shape {shape}; "
            'take a dense one: SET="variant.backbone=DenseBackbone"'
        )
    return shape[0], prod(shape[1:])


def unflat(logits: Any, shape: tuple[int, ...]) -> Any:
    """What a decoder gives for each position, in the shape of an example.

    Args:
        logits: (batch, positions, channels).
        shape: The shape of an example.

    Returns:
        (batch, *shape).
    """
    return logits if len(shape) == 2 else layers.Reshape(shape, name="decoder_positions")(logits)
