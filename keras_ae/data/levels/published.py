"""Published tile levels as text: Super Mario Bros., The Legend of Zelda and Lode Runner.

All three are of The VGLC (Summerville et al. 2016, "The VGLC: The Video Game Level Corpus"). A level is split
whole: all its windows lie in one split, and so do levels that are much alike. What also stands in training is
left out of validation and test.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.download import download, listed
from keras_ae.data.levels.generated import GeneratedLevels, format_of
from keras_ae.data.levels.windows import data_of, windows
from keras_ae.data.types import Data
from keras_ae.errors import check_least
from keras_ae.formats.levels.legend import LODE_RUNNER, MARIO, ZELDA, Legend

MANIFEST = Path(__file__).with_name("published.sha256")
"""Lines of a file's sha256 and its path below the cache's folder of data sets."""
ORIGIN = "https://raw.githubusercontent.com/TheVGLC/TheVGLC/0e86a8f31f20ecad4eaa5741ff061af88767f7fb/"
ROOM = (16, 11)
"""Rows and columns of a room of a dungeon; the VGLC has them with the game's sides exchanged."""


@dataclass(frozen=True)
class Mario(Dataset):
    """15 levels of Super Mario Bros., of 14 rows and 149 to 373 columns, cut into windows of every offset.

    width: columns of a window, 4 to 149.
    """

    category: ClassVar[str] = "levels"
    name: ClassVar[str] = "mario"
    width: int = 28

    def __post_init__(self):
        check_least(self, width=4)
        if self.width > 149:
            raise ValueError(
                f"width is at most 149, the columns of the shortest level; received {self.width}"
            )

    def load(self) -> Data:
        levels = published("Super Mario Bros", MARIO)
        pieces = [windows(level, self.width) for level in levels]
        return data_of(self.name, format_of(MARIO, "platformer"), levels, pieces, (0.15, 0.2), twins=True)

    def sample(self) -> Data:
        return GeneratedLevels(levels=6, columns=self.width + 6, width=self.width).load()


@dataclass(frozen=True)
class Zelda(Dataset):
    """The rooms of 18 dungeons of The Legend of Zelda, 16 x 11 tiles each; dungeons are split whole."""

    category: ClassVar[str] = "levels"
    name: ClassVar[str] = "zelda"

    def load(self) -> Data:
        dungeons = published("The Legend of Zelda", ZELDA)
        pieces = [rooms(dungeon) for dungeon in dungeons]
        return data_of(self.name, format_of(ZELDA, "rooms"), dungeons, pieces, (0.2, 0.25), "rooms")

    def sample(self) -> Data:
        """Rooms of walls, doors on two or more sides, and blocks here and there."""
        random = np.random.default_rng(0)
        floor, wall, block, door = (ZELDA.number(tile) for tile in "FWBD")
        drawn = np.full((36, *ROOM), wall)
        drawn[:, 2:-2, 2:-2] = np.where(random.random((36, 12, 7)) < 0.1, block, floor)
        drawn[:, 1, 4:7] = drawn[:, 14, 4:7] = door
        drawn[random.random(36) < 0.5, 7:9, 1] = door
        return data_of("zelda", format_of(ZELDA, "rooms"), list(drawn), list(drawn[:, None]), unit="rooms")


@dataclass(frozen=True)
class LodeRunner(Dataset):
    """150 levels of Lode Runner, of 22 x 32 tiles, each an example."""

    category: ClassVar[str] = "levels"
    name: ClassVar[str] = "lode_runner"

    def load(self) -> Data:
        levels = published("Lode Runner", LODE_RUNNER)
        pieces = [level[None] for level in levels]
        return data_of(self.name, format_of(LODE_RUNNER, "runner"), levels, pieces, unit="levels", twins=True)

    def sample(self) -> Data:
        """Floors of bricks with gold on them, joined by ladders."""
        random = np.random.default_rng(0)
        brick, ladder, gold, spawn = (LODE_RUNNER.number(tile) for tile in "b#GM")
        drawn = np.zeros((36, 22, 32), np.int64)
        for level in drawn:
            level[[6, 11, 16, 21]] = brick
            level[21, :] = LODE_RUNNER.number("B")
            for floor in (6, 11, 16):
                level[floor : floor + 5, random.integers(32)] = ladder
                level[floor - 1, random.choice(32, 4, replace=False)] = gold
            level[20, random.integers(32)] = spawn
        return data_of(
            "lode_runner", format_of(LODE_RUNNER, "runner"), list(drawn), list(drawn[:, None]), unit="levels"
        )


def published(game: str, legend: Legend) -> list[np.ndarray]:
    """The levels of a game (rows, columns), fetched once, in the order of the manifest."""
    found = []
    for name, sha256 in manifest().items():
        path = Path(name)
        if path.parts[1] != game:
            continue
        folder = "/".join(path.parts[1:-1])
        file = download(path.name, f"{ORIGIN}{quote(folder)}/", f"vglc/{folder}", sha256)
        found.append(legend.level(file.read_text(encoding="ascii"), path.name))
    return found


def rooms(dungeon: np.ndarray) -> np.ndarray:
    """The rooms (n, 16, 11) of a dungeon, row by row, without places that are all void."""
    rows, columns = ROOM
    grid = dungeon.reshape(len(dungeon) // rows, rows, -1, columns).swapaxes(1, 2).reshape(-1, rows, columns)
    return grid[(grid != ZELDA.number("-")).any(axis=(1, 2))]


def manifest() -> dict[str, str]:
    """The sha256 of every published level, by its path below the cache's folder of data sets."""
    return listed(MANIFEST)
