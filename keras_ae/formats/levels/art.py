"""Levels as images: tiles of 16 pixels of our own drawing, and a course over them.

The tags of a tile tell what it looks like; one of unknown tags is a colored field with its character.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from keras_ae.formats.levels import sprites
from keras_ae.formats.levels.legend import Legend

SIDE = 16
"""Pixels of a tile's side."""
COURSE = (230, 40, 70)
GROUNDS = {"platformer": sprites.SKY, "rooms": sprites.FLOOR, "runner": sprites.BLACK}


def image(level: np.ndarray, legend: Legend, game: str = "", path: Sequence = ()) -> np.ndarray:
    """A level drawn, uint8 (16 * rows, 16 * columns, 3); path: cells (row, column) to draw over it."""
    sheet = _sheet(legend, game)
    rows, columns = level.shape
    canvas = sheet[level].swapaxes(1, 2).reshape(rows * SIDE, columns * SIDE, 3)
    inside = [cell for cell in path if 0 <= cell[0] < rows and 0 <= cell[1] < columns]
    if not inside:
        return canvas
    image = Image.fromarray(canvas)
    pen = ImageDraw.Draw(image)
    points = [(column * SIDE + SIDE // 2, row * SIDE + SIDE // 2) for row, column in path]
    pen.line(points, fill=sprites.WHITE, width=5, joint="curve")
    pen.line(points, fill=COURSE, width=3, joint="curve")
    for x, y in (points[0], points[-1]):
        pen.ellipse((x - 5, y - 5, x + 5, y + 5), fill=COURSE, outline=sprites.WHITE)
    return np.asarray(image)


@lru_cache(maxsize=16)
def _sheet(legend: Legend, game: str) -> np.ndarray:
    """Every tile of a legend drawn, (tiles, 16, 16, 3)."""
    tags = legend.tags or ((),) * len(legend.tiles)
    ground = GROUNDS.get(game, sprites.STONE)
    drawn = []
    for number, (tile, own) in enumerate(zip(legend.tiles, tags, strict=True)):
        image = Image.new("RGB", (SIDE, SIDE), ground)
        known = next((draw for tag, draw in sprites.DRAWN.items() if tag in own), None)
        if game == "runner" and "ground" in own:
            known = sprites.brick if "diggable" in own else sprites.stone
        if {"passable", "element"} <= set(own):
            known = sprites.shallow
        elif {"block", "element"} <= set(own):
            known = sprites.island
        if known is not None:
            known(ImageDraw.Draw(image))
        elif number and not {"empty", "floor"} & set(own):
            _letter(ImageDraw.Draw(image), tile, number)
        drawn.append(np.asarray(image))
    return np.stack(drawn)


def _letter(pen, tile, number):
    """A field whose color the tile's number tells, with its character."""
    hue = (number * 97 + 30) % 360
    pen.rectangle((0, 0, 15, 15), fill=f"hsl({hue}, 45%, 62%)", outline=f"hsl({hue}, 45%, 45%)")
    pen.text((8, 8), tile if tile.isascii() else "?", fill=sprites.BLACK, anchor="mm")
