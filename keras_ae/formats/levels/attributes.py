"""What a level has or has not, by name, as the tags of its tiles tell."""

from __future__ import annotations

import numpy as np

from keras_ae.formats.levels.legend import Legend
from keras_ae.formats.levels.platformer import stands

SPARSE = 0.04
"""Share of solid tiles above the last two rows below which a level is mostly sky."""
HIGH = 3
"""Tiles of ground on each other that make a hill."""


def traits(levels: np.ndarray, legend: Legend, game: str) -> dict[str, np.ndarray]:
    """Whole numbers (n, rows, columns) -> (n,) bool by name; only what the legend has tiles for."""
    found = {name: _any(levels, legend, *tags) for name, tags in _TAGS.items() if legend.having(*tags).any()}
    if game == "platformer":
        found |= _of_platformer(levels, legend)
    if game == "rooms":
        doors = legend.having("door")[levels]
        found["four_doors"] = np.stack(
            [doors[:, :3].any((1, 2)), doors[:, -3:].any((1, 2)), doors[..., :3].any((1, 2)),
             doors[..., -3:].any((1, 2))]
        ).all(axis=0)  # fmt: skip
    return found


_TAGS = {
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


def _of_platformer(levels, legend):
    """Gaps in the last row, hills of ground, and levels of little but sky."""
    solid = legend.having("solid")[levels]
    ground = legend.having("ground")[levels]
    runs = np.ones(ground.shape, bool)[:, HIGH:]
    for offset in range(HIGH + 1):
        runs &= ground[:, offset : offset + ground.shape[1] - HIGH]
    return {
        "gaps": (~solid[:, -1]).any(axis=1),
        "hills": runs.any(axis=(1, 2)),
        "platforms": stands(solid)[:, : -HIGH - 1].any(axis=(1, 2)),
        "sky": solid[:, :-2].mean(axis=(1, 2)) < SPARSE,
    }


def _any(levels, legend, *tags):
    return legend.having(*tags)[levels].any(axis=(1, 2))
