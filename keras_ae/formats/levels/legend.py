"""What the tiles of a game are: their characters, and the tags that the VGLC gives them.

Summerville et al. 2016, "The VGLC: The Video Game Level Corpus". A level is whole numbers (rows, columns),
each the place of a tile in the legend; the first tile of every legend is the game's empty one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keras_ae.errors import InputError

GAMES = ("platformer", "rooms", "runner")
"""Games whose movement is known: Super Mario Bros., The Legend of Zelda's dungeons, and Lode Runner."""

MOST_TILES = 256
"""Tiles of a legend, so that each is a byte."""


@dataclass(frozen=True)
class Legend:
    """Tiles by their characters, and the tags of each, such as "solid"; tiles of unknown tags have none.

    tiles: one character a tile, all different. tags: of each tile, or () for none at all.
    Raises InputError for a character that stands twice, for more than 256, and for tags of another number.
    """

    tiles: str
    tags: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self):
        if len(set(self.tiles)) != len(self.tiles) or not self.tiles:
            raise InputError(
                f"expected tiles of different characters, received {self.tiles!r}; name each once"
            )
        if len(self.tiles) > MOST_TILES:
            raise InputError(f"expected at most {MOST_TILES} tiles, received {len(self.tiles)}; join some")
        if self.tags and len(self.tags) != len(self.tiles):
            raise InputError(
                f"expected tags for each of {len(self.tiles)} tiles, received {len(self.tags)}; or give ()"
            )

    def having(self, *wanted: str) -> np.ndarray:
        """(tiles,) bool, those with any of the tags."""
        tags = self.tags or ((),) * len(self.tiles)
        return np.array([not set(wanted).isdisjoint(each) for each in tags])

    def number(self, character: str) -> int:
        """The number of a tile, or -1 where there is none of the character."""
        return self.tiles.find(character)

    def first(self, *wanted: str) -> int:
        """The number of the first tile that has all the tags, or -1."""
        tags = self.tags or ((),) * len(self.tiles)
        return next((number for number, each in enumerate(tags) if set(wanted) <= set(each)), -1)

    def text(self, level: np.ndarray) -> str:
        """A level (rows, columns) as lines of characters, each ended."""
        return "".join("".join(self.tiles[tile] for tile in row) + "\n" for row in level)

    def level(self, text: str, where: str) -> np.ndarray:
        """The level of a text as int64 (rows, columns); `where` is named in errors.

        Raises InputError for no rows, for rows of different lengths, and for a tile that is not here.
        """
        lines = text.removeprefix("\ufeff").rstrip("\r\n").splitlines()
        if not lines or not lines[0]:
            raise InputError(
                f"expected a level of rows of tiles in {where}, received none; write one row a line"
            )
        for number, line in enumerate(lines, 1):
            if len(line) != len(lines[0]):
                raise InputError(
                    f"{where}, line {number} is ragged: {len(line)} tiles where line 1 has {len(lines[0])}; "
                    "make all rows of one length"
                )
            for column, tile in enumerate(line, 1):
                if tile not in self.tiles:
                    raise InputError(
                        f"{where}, line {number}, column {column}: tile {tile!r} is not in the legend "
                        f"{self.tiles!r}; add it there or change it"
                    )
        return np.array([[self.tiles.index(tile) for tile in line] for line in lines])


MARIO = Legend(
    "-XS?QE<>[]oBb",
    (
        ("passable", "empty"),
        ("solid", "ground"),
        ("solid", "breakable"),
        ("solid", "question block", "full question block"),
        ("solid", "question block", "empty question block"),
        ("enemy", "damaging", "hazard", "moving"),
        ("solid", "top-left pipe", "pipe"),
        ("solid", "top-right pipe", "pipe"),
        ("solid", "left pipe", "pipe"),
        ("solid", "right pipe", "pipe"),
        ("coin", "collectable", "passable"),
        ("Cannon top", "cannon", "solid", "hazard"),
        ("Cannon bottom", "cannon", "solid"),
    ),
)
"""Super Mario Bros., with the tags of the VGLC's smb.json."""

ZELDA = Legend(
    "FWBMPOIDS-",
    (
        ("passable", "floor"),
        ("solid", "wall"),
        ("solid", "block"),
        ("passable", "enemy"),
        ("element", "hazard"),
        ("passable", "element", "floor"),
        ("solid", "element", "block"),
        ("passable", "door"),
        ("passable", "stair"),
        ("passable", "void"),
    ),
)
"""The Legend of Zelda; the VGLC has names for its tiles and no tags, which are our own."""

LODE_RUNNER = Legend(
    ".bB#-GEM",
    (
        ("passable", "empty"),
        ("solid", "diggable", "ground"),
        ("solid", "ground"),
        ("passable", "climbable", "ladder"),
        ("passable", "climbable", "rope"),
        ("passable", "pickupable", "gold"),
        ("damaging", "enemy"),
        ("passable", "spawn"),
    ),
)
"""Lode Runner, with the tags of the VGLC's Loderunner.json."""
