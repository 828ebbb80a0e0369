"""A distribution over quantized colors, a and b of Lab, and the color that it is decoded to.

Zhang, Isola and Efros, "Colorful Image Colorization", 2016, arXiv:1603.08511.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from keras_ae.blocks.color import WIDEST, from_lab, to_lab

__all__ = ["AnnealedColors", "frequencies", "palette", "soft_colors"]

Tensor = Any
"""A tensor of Keras or TensorFlow, or an array."""

STEP = 10.0
"""Distance of neighboring colors, in units of Lab."""

SPREAD = 5.0
"""Standard deviation of the distribution that stands for a color, in units of Lab."""

LIGHTNESSES = range(5, 100, 5)
"""A color is one of sRGB if it is at one of these lightnesses."""


@cache
def palette() -> np.ndarray:
    """The colors of a grid that sRGB can show at some lightness.

    Returns:
        a and b of Lab in [0, 1] as `blocks.restoring.colors_of` gives them, (colors, 2), float32.
    """
    ticks = np.arange(-120.0, 121.0, STEP)
    grid = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 2)
    shown = np.zeros(len(grid), bool)
    for lightness in LIGHTNESSES:
        lab = np.concatenate([np.full((len(grid), 1), lightness), grid], axis=-1).astype(np.float32)
        back = to_lab(from_lab(lab)).numpy()
        shown |= np.abs(back - lab).max(axis=-1) < STEP / 2
    return ((grid[shown] / WIDEST + 1.0) / 2.0).astype(np.float32)


def soft_colors(colors: Tensor) -> tf.Tensor:
    """Colors as distributions over the palette: a normal one around each.

    Args:
        colors: (..., 2) in [0, 1].

    Returns:
        Probabilities, (..., colors of the palette).
    """
    scaled = 2.0 * WIDEST / SPREAD
    points = scaled * (colors - 0.5)
    centers = scaled * (palette() - 0.5)
    # |p - c|^2 without |p|^2, which a softmax does not see
    logits = tf.tensordot(points, centers.T, 1) - 0.5 * np.sum(centers**2, axis=-1)
    return tf.nn.softmax(logits)


def frequencies(colors: np.ndarray) -> np.ndarray:
    """How frequent each color of the palette is.

    Args:
        colors: (n, height, width, 2) in [0, 1].

    Returns:
        Probabilities, (colors of the palette,), float32.
    """
    means = [tf.reduce_mean(soft_colors(image), axis=(0, 1)) for image in colors]
    return np.asarray(means, np.float64).mean(axis=0).astype(np.float32)


@keras.saving.register_keras_serializable("keras_ae")
class AnnealedColors(layers.Layer):
    """The annealed mean of a distribution over colors, enlarged to the size of an image.

    Args:
        weights: Factor of the probability of each color before the mean, above 0, (colors,).
        temperature: At 1 the mean of the distribution, towards 0 its likeliest color.
        step: Side in pixels of the block that each distribution is of.
    """

    def __init__(self, weights: Any, temperature: float, step: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.color_weights = tuple(float(weight) for weight in weights)
        self.temperature, self.step = temperature, step

    def call(self, logits: Tensor, images: Tensor) -> Tensor:
        """Decodes distributions.

        Args:
            logits: (batch, h', w', colors).
            images: (batch, h, w, c), for their size.

        Returns:
            a and b in [0, 1], (batch, h, w, 2).
        """
        weighted = logits + np.log(np.asarray(self.color_weights, np.float32))
        coarse = tf.tensordot(tf.nn.softmax(weighted / self.temperature), palette(), 1)
        fine = tf.image.resize(coarse, self.step * tf.shape(coarse)[1:3], "bilinear")
        return fine[:, : tf.shape(images)[1], : tf.shape(images)[2]]

    def compute_output_shape(self, logits_shape, images_shape):
        return (*images_shape[:-1], 2)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "weights": self.color_weights,
            "temperature": self.temperature,
            "step": self.step,
        }
