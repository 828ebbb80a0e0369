"""Pieces of a fully convolutional network with skips, which takes images of any height and width."""

from __future__ import annotations

import keras
import tensorflow as tf
from keras import initializers, layers, ops


@keras.saving.register_keras_serializable("keras_ae")
class Unshuffle(layers.Layer):
    """Space into channels, by a whole factor: (batch, h, w, c) -> (batch, h', w', c * factor^2).

    The image is first mirrored beyond its right and lower edge until both sides are multiples, so
    that h' = multiple / factor * ceil(h / multiple), and w' alike.

    factor: of one step; multiple: of the sides that the rest of the network needs, itself one of the factor.
    """

    def __init__(self, factor: int, multiple: int, **settings):
        super().__init__(**settings)
        self.factor, self.multiple = factor, multiple

    def call(self, inputs):
        filled = inputs
        for axis in (1, 2):
            filled = tf.gather(filled, _mirrored(tf.shape(inputs)[axis], self.multiple), axis=axis)
        if self.factor == 1:
            return filled
        return tf.nn.space_to_depth(filled, self.factor)

    def compute_output_shape(self, input_shape):
        batch, *sides, channels = input_shape
        small = (
            None if side is None else -(-side // self.multiple) * self.multiple // self.factor
            for side in sides
        )
        return (batch, *small, channels * self.factor**2)

    def get_config(self):
        return super().get_config() | {"factor": self.factor, "multiple": self.multiple}


def _mirrored(side, multiple):
    """The places along a side, and from its end backwards (and on, to and fro) up to the next multiple."""
    places = tf.range(-(-side // multiple) * multiple) % (2 * side)
    return tf.minimum(places, 2 * side - 1 - places)


@keras.saving.register_keras_serializable("keras_ae")
class Shuffle(layers.Layer):
    """Channels into space, by a whole factor (sub-pixel output; Shi et al. 2016, arXiv:1609.05158)."""

    def __init__(self, factor: int, **settings):
        super().__init__(**settings)
        self.factor = factor

    def call(self, inputs):
        return tf.nn.depth_to_space(inputs, self.factor) if self.factor > 1 else inputs

    def compute_output_shape(self, input_shape):
        batch, *sides, channels = input_shape
        large = (None if side is None else side * self.factor for side in sides)
        return (batch, *large, channels // self.factor**2)

    def get_config(self):
        return super().get_config() | {"factor": self.factor}


@keras.saving.register_keras_serializable("keras_ae")
class Shortcut(layers.Layer):
    """Joins what a network gives with what went into it, cut and enlarged to the size that is wanted.

    Takes the features (batch, h', w', c) and the inputs (batch, h, w, c or more); gives (batch, scale * h,
    scale * w, c), in [0, 1] where it is bounded. The bound lets gradients through as if it were not there.

    kind: "added": features are the difference from the first c channels of the inputs, enlarged
        bicubically (residual learning; Zhang et al. 2017, arXiv:1608.03981). "kept": the last channel of
        the inputs is 1 where a pixel is known; known pixels leave as they came, to the others the features
        are added. "none": features alone.
    scale: how much larger than the inputs the output is, a whole number. bounded: for values in [0, 1].
    """

    def __init__(self, kind: str, scale: int, bounded: bool, **settings):
        super().__init__(**settings)
        self.kind, self.scale, self.bounded = kind, scale, bounded

    def call(self, features, inputs):
        height, width = (self.scale * tf.shape(inputs)[axis] for axis in (1, 2))
        features = features[:, :height, :width]
        channels = features.shape[-1]
        middle = 0.5 if self.bounded else 0.0
        if self.kind in ("added", "kept"):
            outputs = self._bound(features + enlarged(inputs[..., :channels], self.scale))
        else:
            outputs = self._bound(features + middle)
        if self.kind == "kept":
            known = inputs[..., -1:]
            outputs = known * inputs[..., :channels] + (1.0 - known) * outputs
        return outputs

    def _bound(self, values):
        if not self.bounded:
            return values
        return values + tf.stop_gradient(tf.clip_by_value(values, 0.0, 1.0) - values)

    def compute_output_shape(self, features_shape, inputs_shape):
        sides = (None if side is None else side * self.scale for side in inputs_shape[1:3])
        return (features_shape[0], *sides, features_shape[-1])

    def get_config(self):
        return super().get_config() | {"kind": self.kind, "scale": self.scale, "bounded": self.bounded}


def enlarged(images, scale: int):
    """Images a whole number of times as large, bicubically (a = -0.5).

    (batch, h, w, c) -> (batch, scale * h, scale * w, c).
    """
    if scale == 1:
        return images
    size = scale * tf.shape(images)[1:3]
    # antialias chooses Keys' kernel, which is what the field means by bicubic; enlarging, it blurs nothing
    return tf.image.resize(images, size, "bicubic", antialias=True)


def reduced(images, scale: int):
    """Images a whole number of times smaller, bicubically with antialiasing, as super-resolution is tested.

    (batch, h, w, c), h and w multiples of the scale -> (batch, h / scale, w / scale, c).
    """
    return tf.image.resize(images, tf.shape(images)[1:3] // scale, "bicubic", antialias=True)


def conv(
    features, width: int, name: str, strides: int = 1, activation=None, kernel: int = 3, gain: float = 2.0
):
    """A convolution that keeps the size, or divides it by its strides, its weights drawn with a gain."""
    return layers.Conv2D(
        width,
        kernel,
        strides,
        padding="same",
        activation=activation,
        kernel_initializer=initializers.VarianceScaling(gain),
        name=name,
    )(features)


def residual_block(features, name: str):
    """Features and what two convolutions add to them (Lim et al. 2017, arXiv:1707.02921)."""
    width = features.shape[-1]
    inner = conv(features, width, f"{name}_first", activation="relu")
    # begun small, so that a network of many blocks begins near the identity
    return ops.add(features, conv(inner, width, f"{name}_second", gain=0.1))
