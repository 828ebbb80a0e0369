"""Renders examples in one image: images directly, other data by its format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_ae.data.scaling import Scaler
from keras_ae.formats import Format
from keras_ae.imaging.captions import with_captions
from keras_ae.imaging.contact_sheet import contact_sheet
from keras_ae.imaging.grid import bands_note, grid, is_image_shape

__all__ = ["MAX_RENDERED", "bands_in", "can_render", "render_rows"]

MAX_RENDERED = 6
"""Maximum number of examples per row if their format renders them, because these images are larger."""


def can_render(shape: tuple[int, ...], format: Format | None, one_hot: bool = False) -> bool:
    """Whether examples can be shown as images.

    Args:
        shape: Shape of one example.
        format: The examples' format, if they have one.
        one_hot: Whether the last axis is of classes, which are no bands.

    Returns:
        True for images of any number of bands, and for examples with a format.
    """
    return is_image_shape(shape) or format is not None or (len(shape) == 3 and not one_hot)


def bands_in(rows: Mapping[str, Any], scaler: Scaler) -> str:
    """Which bands of images are shown.

    Args:
        rows: Rows by name, (n, ...) each, model inputs.
        scaler: The scaler between the examples and their original units.

    Returns:
        As `bands_note` says it; empty where the last axis is of classes.
    """
    return "" if scaler.domain.one_hot else bands_note(tuple(next(iter(rows.values())).shape[1:]))


def render_rows(
    rows: Mapping[str, Any],
    scaler: Scaler,
    format: Format | None,
    captions: bool = False,
    side_by_side: bool = False,
) -> np.ndarray:
    """One image of several rows of examples.

    Args:
        rows: Rows by name, (n, ...) each, model inputs; some may be shorter.
        scaler: The scaler between the examples and their original units.
        format: The examples' format, if they have one.
        captions: Whether the rows have their names beside them.
        side_by_side: Whether the rows are to be compared, so that only as many examples are shown as the
            format says.

    Returns:
        (height, width, 1 or 3), uint8.
    """
    shape = next(iter(rows.values())).shape[1:]
    told = [bands_in(rows, scaler), *[""] * (len(rows) - 1)]
    names = tuple(" ".join(filter(None, each)) for each in zip(rows, told, strict=True)) if captions else ()
    if format is None or (is_image_shape(shape) and not scaler.domain.one_hot):  # classes are not colors
        return with_captions(grid(rows, scaler.domain), names)
    most = format.columns if side_by_side else MAX_RENDERED
    columns = min(most, max(len(row) for row in rows.values()))
    images: list[np.ndarray | None] = []
    for row in rows.values():
        images += map(format.render, scaler.inverse_transform(np.asarray(row[:columns])))
        images += [None] * (columns - min(columns, len(row)))
    return contact_sheet(images, columns, row_names=names)
