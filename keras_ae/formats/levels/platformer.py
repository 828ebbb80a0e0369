"""Super Mario Bros.: levels that are run from left to right."""

from __future__ import annotations

import numpy as np

from keras_ae.formats.levels import courses, jumps, pipes
from keras_ae.formats.levels.game import Game
from keras_ae.formats.levels.legend import Legend
from keras_ae.formats.levels.sprites import SKY

__all__ = ["Platformer"]

REPAIR_ROUNDS = 5
"""Maximum rounds of repairing pipes and the course, which may partly undo each other."""
PIPE_PRICE = 3.0
"""Price of removing a tile of a pipe or cannon, which breaks others; other tiles cost 1."""
SPARSE = 0.04
"""Fraction of solid tiles above the last two rows below which a level is mostly sky."""
HILL = 3
"""Height of ground, in tiles, that counts as a hill."""


class Platformer(Game):
    """Super Mario Bros., whose movement `jumps` describes."""

    name = "platformer"
    background = SKY
    endless = True

    def playable(self, levels: np.ndarray, legend: Legend) -> np.ndarray:
        """Whether there is a way from the left edge to the right one."""
        return jumps.playable(legend.having("solid")[levels])

    def path(self, level: np.ndarray, legend: Legend) -> list[tuple[int, int]]:
        """The quickest course."""
        course = courses.cheapest_course(legend.having("solid")[level])
        return course.cells if course else []

    def repair(self, level: np.ndarray, legend: Legend) -> tuple[np.ndarray, bool]:
        """Repairs pipes and cannons, and changes tiles along the course that needs the fewest changes.

        If this does not converge, a floor is built along the last row.
        """
        level, ground = pipes.repair_pipes(level, legend), max(legend.first("solid"), 0)
        for _ in range(REPAIR_ROUNDS):
            solid = legend.having("solid")[level]
            if jumps.playable(solid[None])[0]:
                return level, True
            price = np.where(legend.having("pipe", "cannon")[level], PIPE_PRICE, 1.0)
            course = courses.cheapest_course(solid, price)
            if course is None:
                break
            level = level.copy()
            for row, column in course.removed:
                if row >= 0 and 0 <= column < level.shape[1] and solid[row, column]:
                    level[row, column] = 0
            for row, column in course.built:
                level[row, column] = ground
            level = pipes.repair_pipes(level, legend)
        level = level.copy()
        level[-1], level[-2] = ground, np.where(legend.having("solid")[level[-2]], 0, level[-2])
        level = pipes.repair_pipes(level, legend)
        return level, bool(self.playable(level[None], legend)[0])

    def attributes(self, levels: np.ndarray, legend: Legend) -> dict[str, np.ndarray]:
        """Gaps in the last row, hills of ground, platforms, and levels of little but sky."""
        solid = legend.having("solid")[levels]
        ground = legend.having("ground")[levels]
        hills = np.ones(ground.shape, bool)[:, HILL:]
        for offset in range(HILL + 1):
            hills &= ground[:, offset : offset + ground.shape[1] - HILL]
        return {
            "gaps": (~solid[:, -1]).any(axis=1),
            "hills": hills.any(axis=(1, 2)),
            "platforms": jumps.stands(solid)[:, : -HILL - 1].any(axis=(1, 2)),
            "sky": solid[:, :-2].mean(axis=(1, 2)) < SPARSE,
        }
