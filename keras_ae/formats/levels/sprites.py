"""Sprites of our own for tiles, 16 pixels per side, by the tags of the tiles."""

from __future__ import annotations

from collections.abc import Callable

from PIL import ImageDraw

__all__ = ["SPRITES", "Color", "Pen", "brick", "island", "shallow", "stone"]

Color = tuple[int, int, int]
"""(red, green, blue) from 0 to 255."""

SKY, BLACK, WHITE, FLOOR = (126, 172, 238), (16, 16, 24), (250, 250, 245), (222, 196, 150)
BROWN, DARK, GREEN, LEAF, GOLD = (200, 110, 56), (96, 48, 24), (64, 160, 72), (150, 215, 120), (250, 196, 50)
GRAY, STONE, WATER, RED = (110, 112, 124), (172, 174, 184), (60, 110, 214), (206, 60, 52)

Pen = ImageDraw.ImageDraw
"""A function that draws into a tile's image."""


def _ground(pen: Pen) -> None:
    pen.rectangle((0, 0, 15, 15), fill=BROWN)
    pen.line((0, 15, 15, 15, 15, 0), fill=DARK)
    pen.line((0, 0, 14, 0), fill=(240, 170, 120))
    pen.line((0, 8, 7, 8, 7, 15), fill=DARK)
    pen.line((10, 1, 10, 5, 15, 7), fill=DARK)


def brick(pen: Pen) -> None:
    """Draws a wall of bricks.

    Args:
        pen: Draws into the tile's image.
    """
    pen.rectangle((0, 0, 15, 15), fill=(178, 84, 48))
    for row, joints in ((3, (7, 15)), (7, (3, 11)), (11, (7, 15)), (15, (3, 11))):
        pen.line((0, row, 15, row), fill=DARK)
        for joint in joints:
            pen.line((joint, row - 3, joint, row), fill=DARK)


def stone(pen: Pen) -> None:
    """Draws a block of stone, which cannot be dug.

    Args:
        pen: Draws into the tile's image.
    """
    pen.rectangle((0, 0, 15, 15), fill=GRAY)
    pen.rectangle((2, 2, 13, 13), fill=STONE)
    pen.line((0, 15, 15, 15, 15, 0), fill=(70, 70, 80))


def _question(pen: Pen) -> None:
    pen.rectangle((0, 0, 15, 15), fill=GOLD, outline=DARK)
    pen.line((5, 5, 5, 4, 6, 3, 9, 3, 10, 4, 10, 6, 8, 8, 8, 9), fill=DARK, width=2)
    pen.rectangle((7, 11, 8, 12), fill=DARK)


def _used(pen: Pen) -> None:
    pen.rectangle((0, 0, 15, 15), fill=(186, 130, 70), outline=DARK)
    for x, y in ((3, 3), (12, 3), (3, 12), (12, 12)):
        pen.point((x, y), fill=DARK)


def _pipe(top: bool, right: bool) -> Callable[[Pen], None]:
    def sprite(pen: Pen) -> None:
        inner = 0 if top else 2
        sides = (0, 15 - inner) if right else (inner, 15)
        pen.rectangle((sides[0], 0, sides[1], 15), fill=GREEN)
        light, edge = ((2, 3), sides[1]) if right else ((inner + 3, inner + 6), sides[0])
        pen.rectangle((light[0], 0, light[1], 15), fill=(90, 185, 92) if right else LEAF)
        pen.line((edge, 0, edge, 15), fill=(20, 70, 34))
        if top:
            pen.line((sides[0], 0, sides[1], 0), fill=(20, 70, 34))
            pen.line((sides[0], 15, sides[1], 15), fill=(20, 70, 34))
            pen.line((sides[0] + (not right), 1, sides[1] - right, 1), fill=LEAF)

    return sprite


def _coin(pen: Pen) -> None:
    pen.ellipse((4, 1, 11, 14), fill=GOLD, outline=(150, 96, 10))
    pen.line((7, 4, 7, 11), fill=WHITE)


def _enemy(pen: Pen) -> None:
    pen.ellipse((1, 2, 14, 12), fill=(150, 76, 40), outline=DARK)
    pen.rectangle((4, 10, 11, 13), fill=(240, 210, 170))
    pen.rectangle((1, 13, 6, 15), fill=DARK)
    pen.rectangle((9, 13, 14, 15), fill=DARK)
    for x in (4, 9):
        pen.rectangle((x, 5, x + 2, 8), fill=WHITE)
        pen.rectangle((x + 1, 6, x + 1, 8), fill=BLACK)


