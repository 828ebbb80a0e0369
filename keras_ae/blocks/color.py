"""Color spaces as pure functions of images in TensorFlow: luminance and chroma of video, and Lab."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

__all__ = ["from_lab", "from_ycbcr", "to_lab", "to_rgb", "to_ycbcr"]

Tensor = Any
"""A tensor of TensorFlow, or an array."""

LUMA = np.array([[65.481, -37.797, 112.0], [128.553, -74.203, -93.786], [24.966, 112.0, -18.214]], np.float32)
"""Red, green and blue in [0, 1] (rows) to Y, Cb and Cr in levels of 255 (columns), ITU-R BT.601."""

OFFSET = np.array([16.0, 128.0, 128.0], np.float32)

XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]],
    np.float32,
)
"""Linear sRGB to XYZ, row by row."""

WHITE = np.array([0.95047, 1.0, 1.08883], np.float32)
"""XYZ of the standard illuminant D65 for the 2-degree observer."""

WIDEST = 128.0
"""What a and b of Lab are divided by to lie in [-1, 1]."""


def to_ycbcr(images: Tensor) -> Tensor:
    """Converts sRGB to Y, Cb and Cr of ITU-R BT.601.

    Args:
        images: (..., 3) in [0, 1].

    Returns:
        (..., 3) in [0, 1]; Y runs from 16 to 235 levels of 255.
    """
    return (tf.tensordot(images, LUMA, 1) + OFFSET) / 255.0


def from_ycbcr(images: Tensor) -> Tensor:
    """Converts Y, Cb and Cr to sRGB.

    Args:
        images: (..., 3), as `to_ycbcr` returns them.

    Returns:
        (..., 3), which may leave [0, 1].
    """
    return tf.tensordot(images * 255.0 - OFFSET, np.linalg.inv(LUMA), 1)


def to_rgb(images: Tensor) -> Tensor:
    """Repeats the channel of gray images three times; color images are not changed.

    Args:
        images: (..., 1) or (..., 3).

    Returns:
        (..., 3).
    """
    return tf.repeat(images, 3, axis=-1) if images.shape[-1] == 1 else images


def to_lab(images: Tensor) -> Tensor:
    """Converts sRGB to Lab (CIE 1976, D65).

    Args:
        images: (..., 3) in [0, 1].

    Returns:
        (..., 3): L in [0, 100], a and b.
    """
    linear = tf.where(images > 0.04045, ((images + 0.055) / 1.055) ** 2.4, images / 12.92)
    relative = tf.tensordot(linear, XYZ.T, 1) / WHITE
    bent = tf.where(
        relative > 0.008856, tf.maximum(relative, 0.008856) ** (1 / 3), 7.787 * relative + 16 / 116
    )
    x, y, z = tf.unstack(bent, axis=-1)
    return tf.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def from_lab(images: Tensor) -> Tensor:
    """Converts Lab to sRGB.

    Args:
        images: (..., 3): L in [0, 100], a and b.

    Returns:
        (..., 3); colors outside sRGB are clipped into [0, 1].
    """
    lightness, a, b = tf.unstack(images, axis=-1)
    y = (lightness + 16) / 116
    bent = tf.stack([y + a / 500, y, tf.maximum(y - b / 200, 0.0)], axis=-1)
    relative = tf.where(bent > 0.2068966, bent**3, (bent - 16 / 116) / 7.787)
    linear = tf.clip_by_value(
        tf.tensordot(relative * WHITE, np.linalg.inv(XYZ).T.astype(np.float32), 1), 0.0, 1.0
    )
    bright = 1.055 * tf.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return tf.clip_by_value(tf.where(linear > 0.0031308, bright, 12.92 * linear), 0.0, 1.0)
