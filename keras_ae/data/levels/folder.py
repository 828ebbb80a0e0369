"""Tile levels of the user: a folder of text files and a legend, in the VGLC's format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.examples import LARGEST
from keras_ae.data.levels.generated import GeneratedLevels, format_of
from keras_ae.data.levels.vglc import legend_of, legends, level_files
from keras_ae.data.levels.windows import data_of, windows
from keras_ae.data.types import Data
from keras_ae.errors import InputError, check_choices, check_least
from keras_ae.formats.levels.game import game_of
from keras_ae.formats.levels.legend import Legend
from keras_ae.formats.levels.level_text import SUFFIXES, read_text

__all__ = ["LevelFolder"]

DEFAULT_WIDTH = 28
"""Columns of a window if levels differ in size and `width` is None."""
MIN_ROWS, MIN_COLUMNS = 3, 4
"""Minimum number of rows and columns of a level."""
ADVISED_ROWS = 16
"""Rows of windows of higher levels that a message advises."""
MOST_LISTED = 6
"""Heights of levels that a message lists."""
SIDES = ("", "top", "bottom")
"""Where levels may be padded; "" for nowhere."""


@dataclass(frozen=True)
class LevelFolder(Dataset):
    """Levels in .txt or .lvl files, one row per line, and a .json of {"tiles": {character: [tags]}}.

    The legend lies beside the levels or in the folder above, as in The VGLC; the folder of a game stands for
    the folder Processed in it. The tile with the tag "empty", otherwise the first that is "passable",
    otherwise the first, is the empty one. Files whose name begins with "readme" or "license" are skipped.

    Attributes:
        path: The folder.
        width: Columns of the windows that levels are cut into, at least 4; None for whole levels where all
            have one size, and otherwise 28.
        rows: Rows of the windows, at least 3; None for all rows, of which levels then have the same number.
        pad: Where rows of empty tiles are added to lower levels, "top" or "bottom", up to the height of the
            highest or to `rows`; "" for nowhere.
        legend: The legend's file, if there are several.
        game: The game whose movement says which levels can be played: "platformer", "rooms", "runner", or
            "" for none.
    """

    category: ClassVar[str] = "levels"
    holds: ClassVar[str] = (
        'levels, .txt or .lvl files beside or below one .json legend of {"tiles": {"X": ["solid"], ...}}'
    )
    priority: ClassVar[int] = 30
    path: str
    width: int | None = None
    rows: int | None = None
    pad: str = ""
    legend: str = ""
    game: str = ""

    def __post_init__(self) -> None:
        if self.width is not None:
            check_least(self, width=MIN_COLUMNS)
        if self.rows is not None:
            check_least(self, rows=MIN_ROWS)
        check_choices(self, pad=SIDES)
        game_of(self.game)

    @classmethod
    def accepts(cls, text: str) -> LevelFolder | None:
        """The data set of a folder, or None for anything but a folder of levels and a legend."""
        folder = Path(text)
        return cls(text) if folder.is_dir() and level_files(folder) and legends(folder) else None

    def load(self) -> Data:
        """Reads the levels and cuts them into windows if they differ in size.

        Raises:
            InputError: If levels are ragged, of unknown tiles, of different heights, too narrow or too large.
        """
        files = level_files(Path(self.path))
        if not files:
            suffixes = " or ".join(SUFFIXES)
            raise InputError(
                f"expected levels in {suffixes} files in {self.path}, received none; put some there"
            )
        size = sum(file.stat().st_size for file in files) * 8
        if size > LARGEST:
            raise InputError(
                f"{self.path} takes {size / 2**30:.1f} GiB as numbers, at most {LARGEST / 2**30:.0f} are "
                "held in memory; give fewer levels"
            )
        texts = {file.name: read_text(file) for file in files}
        legend, which = legend_of(Path(self.path), texts, self.legend)
        levels = {file.name: legend.level(texts[file.name], str(file)) for file in files}
        levels, padded = self._padded(levels)
        self._check_rows(levels)
        width = self._width(levels)
        self._check_size(levels, width, legend)
        pieces = [windows(level, width, self.rows) for level in levels.values()]
        cut = any(level.shape[1] > width for level in levels.values())
        are_windows = any(len(piece) > 1 for piece in pieces)
        return data_of(
            Path(self.path).name,
            format_of(legend, self.game, cut),
            list(levels.values()),
            pieces,
            pieces_name="windows" if are_windows else "levels",
            group_alike=are_windows,
            notes=tuple(note for note in (which, padded) if note),
        )

    def sample(self) -> Data:
        """Levels generated by rules."""
        width = self.width or DEFAULT_WIDTH
        return GeneratedLevels(6, width + 6, width).load()

    def _padded(self, levels: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], str]:
        """The levels, the lower ones with rows of empty tiles, and a note on these."""
        rows = self.rows or max(map(len, levels.values()))
        lower = sum(len(level) < rows for level in levels.values())
        if not self.pad or not lower:
            return levels, ""
        padded = {}
        for name, level in levels.items():
            lacking = max(0, rows - len(level))
            sides = (lacking, 0) if self.pad == "top" else (0, lacking)
            padded[name] = np.pad(level, (sides, (0, 0)))
        return padded, f"added empty rows at the {self.pad} of {lower} of {len(levels)} levels, up to {rows}"

    def _check_rows(self, levels: dict[str, np.ndarray]) -> None:
        """Refuses levels of different heights, or lower than the rows of a window."""
        heights: dict[int, list[str]] = {}
        for name, level in levels.items():
            heights.setdefault(len(level), []).append(name)
        lowest, advised = min(heights), min(*heights, ADVISED_ROWS)
        if len(heights) == 1 if self.rows is None else lowest >= self.rows:
            return
        counts = sorted(heights.items(), key=lambda each: (-len(each[1]), each[0]))
        listed = ", ".join(
            f"{rows} rows ({names[0] if len(names) == 1 else f'{len(names)} levels'})"
            for rows, names in counts[:MOST_LISTED]
        )
        more = f" and {len(counts) - MOST_LISTED} other heights" if len(counts) > MOST_LISTED else ""
        windows_of = (
            f', or cut windows of {advised} rows: SET="data.rows={advised}"' if lowest >= MIN_ROWS else ""
        )
        raise InputError(
            f"expected levels of {'one height' if self.rows is None else f'{self.rows} or more rows'} in "
            f"{self.path}, received {listed}{more}; add rows of empty tiles to the lower ones: "
            f'SET="data.pad=top" or SET="data.pad=bottom"{windows_of}'
        )

    def _width(self, levels: dict[str, np.ndarray]) -> int:
        """The columns of a window."""
        widths = {name: level.shape[1] for name, level in levels.items()}
        rows = min(map(len, levels.values()))
        if min(widths.values()) < MIN_COLUMNS or rows < MIN_ROWS:
            raise InputError(
                f"expected levels of 3 or more rows and 4 or more columns in {self.path}, received "
                f"{rows} x {min(widths.values())}; make them larger"
            )
        one_size = len(set(widths.values())) == 1
        width = self.width or (min(widths.values()) if one_size else DEFAULT_WIDTH)
        narrowest = min(widths, key=lambda name: widths[name])
        if widths[narrowest] < width:
            raise InputError(
                f"{narrowest} of {self.path} has {widths[narrowest]} columns, a window {width}; take "
                f'narrower ones: SET="data.width={widths[narrowest]}"'
            )
        return width

    def _check_size(self, levels: dict[str, np.ndarray], width: int, legend: Legend) -> None:
        """Refuses windows that would not fit in memory, before they are cut."""
        sizes = [(len(level), self.rows or len(level), level.shape[1]) for level in levels.values()]
        cells = sum(
            (height - rows + 1) * (columns - width + 1) * rows * width for height, rows, columns in sizes
        )
        if cells * len(legend.tiles) > LARGEST:
            raise InputError(
                f"{self.path} takes {cells * len(legend.tiles) / 2**30:.1f} GiB one-hot, at most "
                f"{LARGEST / 2**30:.0f} are held in memory; give fewer levels, or tiles"
            )
