"""Comparison images: an image next to its restoration."""

from __future__ import annotations

import dataclasses

import numpy as np
from PIL import Image

from keras_ae.apps.restoration.images import DecodedImage, to_image

__all__ = ["side_by_side", "with_holes"]

GAP = 8
MOST_WIDTH = 4096
"""Maximum width of a comparison in pixels."""


def side_by_side(before: DecodedImage, after: DecodedImage) -> Image.Image:
    """An image and its restoration, side by side, in 8 bits with a mid-gray gap between.

    Args:
        before: The image, shown at the size of the restoration.
        after: The restoration.

    Returns:
        The comparison, at most 4,096 pixels wide.
    """
    height, width = after.levels.shape[:2]
    shown = min(width, (MOST_WIDTH - GAP) // 2)
    size = shown, max(1, round(height * shown / width))
    panels = [_panel(image, size) for image in (before, after)]
    modes = {panel.mode for panel in panels}
    mode = "RGBA" if modes & {"LA", "RGBA"} else "RGB" if "RGB" in modes else "L"
    ground = (128, 128, 128, 255)[: len(mode)] if len(mode) > 1 else 128
    canvas = Image.new(mode, (2 * shown + GAP, size[1]), ground)
    for left, panel in zip((0, shown + GAP), panels, strict=True):
        canvas.paste(panel.convert(mode), (left, 0))
    return canvas


def with_holes(image: DecodedImage, missing: np.ndarray | None) -> DecodedImage:
    """An image with mid-gray in place of its missing pixels; transparency is preserved.

    Args:
        image: The image.
        missing: (height, width) bool, or None if nothing is missing.

    Returns:
        The image to show.
    """
    if missing is None:
        return image
    levels = image.levels.copy()
    levels[missing] = np.iinfo(levels.dtype).max // 2 + 1
    return dataclasses.replace(image, levels=levels)


def _panel(image, size):
    """An image scaled to (width, height)."""
    if image.levels.dtype == np.uint16:
        image = dataclasses.replace(image, levels=(image.levels >> 8).astype(np.uint8))
    image = to_image(image)
    smaller = size[0] < image.width
    return image.resize(size, Image.Resampling.LANCZOS if smaller else Image.Resampling.BICUBIC)
