"""Masks of anomalies: image files in which all that is not black marks a pixel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from keras_ae.imaging.fitting import CROP, fitted_image
from keras_ae.imaging.headers import one_line, opened

__all__ = ["read_masks"]

JPEG_NOISE = 127
"""The level up to which a pixel counts as black in a JPEG, whose levels are not exact; 0 in others."""

PROPORTIONS = 0.02
"""How far the proportions of a mask may differ from its image's, as a fraction."""


def read_masks(
    files: Sequence[Path], size: tuple[int, int], pixels: np.ndarray, how: str = CROP
) -> str | None:
    """Reads the masks of one image, which are brought to a size as the image is.

    Args:
        files: The masks; what any of them marks is marked.
        size: (width, height) of the image.
        pixels: (height, width), int8; is filled with 1 in marked pixels, 0 in others, or left as it is.
        how: "crop", "pad" or "stretch", as the image is.

    Returns:
        The reason why a mask cannot be read; None if all were.
    """
    marked = np.zeros(pixels.shape, bool)
    for file in files:
        try:
            with opened(file) as image:
                least = JPEG_NOISE if image.format == "JPEG" else 0
                upright = ImageOps.exif_transpose(image)
            _check_proportions(upright.size, size)
            white = Image.fromarray(np.where(_levels(upright) > least, np.uint8(255), np.uint8(0)))
            fitted = fitted_image(white, pixels.shape[::-1], how)
            marked |= np.asarray(fitted) > JPEG_NOISE
        except Exception as error:  # decoders may raise any error for a broken file
            return one_line(error)
    pixels[:] = marked
    return None


def _levels(image):
    """The levels of a mask (height, width), 0 where it is black or transparent."""
    if image.mode.startswith("I") or image.mode == "F":
        return np.asarray(image)
    planes = np.asarray(image.convert("RGBA"))
    return planes[..., :3].max(axis=-1) * (planes[..., 3] > 0)


def _check_proportions(size, expected):
    """Refuses a mask of another image; one that is turned by its Exif data may lie on its side."""
    ratios = [size[0] * other[1] / (size[1] * other[0]) for other in (expected, expected[::-1])]
    if not any(abs(ratio - 1) <= PROPORTIONS for ratio in ratios):
        raise ValueError(f"a mask of {size[0]}x{size[1]} for an image of {expected[0]}x{expected[1]}")
