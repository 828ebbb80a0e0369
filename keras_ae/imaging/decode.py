"""Decoding of image files of every common format: upright, in bytes, gray or in color."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from keras_ae.imaging.bands import band_pixels, band_values
from keras_ae.imaging.deep import FULL_RANGE, FullScale, deep_values, is_deep, to_bytes
from keras_ae.imaging.fitting import CROP, fitted_image
from keras_ae.imaging.headers import many_bands, one_line, opened

__all__ = ["fit", "highest_value", "read_frames", "read_image", "upright_bytes", "whole_image"]


def read_image(
    file: Path, pixels: np.ndarray, full_scale: FullScale = FULL_RANGE, how: str = CROP
) -> str | None:
    """Decodes the first image of a file as training does.

    Args:
        file: The image.
        pixels: (height, width, channels), uint8; is filled.
        full_scale: The values that stand for white in images of more than 8 bits.
        how: How the image is brought to the size: "crop", "pad" or "stretch".

    Returns:
        The reason why the file cannot be read; None if it was.
    """
    [result] = read_frames(file, (0,), pixels[None], full_scale, how)
    return result if isinstance(result, str) else None


def read_frames(
    file: Path,
    frames: Sequence[int],
    pixels: np.ndarray,
    full_scale: FullScale = FULL_RANGE,
    how: str = CROP,
) -> list[bytes | str]:
    """Decodes frames of a file as training does.

    Args:
        file: The file.
        frames: The indices of the frames.
        pixels: (frames, height, width, channels), uint8; is filled.
        full_scale: The values that stand for white in images of more than 8 bits.
        how: How the images are brought to the size: "crop", "pad" or "stretch".

    Returns:
        For each frame the hash of its content, or the reason why it cannot be read.
    """
    _, height, width, channels = pixels.shape
    results: list[bytes | str] = []
    try:
        if many_bands(file) is not None:
            return [_bands(file, *each, full_scale, how) for each in zip(frames, pixels, strict=True)]
        with opened(file) as image:
            for index, row in zip(frames, pixels, strict=True):
                try:
                    image.seek(index)
                    upright, digest = upright_bytes(image, file, full_scale)
                    row[:] = fit(upright, width, channels, height, how)
                    results.append(digest)
                except Exception as error:  # as above
                    results.append(one_line(error))
    except Exception as error:  # as above
        results += [one_line(error)] * (len(frames) - len(results))
    return results


def _bands(file, index, row, full_scale, how):
    """Fills a row (height, width, channels) with bands; returns the hash of their content, or the reason."""
    try:
        deep = band_values(file, index)
        row[:], digest = band_pixels(deep, row.shape[1::-1], row.shape[-1], full_scale, how)
    except Exception as error:  # as above
        return one_line(error)
    return digest


def highest_value(file: Path, frames: Sequence[int]) -> float:
    """The highest value in an image file of more than 8 bits a channel.

    Args:
        file: The file.
        frames: The indices of the frames that are images.

    Returns:
        The value; 0 if the full scale of the file does not depend on it, and for a broken file.
    """
    highest = 0.0
    try:
        if many_bands(file) is not None:
            pages = [band_values(file, index) for index in frames]
            return max(page.highest for page in pages if page is not None)
        with opened(file) as image:
            for index in frames:
                image.seek(index)
                highest = max(highest, deep_values(image, file).highest)
    except Exception:  # told where the image is decoded
        return highest
    return highest


def whole_image(file: Path, channels: int, full_scale: FullScale = FULL_RANGE) -> np.ndarray:
    """Decodes an image file in its own size, turned upright.

    Args:
        file: The image.
        channels: 1 for gray, 3 for color.
        full_scale: The values that stand for white in images of more than 8 bits.

    Returns:
        (height, width, channels), uint8.

    Raises:
        ValueError: For an image that is too large. The decoders raise further errors for a broken file.
    """
    with opened(file) as image:
        plain = _plain(upright_bytes(image, file, full_scale)[0], channels)
    return np.asarray(plain).reshape(plain.height, plain.width, channels)


def upright_bytes(image: Image.Image, file: Path, full_scale: FullScale) -> tuple[Image.Image, bytes]:
    """An image turned upright, of 8 bits a channel.

    Args:
        image: The image, opened, at one of its frames.
        file: Its file.
        full_scale: The values that stand for white in images of more than 8 bits.

    Returns:
        The image, and a hash of its content as the file has it.

    Raises:
        ValueError: For values outside the full scale.
    """
    if is_deep(image):
        deep = deep_values(image, file)
        height, width = deep.values.shape[:2]
        mode = image.mode if deep.values.ndim == 2 else "RGB;16"
        return to_bytes(deep, full_scale), _digest(mode, (width, height), deep.values)
    upright = ImageOps.exif_transpose(image)
    if upright.mode in ("P", "PA"):  # whose indices say nothing without the palette
        upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    return upright, _digest(upright.mode, upright.size, upright)


def _digest(mode, size, content):
    return hashlib.blake2b(f"{mode} {size} ".encode() + content.tobytes(), digest_size=8).digest()


def fit(
    image: Image.Image, size: int, channels: int, height: int | None = None, how: str = CROP
) -> np.ndarray:
    """An image resized, by default its middle.

    Args:
        image: The image, of 8 bits a channel.
        size: The width in pixels.
        channels: 1 for gray, 3 for color.
        height: In pixels; None for a square.
        how: How the image is brought to the size: "crop", "pad" or "stretch".

    Returns:
        (height, size, channels), uint8.
    """
    height = height or size
    fitted = fitted_image(_plain(image, channels), (size, height), how)
    return np.asarray(fitted).reshape(height, size, channels)


def _plain(image, channels):
    """An image of mode L or RGB, its transparent pixels white; of mode RGBA for 4 channels."""
    if channels not in (1, 3, 4):
        raise ValueError(f"{len(image.getbands())} channels, expected {channels} bands of a TIFF")
    if image.mode == "LAB":  # which Pillow turns into no other mode
        image = image.convert("RGB")
    if channels == 4:
        return image.convert("RGBA")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("L" if channels == 1 else "RGB")
