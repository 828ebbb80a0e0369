"""Image files as levels and back; depth, gray or color, transparency and color profile stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from keras_ae.errors import InputError
from keras_ae.imaging.deep import FULL_RANGE, FullScale, deep_values, is_deep, to_bytes
from keras_ae.imaging.headers import SUFFIXES, image_formats

__all__ = ["DecodedImage", "in_color", "read_image", "to_image"]

GRAY = frozenset({"1", "L", "LA", "La"})
COLOR = frozenset({"P", "PA", "RGB", "RGBA", "RGBX", "RGBa"})
SPACES = {1: b"GRAY", 3: b"RGB "}
"""The color space that a profile names, by the number of channels."""


@dataclass(frozen=True)
class DecodedImage:
    """An image, upright.

    Attributes:
        levels: (height, width, 1 or 3), uint8, or uint16 for gray images of more than 8 bits; the highest
            number is white.
        alpha: (height, width) uint8, 255 where it is opaque; None without transparency.
        profile: An ICC profile for those channels.
        notes: What reading changed.
        white: The value that stands for white in the file, if it has more than 8 bits.
    """

    levels: np.ndarray
    alpha: np.ndarray | None = None
    profile: bytes | None = None
    notes: tuple[str, ...] = ()
    white: float = 65535.0

    @property
    def size(self) -> str:
        """Width and height, such as "640x480"."""
        return f"{self.levels.shape[1]}x{self.levels.shape[0]}"


def read_image(file: Path, most_pixels: int, full_scale: FullScale = FULL_RANGE) -> DecodedImage:
    """Reads the first image of a file, turned upright as its EXIF data say.

    Args:
        file: The image's file.
        most_pixels: Pixels of an image, at most.
        full_scale: The values that stand for white in images of more than 8 bits.

    Returns:
        The image.

    Raises:
        InputError: By its header the image is larger (it is then not decoded), or it does not decode;
            the text is the reason alone.
    """
    try:
        if not file.stat().st_size:
            raise InputError("its file is empty")
        with _any_size(), Image.open(file, formats=image_formats()) as image:
            if image.width * image.height > most_pixels:
                raise InputError(
                    f"expected at most {most_pixels / 1e6:g} megapixels, received {image.width}x"
                    f"{image.height}; raise --most-megapixels"
                )
            notes, profile = _notes(image), image.info.get("icc_profile")
            # 16 bits of gray with alpha are read as color
            is_gray = image.mode in GRAY or _stored(image).startswith("LA")
            if is_deep(image):
                deep = deep_values(image, file)
                levels, alpha, white, further = _of_deep(deep, full_scale, is_gray)
            else:
                levels, alpha = _planes(ImageOps.exif_transpose(image), is_gray)
                white, further = full_scale.whole, ()
    except InputError:
        raise
    except Exception as error:  # decoders may raise any error for a broken file
        raise InputError(_reason(error)) from error
    own = profile if profile and profile[16:20] == SPACES[levels.shape[-1]] else None
    return DecodedImage(levels, alpha, own, notes + further, white)


def in_color(image: DecodedImage) -> DecodedImage:
    """A gray image as RGB of 8 bits, without its profile; a color image as it is.

    Args:
        image: The image.

    Returns:
        The image in color.
    """
    levels, notes = image.levels, image.notes
    if levels.shape[-1] == 3:
        return image
    if levels.dtype == np.uint16:
        levels, notes = (levels >> 8).astype(np.uint8), (*notes, "16 bits written as 8, in color")
    return DecodedImage(levels.repeat(3, axis=-1), image.alpha, None, notes)


def to_image(image: DecodedImage) -> Image.Image:
    """An image for Pillow: L, LA, RGB or RGBA; for gray of 16 bits I;16, which has no alpha.

    Args:
        image: The image.

    Returns:
        Pillow's image.
    """
    if image.levels.dtype == np.uint16:
        return Image.fromarray(np.rint(image.levels[..., 0] * (image.white / 65535)).astype(np.uint16))
    if image.alpha is None:
        return Image.fromarray(image.levels if image.levels.shape[-1] == 3 else image.levels[..., 0])
    return Image.fromarray(np.dstack([image.levels, image.alpha]))


@contextmanager
def _any_size() -> Iterator[None]:
    """Lifts Pillow's own limit of pixels, which is another one, and at first only a warning."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _stored(image):
    """The raw mode of a pixel in a file that is not decoded yet, such as RGB;16B."""
    arguments = image.tile[0].args if image.tile else ""
    return arguments if isinstance(arguments, str) else str(arguments[0]) if arguments else ""


def _notes(image):
    notes = []
    if getattr(image, "n_frames", 1) > 1:
        notes.append(f"the first of {image.n_frames} frames")
    if image.mode[:1] in ("I", "F"):
        if image.mode == "F":
            notes.append("floats written as 16 bits")
        if image.has_transparency_data:
            notes.append("no transparency in 16 bits")
        return tuple(notes)
    if ";16" in _stored(image):
        notes.append("16 bits a channel read as 8")
    if image.mode not in GRAY | COLOR:
        notes.append(f"{image.mode} turned into RGB")
    return tuple(notes)


def _planes(image, is_gray):
    """(levels, alpha) of an image of 8 bits."""
    transparent = image.has_transparency_data
    kinds = ("L", "LA") if is_gray else ("RGB", "RGBA")
    planes = np.asarray(image.convert(kinds[transparent]))
    planes = planes.reshape(*planes.shape[:2], -1)
    return (planes[..., :-1], planes[..., -1]) if transparent else (planes, None)


def _of_deep(deep, full_scale, is_gray):
    """(levels, alpha, white of the file, notes) of an image of more than 8 bits, in color of 8 bits."""
    values, white = deep.values, deep.white or full_scale.whole
    if values.ndim == 3:
        planes = np.asarray(to_bytes(deep, full_scale))
        return planes[..., : 1 if is_gray else 3], deep.alpha, white, ()
    full = full_scale.floats if values.dtype.kind == "f" else white
    low, high = float(values.min()), float(values.max())
    if not (low >= 0 and high <= full):
        raise InputError(f"expected values from 0 to {full:g}, received {low:g} to {high:g}")
    levels = np.rint(values * (65535.0 / full))
    levels = 65535 - levels if deep.inverted else levels
    dark = high * 4 <= full and values.dtype.kind != "f"
    notes = (f"values up to {high:g} of {full:g}, which is dark",) if dark else ()
    white = 65535.0 if values.dtype.kind == "f" or white > 65535 else white
    return levels.astype(np.uint16)[..., None], deep.alpha, white, notes


def _reason(error):
    if isinstance(error, UnidentifiedImageError):
        return f"not an image of a known kind ({' '.join(sorted(SUFFIXES))})"
    if isinstance(error, OSError) and error.strerror:
        return f"it cannot be read ({error.strerror})"
    return " ".join(str(error).split()) or type(error).__name__
