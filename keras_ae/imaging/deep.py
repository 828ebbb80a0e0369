"""Images of more than 8 bits a channel: which ones they are, their values, and these as bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from keras_ae.errors import InputError

__all__ = ["FULL_RANGE", "DeepValues", "FullScale", "deep_values", "is_deep", "levels_of", "to_bytes"]

BITS = (8, 10, 12, 14, 16)
"""Bits that cameras and microscopes give, whatever the files have room for."""

WHITE_IS_ZERO = 0
"""The photometric interpretation of a TIFF whose white is 0."""

PHOTOMETRIC, BITS_PER_SAMPLE = 262, 258
"""Tags of a TIFF."""

ORIENTATION = 0x0112
"""The Exif tag of the orientation."""

TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels, 2).swapaxes(0, 1),
    8: np.rot90,
}
"""What turns an image upright, by its Exif orientation."""


@dataclass(frozen=True)
class FullScale:
    """The values that stand for white in images of more than 8 bits a channel.

    Attributes:
        whole: In images of whole numbers.
        floats: In images of floating-point numbers.
    """

    whole: float = 65535.0
    floats: float = 1.0

    def __post_init__(self) -> None:
        for value in (self.whole, self.floats):
            if not isinstance(value, int | float) or not 0 < value < float("inf"):
                raise InputError(
                    f"full_scale must be above 0, the value of white, such as 4095; received {value!r}"
                )

    @classmethod
    def holding(cls, highest: float) -> FullScale:
        """The full scale of the fewest bits that hold a value.

        Args:
            highest: The highest of all values of some images.

        Returns:
            That of 8, 10, 12, 14 or 16 bits.
        """
        return cls(float(next((2**bits - 1 for bits in BITS if highest < 2**bits), 2 ** BITS[-1] - 1)))


FULL_RANGE = FullScale()
"""That of files whose values fill 16 bits, or run from 0 to 1."""


@dataclass(frozen=True, eq=False)
class DeepValues:
    """The values of an image of more than 8 bits a channel, as its file has them, but upright.

    Attributes:
        values: (height, width) or (height, width, channels), of any numbers.
        alpha: (height, width), uint8; None where nothing is transparent.
        white: The value of white, if the file says so by itself.
        inverted: Whether 0 stands for white.
        cut: Whether only the upper 8 of 16 bits could be read.
    """

    values: np.ndarray
    alpha: np.ndarray | None = None
    white: float | None = None
    inverted: bool = False
    cut: bool = False

    @property
    def highest(self) -> float:
        """The highest value that takes part in the choice of a full scale; 0 if none does."""
        if self.white is not None or self.values.dtype.kind == "f":
            return 0.0
        high = float(self.values.max())
        return high if high < 2 ** BITS[-1] else 0.0


def is_deep(image: Image.Image) -> bool:
    """Whether an image has more than 8 bits a channel, also one that Pillow reads as 8 bits.

    Args:
        image: Opened, not decoded.

    Returns:
        True for 16 bits, 32 bits and floating-point numbers.
    """
    return image.mode[0] in "IF" or _cut_by_pillow(image)


def deep_values(image: Image.Image, file: Path) -> DeepValues:
    """The values of an image of more than 8 bits a channel.

    Args:
        image: The image, opened, at one of its frames.
        file: Its file.

    Returns:
        The values. Decoders raise errors of any kind for a broken file.
    """
    deep = _values(image, file)
    turn = TURNS.get(image.getexif().get(ORIENTATION, 1))  # Pillow has turned a TIFF, if it decoded it
    if turn is None:
        return deep
    return replace(deep, values=turn(deep.values), alpha=None if deep.alpha is None else turn(deep.alpha))


def _values(image, file):
    if image.mode[0] in "IF":
        values, clear = np.asarray(image), image.info.get("transparency")
        alpha = None if clear is None else np.where(values == clear, np.uint8(0), np.uint8(255))
        inverted = image.format == "TIFF" and _tag(image, PHOTOMETRIC) == WHITE_IS_ZERO
        return DeepValues(values, alpha, 65535.0 if image.format == "PPM" else None, inverted)
    if image.format == "PNG":
        return _png_values(file)
    try:
        return _tiff_values(file, image.tell())
    except (ValueError, KeyError, ImportError):  # compressed in a way that tifffile has no decoder for
        planes = np.asarray(image.convert("RGBA" if image.mode == "RGBA" else "RGB"), np.uint16)
        alpha = planes[..., 3].astype(np.uint8) if planes.shape[-1] == 4 else None
        return DeepValues(planes[..., :3] * 257, alpha, cut=True)


def to_bytes(deep: DeepValues, full_scale: FullScale) -> Image.Image:
    """The values of an image as bytes.

    Args:
        deep: The values.
        full_scale: The values that stand for 255.

    Returns:
        An image of mode L, LA, RGB or RGBA.

    Raises:
        ValueError: For values below 0 or above the full scale, and for 16 bits of which the lower ones would
            be needed and cannot be read.
    """
    planes = levels_of(deep, full_scale)
    if deep.alpha is not None:
        planes = np.dstack([planes, deep.alpha])
    return Image.fromarray(planes)


def levels_of(deep: DeepValues, full_scale: FullScale) -> np.ndarray:
    """The values of an image as bytes, without what is transparent.

    Args:
        deep: The values.
        full_scale: The values that stand for 255.

    Returns:
        (height, width) or (height, width, channels), uint8.

    Raises:
        ValueError: As `to_bytes` does.
    """
    values = deep.values
    full = deep.white or (full_scale.floats if values.dtype.kind == "f" else full_scale.whole)
    low, high = values.min(), values.max()
    if not (low >= 0 and high <= full):
        raise ValueError(
            f"values from {low:g} to {high:g}, expected 0 to {full:g}, the full scale (data.full_scale)"
        )
    if deep.cut and full != 65535:
        raise ValueError(
            "16 bits a channel in color, compressed in a way that gives the upper 8 alone; save it as PNG"
        )
    levels = np.rint(values * np.float32(255 / full))
    return (255 - levels if deep.inverted else levels).astype(np.uint8)


def _cut_by_pillow(image):
    """Whether an image in color has 16 bits, of which Pillow reads the upper 8."""
    if image.format == "TIFF":
        bits = _tag(image, BITS_PER_SAMPLE) or (1,)
        return max(bits if isinstance(bits, tuple) else (bits,)) > 8
    return image.format == "PNG" and bool(image.tile) and ";16" in str(image.tile[0].args)


def _tag(image, number):
    return image.tag_v2.get(number)


def _png_values(file):
    import tensorflow as tf  # imported here because nothing else in this folder needs it

    planes = tf.io.decode_png(file.read_bytes(), channels=4, dtype=tf.uint16).numpy()
    alpha = (planes[..., 3] / 257).round().astype(np.uint8)
    return DeepValues(planes[..., :3], None if (alpha == 255).all() else alpha)


def _tiff_values(file, frame):
    import tifffile

    with tifffile.TiffFile(file) as tiff:
        page = tiff.pages[frame]
        planes = page.asarray()
        planes = np.moveaxis(planes, 0, -1) if page.axes == "SYX" else planes
        samples = planes.shape[-1]
        if page.photometric != tifffile.PHOTOMETRIC.RGB or planes.ndim != 3 or samples < 3:
            raise ValueError(f"{page.photometric.name} of {samples} samples")
        alpha = None
        if page.extrasamples and planes.dtype.kind == "u":
            alpha = (planes[..., 3] / (np.iinfo(planes.dtype).max / 255)).round().astype(np.uint8)
    return DeepValues(planes[..., :3], alpha)
