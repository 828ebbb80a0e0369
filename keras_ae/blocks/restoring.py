"""Layers between ordinary images and the networks that restore them."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from keras_ae.blocks.color import WIDEST, from_lab, from_ycbcr, to_lab, to_ycbcr
from keras_ae.blocks.filling import smoothly_filled
from keras_ae.blocks.skips import enlarged

__all__ = [
    "ChannelsApart",
    "ChannelsTogether",
    "Colored",
    "Lightness",
    "Luminance",
    "MaskApart",
    "Masked",
    "Recolored",
    "colored",
    "colors_of",
    "masked",
    "restorer_of",
]


def _sides(shape):
    return tuple(shape[1:3])


@keras.saving.register_keras_serializable("keras_ae")
class ChannelsApart(layers.Layer):
    """Makes each channel an image by itself: (batch, h, w, channels) -> (batch * channels, h, w, 1)."""

    def call(self, images):
        batch, height, width, channels = tf.unstack(tf.shape(images))
        return tf.reshape(tf.transpose(images, (0, 3, 1, 2)), (batch * channels, height, width, 1))

    def compute_output_shape(self, input_shape):
        return (None, *_sides(input_shape), 1)


@keras.saving.register_keras_serializable("keras_ae")
class ChannelsTogether(layers.Layer):
    """Joins channels (batch * channels, h, w, 1) to images (batch, h, w, channels) like others."""

    def call(self, apart, images):
        height, width = tf.unstack(tf.shape(apart)[1:3])
        together = tf.reshape(apart, (-1, tf.shape(images)[3], height, width))
        return tf.ensure_shape(tf.transpose(together, (0, 2, 3, 1)), (None, None, None, images.shape[-1]))

    def compute_output_shape(self, apart_shape, images_shape):
        return (images_shape[0], *_sides(apart_shape), images_shape[-1])


@keras.saving.register_keras_serializable("keras_ae")
class MaskApart(layers.Layer):
    """Repeats holes (batch, h, w, 1) for each channel of images, as ChannelsApart orders them."""

    def call(self, holes, images):  # "mask" means something else to Keras
        return tf.repeat(holes, tf.shape(images)[3], axis=0)

    def compute_output_shape(self, holes_shape, images_shape):
        return (None, *_sides(holes_shape), 1)


@keras.saving.register_keras_serializable("keras_ae")
class Masked(layers.Layer):
    """The inputs of an inpainting network: smoothly filled images, and a channel that marks known pixels."""

    def call(self, images, holes):
        return masked(images, holes)

    def compute_output_shape(self, images_shape, holes_shape):
        return (*images_shape[:-1], images_shape[-1] + 1)


def masked(images: Any, holes: Any) -> tf.Tensor:
    """The inputs of an inpainting network.

    Args:
        images: (batch, h, w, c).
        holes: (batch, h, w, 1), above 0.5 if a pixel is missing.

    Returns:
        (batch, h, w, c + 1): the images, filled by `smoothly_filled` for the network to correct, and last
        1 where a pixel is known.
    """
    sizes = [tf.shape(part)[:3] for part in (images, holes)]
    expected = ["expected holes of the images' rows, height and width; received:", *sizes]
    alike = tf.debugging.Assert(tf.reduce_all(sizes[0] == sizes[1]), expected)
    with tf.control_dependencies([alike] if alike is not None else []):
        known = 1.0 - tf.cast(holes > 0.5, images.dtype)
    return tf.concat([smoothly_filled(images, known), known], axis=-1)


def restorer_of(network: keras.Model, channels: int, takes_mask: bool = False) -> keras.Model:
    """Builds a restorer of images from a network.

    Args:
        network: {"inputs"} -> {"reconstruction"}, of images of that many channels.
        channels: 3; or 1 for a network of gray images, which then restores each channel of an image of any
            number of channels by itself.
        takes_mask: Whether the network takes what `masked` gives; the restorer then also takes a "mask"
            (batch, h, w, 1), 1 where a pixel is missing.

    Returns:
        {"inputs": (batch, h, w, c)} and maybe "mask" -> {"reconstruction": (batch, h, w, c)}.
    """
    gray = channels == 1
    images = keras.Input((None, None, None if gray else channels), name="inputs")
    inputs = {"inputs": images}
    network_inputs = ChannelsApart(name="apart")(images) if gray else images
    if takes_mask:
        inputs["mask"] = keras.Input((None, None, 1), name="mask")
        holes = MaskApart(name="mask_apart")(inputs["mask"], images) if gray else inputs["mask"]
        network_inputs = Masked(name="masked")(network_inputs, holes)
    restored = network({"inputs": network_inputs})["reconstruction"]
    if gray:
        restored = ChannelsTogether(name="together")(restored, images)
    else:
        restored = layers.Identity(name="restored")(restored)
    return keras.Model(inputs, {"reconstruction": restored}, name="restorer")


@keras.saving.register_keras_serializable("keras_ae")
class Luminance(layers.Layer):
    """The luminance, Y of YCbCr, of sRGB images: (batch, h, w, 3) in [0, 1] -> (batch, h, w, 1)."""

    def call(self, images):
        return to_ycbcr(images)[..., :1]

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 1)


@keras.saving.register_keras_serializable("keras_ae", name="Recoloured")
class Recolored(layers.Layer):
    """Gives a luminance (batch, scale * h, scale * w, 1) the colors of sRGB images (batch, h, w, 3).

    Attributes:
        scale: How many times as long a side of the luminance is.
    """

    def __init__(self, scale: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.scale = scale

    def call(self, luminance, images):
        colors = enlarged(to_ycbcr(images)[..., 1:], self.scale)
        return tf.clip_by_value(from_ycbcr(tf.concat([luminance, colors], axis=-1)), 0.0, 1.0)

    def compute_output_shape(self, luminance_shape, images_shape):
        return (*luminance_shape[:-1], 3)

    def get_config(self):
        return super().get_config() | {"scale": self.scale}


@keras.saving.register_keras_serializable("keras_ae")
class Lightness(layers.Layer):
    """L of Lab divided by 100: sRGB (batch, h, w, 3) in [0, 1] -> (batch, h, w, 1) in [0, 1]."""

    def call(self, images):
        return to_lab(images)[..., :1] / 100.0

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 1)


@keras.saving.register_keras_serializable("keras_ae", name="Coloured")
class Colored(layers.Layer):
    """Joins a lightness (batch, h, w, 1) and colors (batch, h, w, 2) to sRGB images."""

    def call(self, lightness, colors):
        return colored(lightness, colors)

    def compute_output_shape(self, lightness_shape, colors_shape):
        return (*lightness_shape[:-1], 3)


def colored(lightness: Any, colors: Any) -> tf.Tensor:
    """sRGB images of a lightness and colors.

    Args:
        lightness: L / 100, (..., 1) in [0, 1].
        colors: a and b of Lab as `colors_of` gives them, (..., 2) in [0, 1].

    Returns:
        (..., 3) in [0, 1].
    """
    return from_lab(tf.concat([100.0 * lightness, (2.0 * colors - 1.0) * WIDEST], axis=-1))


def colors_of(lab: Any) -> Any:
    """The colors of Lab, a and b, scaled to [0, 1], where 0.5 is gray.

    Args:
        lab: (..., 3).

    Returns:
        (..., 2).
    """
    return (lab[..., 1:] / WIDEST + 1.0) / 2.0
