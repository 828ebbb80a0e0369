"""Images stored as files of common formats, in the lowest quality that is good enough."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from keras_ae.experiments.codec.packed import Coded, psnr

__all__ = ["FORMATS", "image_files"]

SETTINGS: dict[str, dict[str, Any]] = {
    "JPEG": {"optimize": True},
    "WebP": {"method": 6},
}
FORMATS = tuple(SETTINGS)
"""The formats, by the names that Pillow has for them."""

LOSSLESS: dict[str, dict[str, Any]] = {
    "WebP": {"lossless": True, "quality": 100, "method": 6},
    "PNG": {"optimize": True},
}

MOST_STORED = 1000
"""Images of each split that are written, at most, evenly spaced: each is a file of its own."""


def image_files(validation: np.ndarray, test: np.ndarray, least: float) -> list[Coded]:
    """Images stored by each format.

    Args:
        validation: (n, height, width, 1 or 3), in [0, 1], on which the quality is chosen.
        test: (m, height, width, 1 or 3), the images that are stored.
        least: The mean PSNR in dB that is enough.

    Returns:
        For each format its lowest quality that is enough, where one is, and lossless ones.
    """
    few, test = (images[:: -(-len(images) // MOST_STORED)] for images in (validation, test))
    rows = []
    for name, settings in SETTINGS.items():

        def enough(quality: int, name: str = name, settings: dict = settings) -> bool:
            return _stored(few, name, {**settings, "quality": quality})[0] >= least

        quality = _lowest(enough, 0, 100)
        rows.append(_row(f"{name}, quality {quality}", test, name, {**settings, "quality": quality}))
    return rows + [_row(f"{name}, lossless", test, name, settings) for name, settings in LOSSLESS.items()]


def _lowest(enough: Callable[[int], bool], low: int, high: int) -> int:
    """The lowest whole number that is enough; the highest where none is."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


def _row(title: str, images: np.ndarray, name: str, settings: dict) -> Coded:
    """Images as files; those of one color tell what a file takes that holds nothing."""
    quality, size = _stored(images, name, settings)
    _, header = _stored(np.zeros_like(images[:1]), name, settings)
    return Coded(title, quality, size / len(images), header)


def _stored(images: np.ndarray, name: str, settings: dict) -> tuple[float, int]:
    """The mean PSNR of images as files of a format, and the bytes of all of them."""
    again, size = np.empty(images.shape, np.float32), 0
    mode = "L" if images.shape[-1] == 1 else "RGB"
    for row, image in enumerate(np.rint(255 * images).astype(np.uint8)):
        file = io.BytesIO()
        Image.fromarray(image[..., 0] if mode == "L" else image).save(file, name, **settings)
        size += file.tell()
        with Image.open(file) as decoded:
            again[row] = np.asarray(decoded.convert(mode), np.float32).reshape(image.shape) / 255
    return psnr(images, again), size
