"""Decoding of image files of every common format: upright, in bytes, gray or in color."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

__all__ = [
    "MOST_PIXELS",
    "SUFFIXES",
    "check_size",
    "fill",
    "fit",
    "image_formats",
    "image_header",
    "one_line",
    "read_image",
    "whole_image",
]

SUFFIXES = frozenset(".avif .bmp .gif .jfif .jpeg .jpg .pbm .pgm .png .ppm .tga .tif .tiff .webp".split())
MOST_PIXELS = 80_000_000
"""Pixels of an image, at most; a larger one is refused before it is decoded."""
GRAY_MODES = frozenset({"1", "L", "LA", "La", "I", "F"})


def read_image(file: Path, pixels: np.ndarray) -> str | None:
    """Decodes an image file as training does: its middle, resized.

    Args:
        file: The image.
        pixels: (height, width, channels), uint8; is filled.

    Returns:
        The reason why the file cannot be read; None if it was.
    """
    try:
        with Image.open(file, formats=image_formats()) as image:
            check_size(image)
            fill(image, pixels)
        return None
    except Exception as error:  # decoders may raise any error for a broken file
        return one_line(error)


def whole_image(file: Path, channels: int) -> np.ndarray:
    """Decodes an image file in its own size, turned upright.

    Args:
        file: The image.
        channels: 1 for gray, 3 for color.

    Returns:
        (height, width, channels), uint8.

    Raises:
        ValueError: For an image that is too large. The decoders raise further errors for a broken file.
    """
    with Image.open(file, formats=image_formats()) as image:
        check_size(image)
        plain = _plain(ImageOps.exif_transpose(image), channels)
    return np.asarray(plain).reshape(plain.height, plain.width, channels)


def image_header(file: Path) -> tuple[int, int, int] | str:
    """The size of an image, without decoding it.

    Args:
        file: The image.

    Returns:
        (width, height, channels), or the reason why the file cannot be read.
    """
    try:
        with Image.open(file, formats=image_formats()) as image:
            check_size(image)
            return *image.size, 1 if _is_gray(image) else 3
    except Exception as error:  # as above
        return one_line(error)


@cache
def image_formats() -> tuple[str, ...]:
    """Pillow's names of the formats of `SUFFIXES`; it has others that start programs, such as PostScript.

    Returns:
        The names in alphabetical order.
    """
    known = Image.registered_extensions()
    return tuple(sorted({known[suffix] for suffix in SUFFIXES if suffix in known}))


def check_size(image: Image.Image) -> None:
    """Refuses an image that is too large to decode.

    Args:
        image: Opened, not decoded.

    Raises:
        ValueError: For more than `MOST_PIXELS` pixels.
    """
    if image.width * image.height > MOST_PIXELS:
        raise ValueError(f"{image.width}x{image.height} is over the limit of {MOST_PIXELS} pixels")


def fill(image: Image.Image, pixels: np.ndarray) -> Image.Image:
    """Fills an array with the middle of an image, resized.

    Args:
        image: The image.
        pixels: (height, width, channels), uint8; is filled.

    Returns:
        The image, turned upright.
    """
    upright = ImageOps.exif_transpose(image)
    height, width, channels = pixels.shape
    pixels[:] = fit(upright, width, channels, height)
    return upright


def _is_gray(image):
    if image.mode == "P":
        palette = np.array(image.getpalette("RGB")).reshape(-1, 3)
        return bool((palette == palette[:, :1]).all())
    return image.mode in GRAY_MODES or image.mode.startswith("I;16")


def fit(image: Image.Image, size: int, channels: int, height: int | None = None) -> np.ndarray:
    """The middle of an image, resized.

    Args:
        image: The image.
        size: The width in pixels.
        channels: 1 for gray, 3 for color.
        height: In pixels; None for a square.

    Returns:
        (height, size, channels), uint8.
    """
    height = height or size
    fitted = ImageOps.fit(_plain(image, channels), (size, height), Image.Resampling.LANCZOS)
    return np.asarray(fitted).reshape(height, size, channels)


def _plain(image, channels):
    """An image of mode L or RGB; 16 bits become 8, transparent becomes white.

    Whole numbers of more than 8 bits run to 65535, floats to 1; others raise ValueError.
    """
    if image.mode.startswith("I") or image.mode == "F":
        deep = np.asarray(image, np.float32)
        full = 1.0 if image.mode == "F" else 65535.0
        if not (deep.min() >= 0 and deep.max() <= full):
            raise ValueError(f"values from {deep.min():g} to {deep.max():g}, expected 0 to {full:g}")
        image = Image.fromarray((deep * (255 / full)).round().astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("L" if channels == 1 else "RGB")


def one_line(error: Exception) -> str:
    """An error's message in one line.

    Args:
        error: Any exception.

    Returns:
        The message without line breaks; the name of the error's class where it has none.
    """
    return " ".join(str(error).split()) or type(error).__name__
