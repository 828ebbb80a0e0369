"""Layers between an image as people have it and the network that restores a part of what it shows."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from keras_ae.blocks.color import WIDEST, from_lab, from_ycbcr, to_lab, to_ycbcr
from keras_ae.blocks.skips import enlarged


def _sides(shape):
    return tuple(shape[1:3])


@keras.saving.register_keras_serializable("keras_ae")
class ChannelsApart(layers.Layer):
    """(batch, h, w, channels) -> (batch * channels, h, w, 1), each channel an image by itself."""

    def call(self, images):
        batch, height, width, channels = tf.unstack(tf.shape(images))
        return tf.reshape(tf.transpose(images, (0, 3, 1, 2)), (batch * channels, height, width, 1))

    def compute_output_shape(self, input_shape):
        return (None, *_sides(input_shape), 1)


@keras.saving.register_keras_serializable("keras_ae")
class ChannelsTogether(layers.Layer):
    """Brings channels (batch * channels, h, w, 1) back into images of as many as the others have."""

    def call(self, apart, images):
        height, width = tf.unstack(tf.shape(apart)[1:3])
        together = tf.reshape(apart, (-1, tf.shape(images)[3], height, width))
        return tf.ensure_shape(tf.transpose(together, (0, 2, 3, 1)), (None, None, None, images.shape[-1]))

    def compute_output_shape(self, apart_shape, images_shape):
        return (images_shape[0], *_sides(apart_shape), images_shape[-1])


@keras.saving.register_keras_serializable("keras_ae")
class MaskApart(layers.Layer):
    """Holes (batch, h, w, 1) for each channel of images (batch, h, w, c), as ChannelsApart orders them."""

    def call(self, holes, images):  # "mask" means something else to Keras
        return tf.repeat(holes, tf.shape(images)[3], axis=0)

    def compute_output_shape(self, holes_shape, images_shape):
        return (None, *_sides(holes_shape), 1)


@keras.saving.register_keras_serializable("keras_ae")
class Masked(layers.Layer):
    """What a network that fills holes takes: images filled smoothly, and last 1 where they are known."""

    def call(self, images, holes):
        return masked(images, holes)

    def compute_output_shape(self, images_shape, holes_shape):
        return (*images_shape[:-1], images_shape[-1] + 1)


def masked(images, holes):
    """(batch, h, w, c) and holes (batch, h, w, 1), 1 where a pixel is missing -> (batch, h, w, c + 1).

    Missing pixels are filled by `smoothly_filled`, for the network to correct.
    """
    sizes = [tf.shape(part)[:3] for part in (images, holes)]
    expected = ["expected holes of the images' rows, height and width; received:", *sizes]
    alike = tf.debugging.Assert(tf.reduce_all(sizes[0] == sizes[1]), expected)
    with tf.control_dependencies([alike] if alike is not None else []):
        known = 1.0 - tf.cast(holes > 0.5, images.dtype)
    return tf.concat([smoothly_filled(images, known), known], axis=-1)


WIDTHS = (1, 2, 4, 8, 16)
"""Pixels around a missing one of which means are taken, the nearest first."""

STEPS = 20
"""Steps towards the smoothest filling, each of which lets a pixel see 2 farther."""

FILL_REACH = max(WIDTHS) + 2 * STEPS


def smoothly_filled(images, known):
    """Images (batch, h, w, c) whose missing pixels go on smoothly from the known ones.

    Means of near pixels, and from there some steps towards biharmonic interpolation, that is the least sum
    of squared Laplacians, by Nesterov's accelerated descent (1983); they suffice for holes of a few pixels.
    known: (batch, h, w, 1), 1 where a pixel is known. Known pixels stay as they are.
    """
    filled = ahead = _means(images, known)
    momentum = 1.0
    for _ in range(STEPS):
        # 64 is the largest eigenvalue of the Laplacian's square
        stepped = ahead - (1.0 - known) * _laplacian(_laplacian(ahead)) / 64.0
        following = (1.0 + np.sqrt(1.0 + 4.0 * momentum**2)) / 2.0
        ahead = stepped + (momentum - 1.0) / following * (stepped - filled)
        filled, momentum = stepped, following
    return known * images + (1.0 - known) * tf.clip_by_value(filled, 0.0, 1.0)


def _means(images, known):
    """Images whose missing pixels are means of the known ones near them; 0.5 where there are none.

    Normalized convolution (Knutsson and Westin 1993) over wider and wider squares: a narrow one counts by
    how much of it is known, the next fills the rest, the widest all of it.
    """
    filled, open_ = images * known, 1.0 - known
    for width in WIDTHS:
        weight = _blurred(known, width)
        mean = _blurred(images * known, width) / tf.maximum(weight, 1e-6)
        enough = 1e-6 if width == max(WIDTHS) else 0.25
        share = open_ * tf.minimum(weight / enough, 1.0)
        filled, open_ = filled + share * mean, open_ - share
    return filled + 0.5 * open_


def _laplacian(values):
    """Differences of each pixel of (batch, h, w, c) from its four neighbors, mirrored at the edges."""
    wide = tf.pad(values, ((0, 0), (1, 1), (1, 1), (0, 0)), "SYMMETRIC")
    around = wide[:, 2:, 1:-1] + wide[:, :-2, 1:-1] + wide[:, 1:-1, 2:] + wide[:, 1:-1, :-2]
    return around - 4.0 * values


def _blurred(values, width):
    """Means (batch, h, w, c) over 2 * width + 1 pixels each way, by weights that fall to both sides."""
    weights = np.convolve(np.ones(width + 1), np.ones(width + 1))
    channels = values.shape[-1]
    kernel = np.tile((weights / weights.sum())[:, None, None, None], (1, 1, channels, 1)).astype(np.float32)
    down = tf.nn.depthwise_conv2d(values, kernel, (1, 1, 1, 1), "SAME")
    return tf.nn.depthwise_conv2d(down, kernel.transpose(1, 0, 2, 3), (1, 1, 1, 1), "SAME")


def restorer_of(network: keras.Model, channels: int, takes_mask: bool = False) -> keras.Model:
    """A network of images of so many channels as a restorer: {"inputs": (batch, h, w, c)} -> images.

    A network of gray takes each channel of any number by itself. takes_mask: the network takes what
    `masked` gives, and the restorer a "mask" (batch, h, w, 1) too, 1 where a pixel is missing.
    """
    gray = channels == 1
    images = keras.Input((None, None, None if gray else channels), name="inputs")
    taken = {"inputs": images}
    seen = ChannelsApart(name="apart")(images) if gray else images
    if takes_mask:
        taken["mask"] = keras.Input((None, None, 1), name="mask")
        holes = MaskApart(name="mask_apart")(taken["mask"], images) if gray else taken["mask"]
        seen = Masked(name="masked")(seen, holes)
    restored = network({"inputs": seen})["reconstruction"]
    if gray:
        restored = ChannelsTogether(name="together")(restored, images)
    else:
        restored = layers.Identity(name="restored")(restored)
    return keras.Model(taken, {"reconstruction": restored}, name="restorer")


@keras.saving.register_keras_serializable("keras_ae")
class Luminance(layers.Layer):
    """Y of sRGB images: (batch, h, w, 3) in [0, 1] -> (batch, h, w, 1)."""

    def call(self, images):
        return to_ycbcr(images)[..., :1]

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 1)


@keras.saving.register_keras_serializable("keras_ae", name="Recoloured")
class Recolored(layers.Layer):
    """A luminance (batch, scale * h, scale * w, 1) with the colors of sRGB images (batch, h, w, 3)."""

    def __init__(self, scale: int, **settings):
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
    """L of Lab, as a share of 100: sRGB (batch, h, w, 3) in [0, 1] -> (batch, h, w, 1) in [0, 1]."""

    def call(self, images):
        return to_lab(images)[..., :1] / 100.0

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 1)


@keras.saving.register_keras_serializable("keras_ae", name="Coloured")
class Colored(layers.Layer):
    """sRGB (batch, h, w, 3) of a lightness (batch, h, w, 1) and colors (batch, h, w, 2), both in [0, 1]."""

    def call(self, lightness, colors):
        return colored(lightness, colors)

    def compute_output_shape(self, lightness_shape, colors_shape):
        return (*lightness_shape[:-1], 3)


def colored(lightness, colors):
    """sRGB (..., 3) of L / 100 (..., 1) and of a and b as `colors_of` gives them (..., 2)."""
    return from_lab(tf.concat([100.0 * lightness, (2.0 * colors - 1.0) * WIDEST], axis=-1))


def colors_of(lab):
    """a and b of Lab (..., 3), brought into [0, 1], where 0.5 is gray: (..., 2)."""
    return (lab[..., 1:] / WIDEST + 1.0) / 2.0
