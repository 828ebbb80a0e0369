"""Examples as one image: pixels as they are, all else as its medium draws it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from keras_ae.data.types import Units
from keras_ae.formats import Medium
from keras_ae.imaging.contact_sheet import contact_sheet
from keras_ae.imaging.grid import drawable, grid

MOST_DRAWN = 6
"""Examples in a row of drawings, which are larger than images."""


def can_draw(shape: tuple[int, ...], medium: Medium | None) -> bool:
    """Whether examples of a shape are images, or have a medium of their own that draws them."""
    return drawable(shape) or medium is not None


def rows_drawn(rows: Mapping[str, np.ndarray], units: Units, medium: Medium | None) -> np.ndarray:
    """An image (height, width, 1 or 3) uint8, a row for each entry: examples as a model has them."""
    shape = next(iter(rows.values())).shape[1:]
    if medium is None or (drawable(shape) and units.domain != "categorical"):  # classes are no colors
        return grid(rows, units.domain)
    drawings = []
    columns = min(MOST_DRAWN, *(len(row) for row in rows.values()))
    for row in rows.values():
        drawings += [medium.drawn(example) for example in units.raw(np.asarray(row[:columns]))]
    return contact_sheet(drawings, columns)
