"""Captions beside the rows, above the columns and below the cells of a sheet of images."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import ceil
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

__all__ = ["CAPTION_HEIGHT", "below_cells", "with_captions"]

SIZE, PADDING = 13, 6
"""Of letters, and of the space around a caption, in pixels."""

CAPTION_HEIGHT = SIZE + PADDING
"""Of one line, in pixels."""

WIDEST = 180
"""Pixels of a row's caption, at most; longer ones are shortened in the middle."""

INK, GROUND = 0, 128
"""Levels of letters and of what is behind them."""


def with_captions(sheet: np.ndarray, rows: Sequence[str] = (), columns: Sequence[str] = ()) -> np.ndarray:
    """A sheet with the names of its rows on the left and those of its columns above.

    Args:
        sheet: (height, width, 1 or 3), uint8; rows are of the same height, and columns of the same width.
        rows: A caption for each row from top to bottom; () for none.
        columns: A caption for each column from left to right; () for none.

    Returns:
        The larger sheet, uint8, of as many channels.
    """
    height, width, channels = sheet.shape
    left = min(WIDEST, max((_width(text) for text in rows), default=0)) + 2 * PADDING if any(rows) else 0
    top = CAPTION_HEIGHT if any(columns) else 0
    labeled = np.full((top + height, left + width, channels), GROUND, np.uint8)
    labeled[top:, left:] = sheet
    for number, text in enumerate(rows):
        middle = top + round((number + 0.5) * height / len(rows))
        _write(labeled, text, (PADDING, middle - SIZE // 2), left - 2 * PADDING)
    for number, text in enumerate(columns):
        room = width // len(columns)
        short = _shortened(text, room)
        start = left + round((number + 0.5) * width / len(columns)) - _width(short) // 2
        _write(labeled, short, (start, PADDING // 2), room)
    return labeled


def below_cells(
    sheet: np.ndarray, captions: Sequence[str], cells: Sequence[tuple[int, int]], width: int
) -> None:
    """Writes captions onto a sheet that has room for them.

    Args:
        sheet: (height, width, 1 or 3), uint8, which is written on.
        captions: The captions.
        cells: For each (left, top) of the room below its cell.
        width: Of that room.
    """
    for text, (left, top) in zip(captions, cells, strict=True):
        short = _shortened(text, width)
        _write(sheet, short, (left + (width - _width(short)) // 2, top + PADDING // 2), width)


def _write(sheet, text, position, room):
    text = _shortened(text, room)
    if not text:
        return
    left, top = (max(0, value) for value in position)
    strip = sheet[top : top + CAPTION_HEIGHT, left:]
    plate = Image.new("L", (strip.shape[1], strip.shape[0]), GROUND)
    # letters stand on one line, whatever reaches above or below it
    ImageDraw.Draw(plate).text((0, SIZE - 1), text, fill=INK, font=_font(), anchor="ls")
    ink = np.asarray(plate)[..., None]
    strip[:] = np.where(ink != GROUND, ink, strip)


def _shortened(text, room):
    """A text that fits into some pixels; its middle, which tells names apart least, is left out."""
    text = " ".join(text.split())
    if _width(text) <= room:
        return text
    for count in range(len(text) - 1, 0, -1):
        short = f"{text[: -(-count // 2)]}…{text[len(text) - count // 2 :]}"
        if _width(short) <= room:
            return short
    return ""


def _width(text):
    return ceil(_font().getlength(text))


@cache
def _font():
    import matplotlib as mpl  # imported here because of the time that it takes

    return ImageFont.truetype(Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"), SIZE)
