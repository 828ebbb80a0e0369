"""Examples as one image: pixels as they are, all else as its format draws it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from keras_ae.data.types import Scaler
from keras_ae.formats import Format
from keras_ae.imaging.contact_sheet import contact_sheet
from keras_ae.imaging.grid import grid, is_image_shape

MOST_DRAWN = 6
"""Examples in a row of drawings, which are larger than images."""


def can_draw(shape: tuple[int, ...], format: Format | None) -> bool:
    """Whether examples of a shape are images, or have a format of their own that draws them."""
    return is_image_shape(shape) or format is not None


def rows_drawn(rows: Mapping[str, np.ndarray], scaler: Scaler, format: Format | None) -> np.ndarray:
    """An image (height, width, 1 or 3) uint8, a row for each entry: examples as a model has them."""
    shape = next(iter(rows.values())).shape[1:]
    if format is None or (is_image_shape(shape) and not scaler.domain.one_hot):  # classes are no colors
        return grid(rows, scaler.domain)
    drawings = []
    columns = min(MOST_DRAWN, *(len(row) for row in rows.values()))
    for row in rows.values():
        drawings += [
            format.render(example) for example in scaler.inverse_transform(np.asarray(row[:columns]))
        ]
    return contact_sheet(drawings, columns)
