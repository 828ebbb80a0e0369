"""Images of levels: tiles of 16 pixels in sprites of our own, and a path over them.

A tile's tags determine its sprite; a tile with unknown tags is a colored field with its character.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from keras_ae.formats.levels import sprites
from keras_ae.formats.levels.game import Game
from keras_ae.formats.levels.legend import Legend

__all__ = ["level_image"]

SIDE = 16
"""Side of a tile in pixels."""
PATH_COLOR = (230, 40, 70)


def level_image(
    level: np.ndarray, legend: Legend, game: Game, path: Sequence[tuple[int, int]] = ()
) -> np.ndarray:
    """An image of a level.

    Args:
        level: Integers (rows, columns).
        legend: The legend of the tiles.
        game: The game, which may have sprites of its own.
        path: Cells (row, column) of a path to draw over the level.

    Returns:
        (16 * rows, 16 * columns, 3), uint8.
    """
    tiles = _tile_images(legend, game)
    rows, columns = level.shape
    canvas = tiles[level].swapaxes(1, 2).reshape(rows * SIDE, columns * SIDE, 3)
    if not any(0 <= row < rows and 0 <= column < columns for row, column in path):
        return canvas
    image = Image.fromarray(canvas)
    pen = ImageDraw.Draw(image)
    points = [(column * SIDE + SIDE // 2, row * SIDE + SIDE // 2) for row, column in path]
    pen.line(points, fill=sprites.WHITE, width=5, joint="curve")
    pen.line(points, fill=PATH_COLOR, width=3, joint="curve")
    for x, y in (points[0], points[-1]):
        pen.ellipse((x - 5, y - 5, x + 5, y + 5), fill=PATH_COLOR, outline=sprites.WHITE)
    return np.asarray(image)


@lru_cache(maxsize=16)
def _tile_images(legend: Legend, game: Game) -> np.ndarray:
    """Every tile of a legend, (tiles, 16, 16, 3)."""
    images = []
    for index, (tile, tags) in enumerate(zip(legend.tiles, legend.tags_of_tiles, strict=True)):
        image = Image.new("RGB", (SIDE, SIDE), game.background)
        sprite = _sprite(tags, game)
        if sprite is not None:
            sprite(ImageDraw.Draw(image))
        elif index and not {"empty", "floor"} & set(tags):
            _letter(ImageDraw.Draw(image), tile, index)
        images.append(np.asarray(image))
    return np.stack(images)


def _sprite(tags: Sequence[str], game: Game) -> Callable[[sprites.Pen], None] | None:
    """The function that draws a tile with these tags; None for a letter or an empty tile."""
    if {"passable", "element"} <= set(tags):
        return sprites.shallow
    if {"block", "element"} <= set(tags):
        return sprites.island
    return game.sprite(tags) or next((draw for tag, draw in sprites.SPRITES.items() if tag in tags), None)


def _letter(pen: sprites.Pen, tile: str, index: int) -> None:
    """A field whose color follows from the tile's index, with its character."""
    hue = (index * 97 + 30) % 360
    pen.rectangle((0, 0, 15, 15), fill=f"hsl({hue}, 45%, 62%)", outline=f"hsl({hue}, 45%, 45%)")
    pen.text((8, 8), tile if tile.isascii() else "?", fill=sprites.BLACK, anchor="mm")
