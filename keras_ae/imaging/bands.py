"""TIFF files of many bands: how many they have, and their values, whichever way they are stored."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from keras_ae.imaging.deep import ORIENTATION, TURNS, DeepValues, FullScale, levels_of
from keras_ae.imaging.fitting import CROP, fitted_image

__all__ = ["MOST_VALUES", "BandHeader", "band_header", "band_pixels", "band_values", "is_tiff"]

MOST_VALUES = 240_000_000
"""Values of a page of many bands, at most; a larger one is refused before it is decoded."""

BandHeader = tuple[tuple[int, int], int, bool, tuple[int, ...]]
"""(width, height), the number of bands, whether they have more than 8 bits, and the pages like the first."""

UNSPECIFIED = 0
"""What a TIFF says of samples beside gray or color that are no opacity: further bands."""


def is_tiff(file: Path) -> bool:
    """Whether a file is called a TIFF.

    Args:
        file: The file.

    Returns:
        Whether its suffix is one of these.
    """
    return file.suffix.lower() in (".tif", ".tiff")


def band_header(file: Path) -> BandHeader | None:
    """Reads the header of a TIFF, if it has many bands.

    Args:
        file: The file.

    Returns:
        The header; None for other files. Readers raise errors of any kind for a broken file.
    """
    with _pages(file) as pages:
        first = pages[0]
        if not _has_bands(first):
            return None
        height, width = first.imagelength, first.imagewidth
        bands = first.samplesperpixel
        shapes = [page.shape for page in pages]
        same = tuple(index for index, shape in enumerate(shapes) if shape == shapes[0])
        return (width, height), bands, first.dtype != np.uint8, same


def band_values(file: Path, index: int) -> DeepValues | None:
    """The values of a page of many bands.

    Args:
        file: A TIFF that `band_header` has looked at.
        index: The index of the page.

    Returns:
        The values (height, width, bands), upright; None for a page of other kinds.
    """
    with _pages(file) as pages:
        page = pages[index]
        if not _has_bands(page):
            return None
        values = page.asarray()
        values = np.moveaxis(values, 0, -1) if page.axes.startswith("S") else values
        tag = page.tags.get(ORIENTATION)
        turn = TURNS.get(int(tag.value) if tag else 1)
    return DeepValues(values if turn is None else turn(values))


def band_pixels(
    deep: DeepValues, size: tuple[int, int], channels: int, full_scale: FullScale, how: str = CROP
) -> tuple[np.ndarray, bytes]:
    """Bands brought to a size, each resized as a gray image is.

    Args:
        deep: The values.
        size: (width, height).
        channels: The number of bands to take, the first ones.
        full_scale: The values that stand for 255 in bands of more than 8 bits.
        how: How they are brought to the size: "crop", "pad" or "stretch".

    Returns:
        (height, width, channels), uint8, and a hash of the content as the file has it.

    Raises:
        ValueError: For fewer bands, and for values outside the full scale.
    """
    values = deep.values
    if values.shape[-1] < channels:
        raise ValueError(f"{values.shape[-1]} bands, expected {channels}")
    levels = values if values.dtype == np.uint8 else levels_of(deep, full_scale)
    planes = [
        np.asarray(fitted_image(Image.fromarray(np.ascontiguousarray(levels[..., band])), size, how))
        for band in range(channels)
    ]
    digest = hashlib.blake2b(f"{values.dtype} {values.shape} ".encode() + values.tobytes(), digest_size=8)
    return np.stack(planes, axis=-1), digest.digest()


@contextmanager
def _pages(file: Path) -> Iterator[Any]:
    import tifffile  # where there is such a file

    with tifffile.TiffFile(file) as tiff:
        yield tiff.pages


def _has_bands(page: Any) -> bool:
    return any(int(extra) == UNSPECIFIED for extra in page.extrasamples)
