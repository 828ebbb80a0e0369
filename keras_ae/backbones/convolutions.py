"""The layers that convolutional backbones have along any number of axes, on both sides of the code.

A sub-pixel step (Shi et al. 2016, arXiv:1609.05158) convolves at the small size and then moves channels into
space, so that every pixel is made of as many values.
The nearest-neighbor step repeats each pixel and then convolves (Odena, Dumoulin and Olah, "Deconvolution and
Checkerboard Artifacts", Distill 2016).
"""

from __future__ import annotations

from collections.abc import Callable
from math import gcd, prod
from typing import Any, ClassVar

import keras
from keras import layers, ops

from keras_ae.backbones.convolution_settings import ConvolutionSettings
from keras_ae.backbones.level_plan import Fitting, Level, plan_levels
from keras_ae.backbones.weight_decay import kernel_decay
from keras_ae.blocks.dropout import ResumableDropout
from keras_ae.blocks.tied import check_tied, code_layer, tied_conv, tied_dense
from keras_ae.errors import InputError

__all__ = ["Convolutions"]

MOMENTUM = 0.9
"""Of the running means of batches: those of a run of few steps have to catch up with what it learns."""

MOST_GROUPS = 8
"""Groups of channels that are normalized together, at most."""


class Convolutions(ConvolutionSettings):
    """Base class of convolutional backbones: levels that shrink an example, and levels back.

    Attributes:
        takes: The shape of an example in words, such as "a convolutional backbone takes (height, width,
            channels)".
        rank: Number of axes that are convolved along.
    """

    takes: ClassVar[str]
    rank: ClassVar[int]

    def encode(self, inputs: Any) -> Any:
        """Computes the features of examples.

        Args:
            inputs: (batch, *sides, channels).

        Returns:
            Features, (batch, n).
        """
        features = inputs
        for number, level in enumerate(self._plan(tuple(inputs.shape[1:]))[0], start=1):
            features = self._reduced(features, level, f"encoder_conv_{number}")
        features = layers.Flatten(name="encoder_flatten")(features)
        if self.hidden:
            features = self._dense(self.hidden, "encoder_hidden")(features)
        return features

    def decode(self, code: Any, output_shape: tuple[int, ...]) -> Any:
        """Decodes codes, without the output activation.

        Args:
            code: (batch, latent_dim).
            output_shape: (*sides, channels) of one output.

        Returns:
            (batch, *sides, channels).
        """
        return self.decode_with(None, code, output_shape)

    def decode_with(self, encoder: keras.Model | None, code: Any, output_shape: tuple[int, ...]) -> Any:
        """Decodes codes with the weights of their encoder where they are tied.

        Args:
            encoder: The encoder; None if it is not known.
            code: (batch, latent_dim).
            output_shape: (*sides, channels) of one output.

        Returns:
            (batch, *sides, channels).
        """
        tied = check_tied(self.tied, encoder)
        levels, sizes = self._plan(output_shape)
        features = self._from_code(code, (*sizes[-1], levels[-1].filters), tied)
        widths = [output_shape[-1], *(level.filters for level in levels)]
        for number in range(len(levels), 0, -1):
            name = "decoder_logits" if number == 1 else f"decoder_conv_{number}"
            source = tied and tied.get_layer(f"encoder_conv_{number}")
            features = self._residual(features, f"decoder_conv_{number}")
            features = self._enlarged(
                features, levels[number - 1], sizes[number - 1], widths[number - 1], name, number, source
            )
        return features

    def into_space(self, features: Any, factor: int, name: str) -> Any:
        """Moves channels into space.

        Args:
            features: (batch, *sides, channels * factor^rank).
            factor: By which each side grows.
            name: Of the layer, where one is needed.

        Returns:
            (batch, *(factor * side for each side), channels).
        """
        raise NotImplementedError

    def _plan(self, shape: tuple[int, ...]) -> tuple[list[Level], list[tuple[int, ...]]]:
        if len(shape) != self.rank + 1:
            raise InputError(
                f"{self.takes}, received shape {shape}; take a dense one: "
                'SET="variant.backbone=DenseBackbone"'
            )
        return plan_levels(self, shape[:-1], self.least)

    def _from_code(self, code: Any, small: tuple[int, ...], tied: keras.Model | None) -> Any:
        """(batch, n) -> (batch, *small), by a dense layer, or by two."""
        steps = [("encoder_flatten", "decoder_unflatten", prod(small))]
        if self.hidden:
            steps.insert(0, ("encoder_hidden", "decoder_hidden", self.hidden))
        features = code
        for source, name, width in steps:
            if tied is None:
                features = self._dense(width, name)(features)
            else:
                features = tied_dense(code_layer(tied, source), features, width, self.activation, name)
        return layers.Reshape(small, name="decoder_reshape")(features)

    def _reduced(self, features: Any, level: Level, name: str) -> Any:
        """The encoder's part of a level."""
        strides = level.strides if level.down == "stride" else 1
        conv = self._conv("Conv{}D", level.filters, level.kernel_size, name, strides, level.padding)
        features = self._activated(conv(features), name)
        if strides < level.strides:
            pool = self._kind("MaxPooling{}D" if level.down == "max_pool" else "AveragePooling{}D")
            features = pool(level.strides, padding=level.padding, name=f"{name}_pool")(features)
        return self._residual(self._dropped(features, name), name)

    def _enlarged(
        self,
        features: Any,
        level: Level,
        sides: tuple[int, ...],
        width: int,
        name: str,
        number: int,
        source: keras.Layer | None,
    ) -> Any:
        """The decoder's part of a level, to an example's sides; the last one ends with its convolution."""
        fitting = [level.fitting(*pair) for pair in zip(features.shape[1:-1], sides, strict=True)]
        if any(each.before or each.after for each in fitting):
            features = ops.pad(features, [(0, 0), *((each.before, each.after) for each in fitting), (0, 0)])
        last = number == 1
        if level.up == "nearest":
            if level.strides > 1:
                repeat = self._kind("UpSampling{}D")(level.strides, name=f"decoder_repeat_{number}")
                features = repeat(features)
                # its op hides sizes that LiteRT's convolutions have to know
                features = layers.Reshape(features.shape[1:], name=f"decoder_repeated_{number}")(features)
            features = _cut(features, fitting)
            features = self._conv("Conv{}D", width, level.up_kernel_size, name, last=last)(features)
        elif level.up == "transposed":
            features = _cut(self._transposed(features, width, level, name, last, source), fitting)
        else:
            wide = width * level.strides**self.rank
            features = self._conv("Conv{}D", wide, level.up_kernel_size, name, last=last)(features)
        if not last:
            features = self._activated(features, name)
        if level.up == "subpixel":
            if level.strides > 1:
                features = self.into_space(features, level.strides, f"decoder_lengthen_{number}")
            features = _cut(features, fitting)
        return features if last else self._dropped(features, name)

    def _dense(self, width: int, name: str) -> layers.Layer:
        decay = kernel_decay(self.l1, self.l2)
        return layers.Dense(width, self.activation, kernel_regularizer=decay, name=name)

    def _kind(self, name: str) -> Callable[..., layers.Layer]:
        """A class of Keras for these axes, such as that of "Conv{}D"."""
        return getattr(layers, name.format(self.rank))

    def _conv(
        self,
        kind: str,
        width: int,
        size: int,
        name: str,
        strides: int = 1,
        padding: str = "same",
        linear: bool = False,
        last: bool = False,
    ) -> layers.Layer:
        """A convolution with the activation and the bias that no normalization after it brings."""
        plain = self.normalization == "none"
        return self._kind(kind)(
            width,
            size,
            strides,
            padding=padding,
            activation=None if linear or last or not plain else self.activation,
            use_bias=plain or last,
            kernel_regularizer=kernel_decay(self.l1, self.l2),
            name=name,
        )

    def _transposed(
        self, features: Any, width: int, level: Level, name: str, last: bool, source: keras.Layer | None
    ) -> Any:
        """A transposed convolution, with the weights of its source if there is one."""
        size, strides = level.up_kernel_size, level.strides
        if source is None:
            conv = self._conv("Conv{}DTranspose", width, size, name, strides, "valid", last=last)
            return conv(features)
        activation = None if last or self.normalization != "none" else self.activation
        return tied_conv(source, features, width, strides, activation, name)

    def _normalized(self, features: Any, name: str) -> Any:
        if self.normalization == "batch":
            return layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_normalization")(features)
        if self.normalization == "group":
            groups = gcd(features.shape[-1], MOST_GROUPS)
            return layers.GroupNormalization(groups, name=f"{name}_normalization")(features)
        return features

    def _activated(self, features: Any, name: str) -> Any:
        """What follows a hidden convolution: nothing where its activation is its own."""
        if self.normalization == "none":
            return features
        return layers.Activation(self.activation, name=f"{name}_activation")(self._normalized(features, name))

    def _dropped(self, features: Any, name: str) -> Any:
        return ResumableDropout(self.dropout, name=f"{name}_dropout")(features) if self.dropout else features

    def _residual(self, features: Any, name: str) -> Any:
        """Blocks of two convolutions, added to what they take (He et al. 2016, arXiv:1512.03385)."""
        width = features.shape[-1]
        for block in range(1, self.residual_blocks + 1):
            own = f"{name}_block_{block}"
            first = self._conv("Conv{}D", width, 3, f"{own}_first")(features)
            first = self._activated(first, f"{own}_first")
            second = self._conv("Conv{}D", width, 3, f"{own}_second", linear=True)(first)
            second = self._normalized(second, f"{own}_second")
            added = layers.Add(name=f"{own}_add")([features, second])
            features = layers.Activation(self.activation, name=f"{own}_activation")(added)
        return features


def _cut(features: Any, fitting: list[Fitting]) -> Any:
    """The part of enlarged features that an example has, which costs nothing where it has all of them."""
    sides = features.shape[1:-1]
    if all(not each.first and each.end >= side for each, side in zip(fitting, sides, strict=True)):
        return features
    return features[(slice(None), *(slice(each.first or None, each.end) for each in fitting), slice(None))]
