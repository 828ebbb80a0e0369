"""Backbone of convolutions along one axis, such as the columns of a level or the steps of music."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from keras import layers, ops

from keras_ae.backbones.weight_decay import kernel_decay
from keras_ae.blocks.activations import check_activation
from keras_ae.errors import InputError, check_choices, check_convolutions, check_within
from keras_ae.heads import Backbone

__all__ = ["StepsBackbone"]


@dataclass(frozen=True)
class StepsBackbone(Backbone):
    """A dense layer over each step, then convolutions over neighboring steps, some of which halve them.

    All other axes of an example are channels of its steps. The decoder has the same layers in reverse
    order, with sub-pixel steps (Shi et al. 2016, arXiv:1609.05158) that double what was halved.

    Attributes:
        filters: Channels of each convolution, each at least 1.
        halvings: Convolutions that halve the number of steps in the encoder, 0 to the number of filters.
        kernel_size: Length of every convolution in steps, odd.
        axis: Axis of an example along which its steps are: 0 of (time, ...), 1 of (rows, columns, ...).
        activation: Activation of the hidden layers, by its Keras name.
        l1: Factor of the kernels' absolute weights in the weight decay, at least 0; biases have none.
        l2: Factor of the kernels' squared weights in the weight decay, at least 0.
    """

    filters: tuple[int, ...] = (128, 128)
    halvings: int = 0
    kernel_size: int = 3
    axis: int = 0
    activation: str = "relu"
    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        check_activation(self.activation)
        check_within(self, l1="[0, inf)", l2="[0, inf)")
        check_convolutions(self.filters, self.kernel_size)
        check_within(self, halvings=f"[0, {len(self.filters)}]")  # the number of filters
        check_choices(self, axis=(0, 1))

    def encode(self, inputs: Any) -> Any:
        """(batch, ...) -> (batch, n)."""
        return layers.Flatten(name="encoder_flatten")(self.encode_steps(inputs))

    def encode_steps(self, inputs: Any) -> Any:
        """(batch, ...) -> (batch, steps after halving, filters[-1])."""
        shape = tuple(inputs.shape[1:])
        self._check(shape)
        features = inputs
        if self.axis:
            features = ops.swapaxes(features, 1, 2)
        steps, *rest = features.shape[1:]
        features = layers.Reshape((steps, prod(rest)), name="encoder_steps")(features)
        features = self._layer(self.filters[0], "encoder_each", size=1)(features)
        for level, width in enumerate(self.filters):
            strides = 2 if level < self.halvings else 1
            features = self._layer(width, f"encoder_conv_{level + 1}", strides=strides)(features)
        return features

    def decode(self, code: Any, output_shape: tuple[int, ...]) -> Any:
        """(batch, latent_dim) -> (batch, *output_shape), before the output activation."""
        self._check(output_shape)
        small = (self.lengths(output_shape)[-1], self.filters[-1])
        features = layers.Dense(
            prod(small),
            self.activation,
            kernel_regularizer=kernel_decay(self.l1, self.l2),
            name="decoder_unflatten",
        )(code)
        return self.decode_steps(layers.Reshape(small, name="decoder_reshape")(features), output_shape)

    def decode_steps(self, code: Any, output_shape: tuple[int, ...]) -> Any:
        """(batch, steps after halving, n) -> (batch, *output_shape), before the output activation."""
        self._check(output_shape)
        lengths, features = self.lengths(output_shape), code
        for level in reversed(range(len(self.filters))):
            width, name = self.filters[level], f"decoder_conv_{level + 1}"
            if level < self.halvings:
                features = self._layer(2 * width, name)(features)
                doubled = (2 * features.shape[1], width)
                features = layers.Reshape(doubled, name=f"decoder_double_{level + 1}")(features)
                features = features[:, : lengths[level], :]
            else:
                features = self._layer(width, name)(features)
        steps_first = list(output_shape)
        steps_first[0], steps_first[self.axis] = steps_first[self.axis], steps_first[0]
        logits = layers.Conv1D(
            prod(steps_first[1:]), 1, kernel_regularizer=kernel_decay(self.l1, self.l2), name="decoder_logits"
        )(features)
        logits = layers.Reshape(steps_first, name="decoder_frames")(logits)
        return ops.swapaxes(logits, 1, 2) if self.axis else logits

    def lengths(self, shape: tuple[int, ...]) -> list[int]:
        """The numbers of steps of an example before any halving, and after each.

        Args:
            shape: The example's shape.

        Returns:
            1 + halvings numbers.
        """
        lengths = [shape[self.axis]]
        for _ in range(self.halvings):
            lengths.append((lengths[-1] + 1) // 2)
        return lengths

    def _layer(self, width: int, name: str, strides: int = 1, size: int | None = None) -> layers.Layer:
        return layers.Conv1D(
            width,
            size or self.kernel_size,
            strides,
            padding="same",
            activation=self.activation,
            kernel_regularizer=kernel_decay(self.l1, self.l2),
            name=name,
        )

    def _check(self, shape: tuple[int, ...]) -> None:
        if len(shape) < 2 + self.axis:
            raise InputError(
                f"a backbone of steps along axis {self.axis} takes {2 + self.axis} or more axes, received "
                f'shape {shape}; take a dense one: SET="variant.backbone=DenseBackbone"'
            )
