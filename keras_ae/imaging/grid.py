"""Arrays as images: grids of examples for people to look at, and sprites for the projector."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from PIL import Image

from keras_ae.domains import domain_of

GAP = 2
LARGEST_SPRITE = 8192
"""Side in pixels of the largest sprite that TensorBoard's projector takes."""


def is_image_shape(shape: tuple[int, ...]) -> bool:
    """Whether examples of a shape are images: (height, width, 1 or 3)."""
    return len(shape) == 3 and shape[-1] in (1, 3)


def grid(rows: Mapping[str, np.ndarray], domain: str) -> np.ndarray:
    """One image with a row for each entry and a column for each example, on a mid-gray ground.

    rows: (n, height, width, 1 or 3) each, of the domain; all of one shape.
    Returns (rows * (height + gap) + gap, n * (width + gap) + gap, 1 or 3) uint8. Small images
    are enlarged by a whole factor, pixels kept square, so that a person can see them.
    """
    arrays = [to_bytes(np.asarray(row), domain) for row in rows.values()]
    count, height, width, channels = arrays[0].shape
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


def sprite(images: np.ndarray, domain: str, side: int = 64) -> tuple[np.ndarray, tuple[int, int]]:
    """A square sheet of images in rows, as the projector wants it, and (width, height) of one.

    images: (n, height, width, 1 or 3) of the domain; those larger than `side` pixels are shrunk.
    """
    images = to_bytes(images, domain)
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


def save(image: np.ndarray, path) -> None:
    """Writes (height, width, 1 or 3) uint8 as the file type that the path's suffix names."""
    _image(image).save(path)


def to_bytes(images: np.ndarray, domain: str) -> np.ndarray:
    """Values as uint8: [0, 1], or three standard deviations to either side of 0, become 0 to 255, NaN 0."""
    low, high = domain_of(domain).display
    images = np.asarray(images) / (high - low) - low / (high - low)
    return (np.clip(np.nan_to_num(images, nan=0.0), 0.0, 1.0) * 255.0).round().astype(np.uint8)


def _image(image):
    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
