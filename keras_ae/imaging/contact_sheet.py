"""Contact sheets: one image of many images of any sizes, in rows on a plain background."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from keras_ae.imaging.captions import CAPTION_HEIGHT, below_cells, with_captions

__all__ = ["contact_sheet"]

GAP = 4
GROUND = 128
SMALLEST = 56
"""Pixels of the longer side of an image, at least: smaller ones are enlarged by a whole factor."""
LABELED = 112
"""The same of images in columns that have captions."""
WIDEST = 2400
"""Pixels of a row, at most: longer rows are broken, or shrunk where their length is given."""


def contact_sheet(
    images: Sequence[np.ndarray | None],
    columns: int | None = None,
    captions: Sequence[str] = (),
    row_names: Sequence[str] = (),
    column_names: Sequence[str] = (),
) -> np.ndarray:
    """A sheet of images, row by row.

    Args:
        images: (height, width, 1 or 3) uint8 each, of any sizes; None for an empty position.
        columns: Images per row; None for a roughly square sheet.
        captions: A caption for each image, which stands below it; () for none.
        row_names: A caption for each row, on its left; () for none.
        column_names: A caption for each column, above it; () for none.

    Returns:
        (height, width, 3), uint8.
    """
    smallest = LABELED if column_names else SMALLEST
    tiles = [_NOTHING if image is None else _enlarged(image, smallest) for image in images]
    height = max(tile.shape[0] for tile in tiles)
    width = max(tile.shape[1] for tile in tiles)
    if columns is None:
        columns = min(round((len(tiles) * height / width) ** 0.5), (WIDEST - GAP) // (width + GAP))
    columns = max(1, min(columns, len(tiles)))
    if columns * (width + GAP) + GAP > WIDEST and columns > 1:
        factor = ((WIDEST - GAP) / columns - GAP) / width
        tiles = [_shrunk(tile, factor) for tile in tiles]
        height, width = (max(tile.shape[axis] for tile in tiles) for axis in (0, 1))
    rows, room = -(-len(tiles) // columns), CAPTION_HEIGHT if any(captions) else 0
    down, across = height + room + GAP, width + GAP
    sheet = np.full((rows * down + GAP, columns * across + GAP, 3), GROUND, np.uint8)
    corners = [
        (GAP + (number // columns) * down, GAP + (number % columns) * across) for number in range(len(tiles))
    ]
    for tile, (top, left) in zip(tiles, corners, strict=True):
        sheet[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    if room:
        below_cells(sheet, captions, [(left, top + height) for top, left in corners], width)
    return with_captions(sheet, row_names, column_names)


_NOTHING = np.zeros((0, 0, 3), np.uint8)


def _shrunk(image, factor):
    if not image.size:
        return image
    size = tuple(max(1, int(side * factor)) for side in image.shape[1::-1])
    colors = image.repeat(3, 2) if image.shape[2] == 1 else image
    return np.asarray(Image.fromarray(colors).resize(size, Image.Resampling.LANCZOS))


def _enlarged(image, smallest):
    zoom = max(1, smallest // max(image.shape[:2]))
    return image.repeat(zoom, 0).repeat(zoom, 1)  # gray ones are spread over the sheet's three channels
