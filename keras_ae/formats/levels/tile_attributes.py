"""Attributes of tile levels, from the tags of their tiles and from their game."""

from __future__ import annotations

import numpy as np

from keras_ae.formats.levels.game import Game
from keras_ae.formats.levels.legend import Legend

__all__ = ["level_attributes"]

TAGS = {
    "pipes": ("pipe",),
    "enemies": ("enemy",),
    "coins": ("coin",),
    "cannons": ("cannon",),
    "blocks": ("block", "breakable", "question block"),
    "water": ("element",),
    "stairs": ("stair",),
    "ladders": ("ladder",),
    "ropes": ("rope",),
}
"""The tags of each attribute; a level with any of them has the attribute."""


def level_attributes(levels: np.ndarray, legend: Legend, game: Game) -> dict[str, np.ndarray]:
    """Detects attributes of levels, among those that the legend has tiles for.

    Args:
        levels: Integers (n, rows, columns).
        legend: The legend of the tiles.
        game: The game, which may have attributes of its own.

    Returns:
        (n,) bool by the attribute's name.
    """
    masks = {name: legend.having(*tags) for name, tags in TAGS.items()}
    attributes = {name: mask[levels].any(axis=(1, 2)) for name, mask in masks.items() if mask.any()}
    return attributes | game.attributes(levels, legend)
