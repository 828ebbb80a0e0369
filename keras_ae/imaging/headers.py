"""Headers of image files of every common format: size, color, depth and frames, without decoding them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path

import numpy as np
from PIL import Image

from keras_ae.errors import InputError
from keras_ae.imaging.bands import MOST_VALUES, BandHeader, band_header, is_tiff
from keras_ae.imaging.deep import is_deep

__all__ = [
    "ALL",
    "FIRST",
    "MOST_PIXELS",
    "SUFFIXES",
    "Header",
    "check_pages",
    "check_size",
    "image_formats",
    "image_header",
    "many_bands",
    "one_line",
    "opened",
]

SUFFIXES = frozenset(".avif .bmp .gif .jfif .jpeg .jpg .pbm .pgm .png .ppm .tga .tif .tiff .webp".split())
MOST_PIXELS = 80_000_000
"""Pixels of an image, at most; a larger one is refused before it is decoded."""
GRAY_MODES = frozenset({"1", "L", "LA", "La", "I", "F"})

FIRST, ALL = "first", "all"
"""Which frames of a file are images: of each the first, or all."""

REDUCED = 254, 1
"""The tag of a TIFF that says of a page what it is, and the bit for a smaller copy of another page."""


@dataclass(frozen=True)
class Header:
    """What the header of an image file says.

    Attributes:
        size: (width, height).
        channels: 1 for gray, 3 for color, the number of bands of a TIFF that has others.
        deep: Whether it has more than 8 bits a channel.
        frames: The indices of its frames that are images.
        has_more: Whether it has further frames.
    """

    size: tuple[int, int]
    channels: int
    deep: bool = False
    frames: tuple[int, ...] = (0,)
    has_more: bool = False


def check_pages(pages: str | None) -> None:
    """Checks which frames of a file are to be images.

    Args:
        pages: "first", "all" or None.

    Raises:
        ValueError: For anything else.
    """
    if pages not in (None, FIRST, ALL):
        raise InputError(f"pages is {FIRST} or {ALL}, received {pages!r}")


@contextmanager
def opened(file: Path) -> Iterator[Image.Image]:
    """Opens an image file, of a known format and not too large, without decoding it.

    Args:
        file: The file.

    Yields:
        Pillow's image.

    Raises:
        ValueError: For more than `MOST_PIXELS` pixels. Pillow raises further errors for a broken file.
    """
    with Image.open(file, formats=image_formats()) as image:
        check_size(image)
        yield image


def image_header(file: Path, pages: str | None = FIRST) -> Header | str:
    """Reads the header of an image file, without decoding it.

    Args:
        file: The file.
        pages: Which frames are images: "first", "all", or None for all pages of a TIFF that are of the first
            one's size, and the first frame of animations.

    Returns:
        The header, or the reason why the file cannot be read.
    """
    try:
        if (bands := many_bands(file)) is not None:
            size, channels, deep, same = bands
            chosen = same[:1] if pages == FIRST else same
            return Header(size, channels, deep, chosen, len(same) > len(chosen))
        with opened(file) as image:
            size, channels, deep = image.size, 1 if _is_gray(image) else 3, is_deep(image)
            if not getattr(image, "is_animated", False) or image.format == "MPO":  # with previews of a camera
                return Header(size, channels, deep)
            if pages == FIRST or (pages is None and image.format != "TIFF"):
                return Header(size, channels, deep, has_more=True)
            count, frames = getattr(image, "n_frames", 1), []
            for index in range(count):
                image.seek(index)
                if image.format != "TIFF" or (image.size == size and not _is_reduced(image)):
                    frames.append(index)
            return Header(size, channels, deep, tuple(frames), len(frames) < count)
    except Exception as error:  # decoders raise errors of any kind for a broken file
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


def many_bands(file: Path) -> BandHeader | None:
    """Reads the header of a TIFF of many bands.

    Args:
        file: The file.

    Returns:
        The header, as `band_header` gives it; None for other files, of which Pillow knows more.

    Raises:
        ValueError: For a page of more than `MOST_VALUES` values.
    """
    if not is_tiff(file):
        return None
    try:
        header = band_header(file)
    except Exception:  # readers raise errors of any kind for a broken file, which is told when it is opened
        return None
    if header is not None and prod(header[0]) * header[1] > MOST_VALUES:
        width, height = header[0]
        raise ValueError(f"{width}x{height} of {header[1]} bands is over the limit of {MOST_VALUES} values")
    return header


def _is_gray(image):
    if image.mode == "P":
        palette = np.array(image.getpalette("RGB")).reshape(-1, 3)
        return bool((palette == palette[:, :1]).all())
    if image.format == "PNG" and image.tile and str(image.tile[0].args).startswith("LA"):
        return True  # of 16 bits with alpha, which Pillow reads as color
    return image.mode in GRAY_MODES or image.mode.startswith("I;16")


def _is_reduced(image):
    tag, bit = REDUCED
    return bool(image.tag_v2.get(tag, 0) & bit)


def one_line(error: Exception) -> str:
    """An error's message in one line.

    Args:
        error: Any exception.

    Returns:
        The message without line breaks; the name of the error's class where it has none.
    """
    return " ".join(str(error).split()) or type(error).__name__
