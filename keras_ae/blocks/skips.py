"""Layers of a fully convolutional network with skips, which takes images of any height and width."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import initializers, layers, ops

__all__ = ["Shortcut", "Unshuffle", "conv", "enlarged", "reduced", "residual_block"]

Tensor = Any
"""A tensor of Keras or TensorFlow, symbolic or not."""


@keras.saving.register_keras_serializable("keras_ae")
class Unshuffle(layers.Layer):
    """Moves pixels into channels: (batch, h, w, c) -> (batch, h', w', c * factor^2).

    The image is first mirrored beyond its right and lower edge until both sides are multiples, so
    that h' = multiple / factor * ceil(h / multiple), and w' likewise.

    Args:
        factor: Side of the blocks of pixels that become channels.
        multiple: The sides become multiples of this, itself a multiple of the factor.
    """

    def __init__(self, factor: int, multiple: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.factor, self.multiple = factor, multiple

    def call(self, inputs: Tensor) -> Tensor:
        """Moves pixels into channels.

        Args:
            inputs: (batch, h, w, c).

        Returns:
            (batch, h', w', c * factor^2).
        """
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

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"factor": self.factor, "multiple": self.multiple}


def _mirrored(side, multiple):
    """Indices along a side and, up to the next multiple, from its end back and forth."""
    indices = tf.range(-(-side // multiple) * multiple) % (2 * side)
    return tf.minimum(indices, 2 * side - 1 - indices)


@keras.saving.register_keras_serializable("keras_ae")
class Shortcut(layers.Layer):
    """Joins the output of a network with its input, cropped and enlarged to the size of the target.

    Args:
        kind: "added": features are the difference from the first c channels of the inputs, enlarged
            bicubically (residual learning; Zhang et al. 2017, arXiv:1608.03981). "kept": the last channel
            of the inputs is 1 where a pixel is known; known pixels stay as they are, and the features
            are added to the others. "none": features alone.
        scale: How much larger than the inputs the output is, a whole number.
        bounded: Whether the output is clipped into [0, 1]; gradients pass as if it were not.
    """

    def __init__(self, kind: str, scale: int, bounded: bool, **kwargs: Any):
        super().__init__(**kwargs)
        self.kind, self.scale, self.bounded = kind, scale, bounded

    def call(self, features: Tensor, inputs: Tensor) -> Tensor:
        """Joins features and inputs.

        Args:
            features: (batch, h', w', c), at least as large as the output.
            inputs: (batch, h, w, c or more).

        Returns:
            (batch, scale * h, scale * w, c).
        """
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

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"kind": self.kind, "scale": self.scale, "bounded": self.bounded}


def enlarged(images: Tensor, scale: int) -> Tensor:
    """Enlarges images bicubically (a = -0.5).

    Args:
        images: (batch, h, w, c).
        scale: A whole number, at least 1.

    Returns:
        (batch, scale * h, scale * w, c).
    """
    if scale == 1:
        return images
    size = scale * tf.shape(images)[1:3]
    # antialias chooses Keys' kernel, which is what the field means by bicubic; enlarging, it blurs nothing
    return tf.image.resize(images, size, "bicubic", antialias=True)


def reduced(images: Tensor, scale: int) -> Tensor:
    """Reduces images bicubically with antialiasing, as tests of super-resolution do.

    Args:
        images: (batch, h, w, c), h and w multiples of the scale.
        scale: A whole number, at least 1.

    Returns:
        (batch, h / scale, w / scale, c).
    """
    return tf.image.resize(images, tf.shape(images)[1:3] // scale, "bicubic", antialias=True)


def conv(
    features: Tensor,
    width: int,
    name: str,
    strides: int = 1,
    activation: str | None = None,
    kernel: int = 3,
    gain: float = 2.0,
) -> Tensor:
    """A convolution with padding.

    Args:
        features: (batch, h, w, c).
        width: Channels of the output.
        name: Name of the layer.
        strides: By which the size is divided.
        activation: By its Keras name; None is linear.
        kernel: Side of the kernel in pixels.
        gain: Scale of the variance of the initial weights; 2 fits a rectifier.

    Returns:
        (batch, h / strides, w / strides, width).
    """
    return layers.Conv2D(
        width,
        kernel,
        strides,
        padding="same",
        activation=activation,
        kernel_initializer=initializers.VarianceScaling(gain),
        name=name,
    )(features)


def residual_block(features: Tensor, name: str, normalized: bool = False) -> Tensor:
    """Two convolutions whose output is added to their input (Lim et al. 2017, arXiv:1707.02921).

    Args:
        features: (batch, h, w, c).
        name: Name of the block; the names of its layers begin with it.
        normalized: Whether the channels of each position are normalized before the convolutions, which sees
            no other position, so that an image may still be restored in tiles.

    Returns:
        (batch, h, w, c).
    """
    width = features.shape[-1]
    inner = layers.LayerNormalization(name=f"{name}_norm")(features) if normalized else features
    inner = conv(inner, width, f"{name}_first", activation="relu")
    # small at first, so that a network of many blocks begins near the identity
    return ops.add(features, conv(inner, width, f"{name}_second", gain=0.1))
