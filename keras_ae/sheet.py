"""One picture of many examples: rows of drawings of any sizes on a plain ground."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

GAP = 4
GROUND = 128
SMALLEST = 56
"""Pixels that the longer side of a drawing has at least: smaller ones are enlarged by a whole factor."""
WIDEST = 2400
"""Pixels that a row takes at most, unless one drawing takes more by itself."""


def contact_sheet(drawings: Sequence[np.ndarray], columns: int | None = None) -> np.ndarray:
    """A picture (height, width, 3) uint8 of drawings (height, width, 1 or 3) uint8, row by row.

    columns: drawings in a row; without, so many as make the sheet about square.
    """
    pictures = [_enlarged(drawing) for drawing in drawings]
    height = max(picture.shape[0] for picture in pictures)
    width = max(picture.shape[1] for picture in pictures)
    if columns is None:
        columns = max(1, round((len(pictures) * height / width) ** 0.5))
    columns = max(1, min(columns, len(pictures), (WIDEST - GAP) // (width + GAP)))
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, 3), GROUND, np.uint8)
    for number, picture in enumerate(pictures):
        top, left = (GAP + (number // columns) * (height + GAP), GAP + (number % columns) * (width + GAP))
        sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return sheet


def _enlarged(drawing):
    zoom = max(1, SMALLEST // max(drawing.shape[:2]))
    return drawing.repeat(zoom, 0).repeat(zoom, 1)  # grey ones are spread over the sheet's three channels