def _cannon(pen: Pen) -> None:
    pen.rectangle((0, 0, 15, 15), fill=(40, 42, 52))
    pen.ellipse((2, 2, 13, 13), fill=(84, 88, 100))
    pen.ellipse((5, 5, 10, 10), fill=BLACK)


def _post(pen: Pen) -> None:
    pen.rectangle((2, 0, 13, 15), fill=(40, 42, 52))
    pen.rectangle((4, 0, 6, 15), fill=(84, 88, 100))


def _wall(pen: Pen) -> None:
    pen.rectangle((0, 0, 15, 15), fill=(62, 118, 122))
    pen.line((0, 7, 15, 7), fill=(36, 78, 84))
    pen.line((0, 15, 15, 15), fill=(36, 78, 84))
    pen.line((7, 0, 7, 7), fill=(36, 78, 84))
    pen.line((15, 8, 15, 15), fill=(36, 78, 84))


def _block(pen: Pen) -> None:
    pen.rectangle((0, 0, 15, 15), fill=(128, 92, 60))
    pen.polygon(((0, 0), (15, 0), (11, 4), (4, 4)), fill=(210, 160, 110))
    pen.polygon(((0, 0), (4, 4), (4, 11), (0, 15)), fill=(176, 128, 84))
    pen.rectangle((4, 4, 11, 11), fill=(190, 142, 96))


def _door(pen: Pen) -> None:
    pen.rectangle((0, 0, 15, 15), fill=DARK)
    pen.rectangle((2, 2, 13, 15), fill=BLACK)


def _water(pen: Pen) -> None:
    pen.rectangle((0, 0, 15, 15), fill=WATER)
    for row, start in ((3, 1), (8, 6), (13, 2)):
        pen.line((start, row, start + 3, row - 1, start + 6, row), fill=(150, 190, 250))


def shallow(pen: Pen) -> None:
    """Draws water to wade through: waves over the floor.

    Args:
        pen: Draws into the tile's image.
    """
    for row, start in ((3, 1), (8, 6), (13, 2)):
        pen.line((start, row, start + 3, row - 1, start + 6, row), fill=WATER)


def island(pen: Pen) -> None:
    """Draws a block in water.

    Args:
        pen: Draws into the tile's image.
    """
    _water(pen)
    pen.rectangle((3, 3, 12, 12), fill=(190, 142, 96), outline=(128, 92, 60))


def _stair(pen: Pen) -> None:
    pen.rectangle((0, 0, 15, 15), fill=BLACK)
    for step in range(4):
        pen.rectangle((4 * step, 4 * step, 15, 4 * step + 1), fill=STONE)


def _ladder(pen: Pen) -> None:
    for x in (3, 12):
        pen.line((x, 0, x, 15), fill=WHITE, width=2)
    for row in (2, 7, 12):
        pen.line((3, row, 12, row), fill=WHITE)


def _rope(pen: Pen) -> None:
    pen.line((0, 3, 15, 3), fill=(224, 200, 150), width=2)


def _gold(pen: Pen) -> None:
    pen.rectangle((2, 8, 13, 15), fill=GOLD, outline=(150, 96, 10))
    pen.line((4, 10, 11, 10), fill=WHITE)


def _person(color: Color) -> Callable[[Pen], None]:
    def sprite(pen: Pen) -> None:
        pen.ellipse((6, 0, 10, 4), fill=color)
        pen.line((8, 4, 8, 10), fill=color, width=3)
        pen.line((4, 7, 12, 6), fill=color, width=2)
        pen.line((8, 10, 4, 15), fill=color, width=2)
        pen.line((8, 10, 12, 15), fill=color, width=2)

    return sprite


def _void(pen: Pen) -> None:
    pen.rectangle((0, 0, 15, 15), fill=BLACK)


SPRITES: dict[str, Callable[[Pen], None]] = {
    "top-left pipe": _pipe(True, False),
    "top-right pipe": _pipe(True, True),
    "left pipe": _pipe(False, False),
    "right pipe": _pipe(False, True),
    "full question block": _question,
    "empty question block": _used,
    "question block": _question,
    "breakable": brick,
    "Cannon top": _cannon,
    "cannon": _post,
    "coin": _coin,
    "gold": _gold,
    "ladder": _ladder,
    "rope": _rope,
    "spawn": _person(WHITE),
    "enemy": _enemy,
    "door": _door,
    "stair": _stair,
    "wall": _wall,
    "block": _block,
    "element": _water,
    "void": _void,
    "ground": _ground,
}
"""Functions that draw tiles, by tag; more specific tags come first."""
