"""Legends: the characters of a game's tiles, and the tags that the VGLC gives them.

Summerville et al. 2016, "The VGLC: The Video Game Level Corpus". A level is whole numbers (rows, columns),
each the index of a tile in the legend; the first tile of every legend is the game's empty one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keras_ae.errors import InputError
from keras_ae.formats.levels.level_text import rows_of, unknown_tiles

__all__ = ["LODE_RUNNER", "MARIO", "ZELDA", "Legend"]

MAX_TILES = 256
"""Maximum number of tiles in a legend, so that each is a byte."""


@dataclass(frozen=True)
class Legend:
    """Tiles by their characters, and the tags of each, such as "solid"; tiles of unknown tags have none.

    Attributes:
        tiles: One distinct character per tile, at most 256.
        tags: The tags of each tile, or () if there are none.
    """

    tiles: str
    tags: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.tiles)) != len(self.tiles) or not self.tiles:
            raise InputError(
                f"expected tiles of different characters, received {self.tiles!r}; name each once"
            )
        if len(self.tiles) > MAX_TILES:
            raise InputError(f"expected at most {MAX_TILES} tiles, received {len(self.tiles)}; join some")
        if self.tags and len(self.tags) != len(self.tiles):
            raise InputError(
                f"expected tags for each of {len(self.tiles)} tiles, received {len(self.tags)}; or give ()"
            )

    @property
    def tags_of_tiles(self) -> tuple[tuple[str, ...], ...]:
        """The tags of each tile, () if it has none."""
        return self.tags or ((),) * len(self.tiles)

    def having(self, *tags: str) -> np.ndarray:
        """The tiles with any of some tags.

        Args:
            *tags: The tags.

        Returns:
            (tiles,) bool.
        """
        return np.array([not set(tags).isdisjoint(each) for each in self.tags_of_tiles])

    def index(self, character: str) -> int:
        """The index of a tile.

        Args:
            character: The tile's character.

        Returns:
            Its index, or -1 if no tile has that character.
        """
        return self.tiles.find(character)

    def first(self, *tags: str) -> int:
        """The index of the first tile that has all of some tags.

        Args:
            *tags: The tags.

        Returns:
            Its index, or -1 if no tile has all of them.
        """
        return next((index for index, each in enumerate(self.tags_of_tiles) if set(tags) <= set(each)), -1)

    def text(self, level: np.ndarray) -> str:
        """The text of a level.

        Args:
            level: Integers (rows, columns).

        Returns:
            One line of characters per row, each with a line break.
        """
        return "".join("".join(self.tiles[tile] for tile in row) + "\n" for row in level)

    def level(self, text: str, where: str) -> np.ndarray:
        """The level of a text.

        Args:
            text: One line of characters per row.
            where: Where the text comes from, for errors.

        Returns:
            Whole numbers (rows, columns), int64.

        Raises:
            InputError: If there are no rows, rows of different lengths, or tiles that are not in the legend.
        """
        rows = rows_of(text, self.tiles)
        if not rows:
            raise InputError(
                f"expected a level of rows of tiles in {where}, received none; write one row a line"
            )
        unknown = unknown_tiles(rows, self.tiles)
        if unknown:
            listed = ", ".join(
                f"{tile!r} in line {of.line}, column {of.column}"
                + f" and {of.total - 1:,} more" * (of.total > 1)
                for tile, of in unknown.items()
            )
            raise InputError(
                f"{where} has tiles that are not in the legend {self.tiles!r}: {listed}; add them there or "
                "change them"
            )
        ragged = {number: len(row) for number, row in enumerate(rows, 1) if len(row) != len(rows[0])}
        if ragged:
            first, length = next(iter(ragged.items()))
            more = f" ({len(ragged)} of {len(rows)} rows differ)" if len(ragged) > 1 else ""
            raise InputError(
                f"{where}, line {first} is ragged: {length} tiles where the first row has {len(rows[0])}"
                f"{more}; make all rows of one length"
            )
        return np.array([[self.tiles.index(tile) for tile in row] for row in rows])


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
"""The Legend of Zelda; the VGLC has no tags for its tiles, so these are our own."""

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
