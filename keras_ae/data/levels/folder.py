"""One's own tile levels: a folder of text files and a legend, in the form of the VGLC."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from keras_ae.data.dataset import Dataset
from keras_ae.data.levels.generated import GeneratedLevels, format_of
from keras_ae.data.levels.windows import data_of, windows
from keras_ae.data.types import LARGEST, Data
from keras_ae.errors import InputError
from keras_ae.formats.levels.legend import GAMES, Legend

WIDTH = 28
"""Columns of a window where levels differ in size and none is asked for."""
LARGEST_LEGEND = 2**20
"""Bytes that a legend may take."""


@dataclass(frozen=True)
class LevelFolder(Dataset):
    """Levels in .txt files of one folder, a row a line, and a .json of {"tiles": {character: [tags]}}.

    The tile with the tag "empty", else the first that is "passable", else the first, counts as empty. Files
    whose name begins with "readme" are passed over. Levels have the same number of rows.

    path: the folder.
    width: columns of the windows that levels are cut into, at least 4; None for whole levels where all have
        one size, else 28.
    game: whose movement tells which levels can be played: "platformer", "rooms", "runner", or "" for none.
    """

    category: ClassVar[str] = "levels"
    holds: ClassVar[str] = 'levels, .txt files beside one .json legend of {"tiles": {"X": ["solid"], ...}}'
    priority: ClassVar[int] = 30
    path: str
    width: int | None = None
    game: str = ""

    def __post_init__(self):
        if self.width is not None and self.width < 4:
            raise ValueError(f"width is at least 4, received {self.width}")
        if self.game not in ("", *GAMES):
            raise ValueError(f'game is {", ".join(map(repr, GAMES))} or "", received {self.game!r}')

    @classmethod
    def accepts(cls, text: str) -> LevelFolder | None:
        folder = Path(text)
        if not folder.is_dir() or not _level_files(folder):
            return None
        return cls(text) if any(_tiles_of(file) for file in sorted(folder.glob("*.json"))) else None

    def load(self) -> Data:
        """Raises InputError for levels ragged, of unknown tiles, other heights, too narrow or too large."""
        legend, levels = self._legend(), {}
        files = _level_files(Path(self.path))
        size = sum(file.stat().st_size for file in files) * 8
        if size > LARGEST:
            raise InputError(
                f"{self.path} takes {size / 2**30:.1f} GiB as numbers, at most {LARGEST / 2**30:.0f} are "
                "held in memory; give fewer levels"
            )
        for file in files:
            levels[file.name] = legend.level(_text(file), str(file))
        self._check_rows(levels)
        width = self._width(levels)
        pieces = [windows(level, width) for level in levels.values()]
        self._check_size(levels, width, legend)
        cut = any(level.shape[1] > width for level in levels.values())
        return data_of(
            Path(self.path).name,
            format_of(legend, self.game, cut),
            list(levels.values()),
            pieces,
            unit="windows" if cut else "levels",
            twins=cut,
        )

    def sample(self) -> Data:
        return GeneratedLevels(6, (self.width or WIDTH) + 6, self.width or WIDTH).load()

    def _legend(self):
        """The one legend of the folder, its empty tile first."""
        read = [tiles for file in sorted(Path(self.path).glob("*.json")) if (tiles := _tiles_of(file))]
        if len(read) != 1:
            raise InputError(
                f'expected one .json with "tiles" in {self.path}, received {len(read)}; write '
                '{"tiles": {"-": ["passable", "empty"], "X": ["solid"]}}'
            )
        tiles = dict(read[0])
        for tag in ("empty", "passable"):
            first = next((tile for tile, tags in tiles.items() if tag in tags), None)
            if first is not None:
                tiles = {first: tiles.pop(first)} | tiles
                break
        return Legend("".join(tiles), tuple(tuple(tags) for tags in tiles.values()))

    def _check_rows(self, levels):
        """Refuses a folder without levels, and levels of different heights."""
        if not levels:
            raise InputError(f"expected levels in .txt files in {self.path}, received none; put some there")
        (name, first), *others = levels.items()
        for other, level in others:
            if len(level) != len(first):
                raise InputError(
                    f"expected levels of one height in {self.path}, received {name} of {len(first)} rows and "
                    f"{other} of {len(level)}; train on one height at a time"
                )

    def _width(self, levels):
        """The columns of a window."""
        widths = {name: level.shape[1] for name, level in levels.items()}
        if min(widths.values()) < 4 or len(next(iter(levels.values()))) < 3:
            raise InputError(
                f"expected levels of 3 or more rows and 4 or more columns in {self.path}, received "
                f"{len(next(iter(levels.values())))} x {min(widths.values())}; make them larger"
            )
        wanted = self.width or (min(widths.values()) if len(set(widths.values())) == 1 else WIDTH)
        narrowest = min(widths, key=widths.get)
        if widths[narrowest] < wanted:
            raise InputError(
                f"{narrowest} of {self.path} has {widths[narrowest]} columns, a window {wanted}; take "
                f'narrower ones: SET="data.width={widths[narrowest]}"'
            )
        return wanted

    def _check_size(self, levels, width, legend):
        """Refuses windows that would not fit in memory, before they are made."""
        cells = sum((level.shape[1] - width + 1) * len(level) * width for level in levels.values())
        if cells * len(legend.tiles) > LARGEST:
            raise InputError(
                f"{self.path} takes {cells * len(legend.tiles) / 2**30:.1f} GiB one-hot, at most "
                f"{LARGEST / 2**30:.0f} are held in memory; give fewer levels, or tiles"
            )


def _level_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*.txt") if not file.name.lower().startswith("readme"))


def _text(file: Path) -> str:
    """Raises InputError for a file that is no text."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read as text ({error}); write it as UTF-8") from error


def _tiles_of(file: Path) -> dict[str, list[str]] | None:
    """The tiles of a legend, or None for what is no legend of the VGLC's form."""
    try:
        if file.stat().st_size > LARGEST_LEGEND:
            return None
        tiles = json.loads(file.read_text(encoding="utf-8"))["tiles"]
        good = all(
            len(tile) == 1 and isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)
            for tile, tags in tiles.items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return tiles if good and tiles else None
