"""Levels of our own making in the tiles of Super Mario Bros., so that there are some without a download."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.levels.windows import data_of, windows
from keras_ae.data.types import Data
from keras_ae.errors import check_least
from keras_ae.formats.levels.legend import MARIO, Legend
from keras_ae.formats.levels.platformer import playable
from keras_ae.formats.levels.tile_levels import TileLevels

ROWS = 14
_TILE = {character: number for number, character in enumerate(MARIO.tiles)}


@dataclass(frozen=True)
class GeneratedLevels(Dataset):
    """Levels of ground with gaps, hills, pipes, cannons, blocks, coins and enemies; all can be run.

    levels: how many, at least 3. columns: of each. width: columns of a window, 4 to `columns`.
    seed: of what is drawn.
    """

    category: ClassVar[str] = "levels"
    name: ClassVar[str] = "made_levels"
    levels: int = 60
    columns: int = 160
    width: int = 28
    seed: int = 0

    def __post_init__(self):
        check_least(self, levels=3, width=4)
        if self.columns < self.width:
            raise ValueError(f"columns is at least the width, {self.width}; received {self.columns}")

    def load(self) -> Data:
        made = made_levels(self.levels, self.columns, self.seed)
        pieces = [windows(level, self.width) for level in made]
        return data_of(self.name, format_of(MARIO, "platformer"), list(made), pieces)

    def sample(self) -> Data:
        return GeneratedLevels(6, self.width + 6, self.width, self.seed).load()


def format_of(legend: Legend, game: str, cut: bool = False) -> TileLevels:
    """The format of a game's levels, or of windows that they are cut into."""
    return TileLevels(legend.tiles, game, legend.tags, cut)


def made_levels(count: int, columns: int, seed: int) -> np.ndarray:
    """Levels (count, 14, columns) of the tiles of `MARIO`, all different and all with a way through."""
    random = np.random.default_rng(seed)
    solid = MARIO.having("solid")
    kept: list[np.ndarray] = []
    while len(kept) < count:
        candidates = np.stack([_made(columns, random) for _ in range(count)])
        for level in candidates[playable(solid[candidates])]:
            if not any(np.array_equal(level, other) for other in kept):
                kept.append(level)
    return np.stack(kept[:count])


def _made(columns, random):
    """One level: piece after piece from left to right, of kinds that the level is fond of."""
    level = np.zeros((ROWS, columns), np.int64)
    level[-1] = _TILE["X"]
    fondness = random.dirichlet(np.full(len(_PIECES), 2.0))
    column = 4
    while column < columns - 6:
        piece = _PIECES[random.choice(len(_PIECES), p=fondness)]
        column += piece(level[:, column : columns - 4], random) + int(random.integers(1, 6))
    return level


def _gap(level, random):
    """A gap in the ground, with coins above it now and then."""
    width = int(random.integers(2, 6))
    level[-1, :width] = 0
    if random.random() < 0.3:
        level[8, :width] = _TILE["o"]
    return width


def _hill(level, random):
    """Stairs up and, now and then, down again or to a gap."""
    height, ground = int(random.integers(2, 5)), ROWS - 1
    up = list(range(1, height + 1))
    steps = up + ([] if random.random() < 0.4 else up[::-1])
    for column, step in enumerate(steps[: level.shape[1]]):
        level[ground - step : ground, column] = _TILE["X"]
    return len(steps)


def _pipe(level, random):
    """A pipe of two columns, 2 to 4 tiles high, and perhaps an enemy before it."""
    if level.shape[1] < 4:
        return 4
    top = ROWS - 1 - int(random.integers(2, 5))
    level[top, 1:3] = _TILE["<"], _TILE[">"]
    level[top + 1 : -1, 1:3] = _TILE["["], _TILE["]"]
    if random.random() < 0.5:
        level[-2, 0] = _TILE["E"]
    return 4


def _cannon(level, random):
    """A cannon on its post."""
    if level.shape[1] < 2:
        return 2
    height = int(random.integers(1, 4))
    level[-1 - height, 0] = _TILE["B"]
    level[ROWS - height : -1, 0] = _TILE["b"]
    return 2


def _blocks(level, random):
    """A row of blocks to hit from below, some with something in, and perhaps a second row higher up."""
    width = min(int(random.integers(1, 9)), level.shape[1])
    level[9, :width] = random.choice([_TILE["S"], _TILE["?"], _TILE["Q"]], width, p=(0.7, 0.1, 0.2))
    if random.random() < 0.4 and width > 2:
        level[5, 1 : width - 1] = _TILE["S"]
        if random.random() < 0.5:
            level[4, width // 2] = _TILE["E"]
    return width


def _coins(level, random):
    """Coins in a row, over the ground or over a platform."""
    width = min(int(random.integers(2, 7)), level.shape[1])
    height = int(random.integers(6, 11))
    level[height, :width] = _TILE["o"]
    if random.random() < 0.5:
        level[height + 1, :width] = _TILE["X"]
    return width


def _enemies(level, random):
    """Up to three enemies on the ground."""
    width = min(2 * int(random.integers(1, 4)), level.shape[1])
    level[-2, :width:2] = _TILE["E"]
    return width


_PIECES = (_gap, _hill, _pipe, _cannon, _blocks, _coins, _enemies)
