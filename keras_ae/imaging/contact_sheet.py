"""One image of many examples: rows of drawings of any sizes on a plain ground."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

GAP = 4
GROUND = 128
SMALLEST = 56
"""Pixels that the longer side of a drawing has at least: smaller ones are enlarged by a whole factor."""
WIDEST = 2400
"""Pixels that a row takes at most: longer ones are broken, or shrunk where their number is given."""


def contact_sheet(drawings: Sequence[np.ndarray | None], columns: int | None = None) -> np.ndarray:
    """An image (height, width, 3) uint8 of drawings (height, width, 1 or 3) uint8, row by row.

    A drawing that is None leaves its place empty.

    columns: drawings in a row; without, so many as make the sheet about square.
    """
    images = [_NOTHING if drawing is None else _enlarged(drawing) for drawing in drawings]
    height = max(image.shape[0] for image in images)
    width = max(image.shape[1] for image in images)
    if columns is None:
        columns = min(round((len(images) * height / width) ** 0.5), (WIDEST - GAP) // (width + GAP))
    columns = max(1, min(columns, len(images)))
    if columns * (width + GAP) + GAP > WIDEST and columns > 1:
        factor = ((WIDEST - GAP) / columns - GAP) / width
        images = [_shrunk(image, factor) for image in images]
        height, width = (max(image.shape[axis] for image in images) for axis in (0, 1))
    rows = -(-len(images) // columns)
    sheet = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, 3), GROUND, np.uint8)
    for number, image in enumerate(images):
        top, left = (GAP + (number // columns) * (height + GAP), GAP + (number % columns) * (width + GAP))
        sheet[top : top + image.shape[0], left : left + image.shape[1]] = image
    return sheet


_NOTHING = np.zeros((0, 0, 3), np.uint8)


def _shrunk(image, factor):
    if not image.size:
        return image
    size = tuple(max(1, int(side * factor)) for side in image.shape[1::-1])
    colors = image.repeat(3, 2) if image.shape[2] == 1 else image
    return np.asarray(Image.fromarray(colors).resize(size, Image.Resampling.LANCZOS))


def _enlarged(drawing):
    zoom = max(1, SMALLEST // max(drawing.shape[:2]))
    return drawing.repeat(zoom, 0).repeat(zoom, 1)  # gray ones are spread over the sheet's three channels
