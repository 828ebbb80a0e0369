"""Grids of example images, and sprites for TensorBoard's projector."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from keras_ae.domains import domain_of

__all__ = ["bands_note", "grid", "is_image_shape", "save", "shown", "sprite", "to_bytes"]

GAP = 2
LARGEST_SPRITE = 8192
"""Side in pixels of the largest sprite that TensorBoard's projector takes."""


def is_image_shape(shape: tuple[int, ...]) -> bool:
    """Whether examples of a shape are images.

    Args:
        shape: Shape of an example.

    Returns:
        True for (height, width, 1 or 3).
    """
    return len(shape) == 3 and shape[-1] in (1, 3)


def grid(rows: Mapping[str, np.ndarray], domain: str) -> np.ndarray:
    """One image with a row for each entry and a column for each example, on a mid-gray background.

    Small images are enlarged by a whole factor.

    Args:
        rows: (n, height, width, channels) each, images of one shape, by name; where a row has fewer than
            others, the rest is background.
        domain: Domain of the values.

    Returns:
        (rows * (height + gap) + gap, n * (width + gap) + gap, 1 or 3), uint8.
    """
    arrays = [shown(to_bytes(np.asarray(row), domain)) for row in rows.values()]
    count, (height, width, channels) = max(map(len, arrays)), arrays[0].shape[1:]
    zoom = max(1, 56 // max(height, width))
    arrays = [array.repeat(zoom, 1).repeat(zoom, 2) for array in arrays]
    height, width = height * zoom, width * zoom
    canvas = np.full(
        (len(arrays) * (height + GAP) + GAP, count * (width + GAP) + GAP, channels), 128, np.uint8
    )
    for row, images in enumerate(arrays):
        for column, image in enumerate(images):
            top, left = GAP + row * (height + GAP), GAP + column * (width + GAP)
            canvas[top : top + height, left : left + width] = image
    return canvas


def bands_note(shape: tuple[int, ...]) -> str:
    """Which bands `shown` takes of examples that have others than gray or color.

    Args:
        shape: Shape of an example.

    Returns:
        Such as "bands 1, 2, 3 of 8"; empty for gray and color.
    """
    bands = shape[-1] if len(shape) > 2 else 1
    if bands in (1, 3):
        return ""
    return f"band 1 of {bands}" if bands == 2 else f"bands 1, 2, 3 of {bands}"


def shown(images: np.ndarray) -> np.ndarray:
    """Images of any number of bands as those that a screen shows.

    Args:
        images: (..., channels), uint8.

    Returns:
        (..., 1 or 3): the first three bands as red, green and blue, and the first alone of two.
    """
    return images[..., : 3 if images.shape[-1] >= 3 else 1]


def sprite(images: np.ndarray, domain: str, side: int = 64) -> tuple[np.ndarray, tuple[int, int]]:
    """A square sheet of images in rows, as TensorBoard's projector takes it.

    Args:
        images: (n, height, width, channels).
        domain: Domain of the values.
        side: Pixels of the longer side; larger images are shrunk to it.

    Returns:
        The sheet, uint8, and the (width, height) of one image in it.

    Raises:
        ValueError: For more images than the projector takes.
    """
    images = shown(to_bytes(images, domain))
    if max(images.shape[1:3]) > side:
        size = tuple(max(1, round(length * side / max(images.shape[1:3]))) for length in images.shape[2:0:-1])
        images = np.stack([np.asarray(_image(image).resize(size)) for image in images])
        images = images.reshape(len(images), size[1], size[0], -1)
    count, height, width, channels = images.shape
    columns = math.ceil(math.sqrt(count))
    if columns * max(height, width) > LARGEST_SPRITE:
        raise ValueError(
            f"{count} images of {width}x{height} exceed a sprite of {LARGEST_SPRITE} pixels a side"
        )
    sheet = np.zeros((columns * columns, height, width, channels), np.uint8)
    sheet[:count] = images
    sheet = sheet.reshape(columns, columns, height, width, channels).swapaxes(1, 2)
    return sheet.reshape(columns * height, columns * width, channels), (width, height)


def save(image: np.ndarray, path: str | Path) -> None:
    """Writes an image to a file.

    Args:
        image: (height, width, 1 or 3), uint8.
        path: Its suffix names the file type.
    """
    _image(image).save(path)


def to_bytes(images: np.ndarray, domain: str) -> np.ndarray:
    """Values as bytes.

    Args:
        images: (...), of the domain.
        domain: The values that it displays as black and white become 0 and 255: 0 and 1 for pixels, three
            standard deviations to either side of 0 for standardized values.

    Returns:
        (...), uint8; NaN becomes 0.
    """
    low, high = domain_of(domain).display
    images = np.asarray(images) / (high - low) - low / (high - low)
    return (np.clip(np.nan_to_num(images, nan=0.0), 0.0, 1.0) * 255.0).round().astype(np.uint8)


def _image(image):
    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
