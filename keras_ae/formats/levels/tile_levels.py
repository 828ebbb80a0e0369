"""Tile levels as text: a character a tile; drawn as a game shows them, judged by playing them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from keras_ae.errors import InputError
from keras_ae.formats import Format, SampleFunction
from keras_ae.formats.levels import art, courses, patterns, pipes, repair
from keras_ae.formats.levels.attributes import traits
from keras_ae.formats.levels.columns import Columns, Tiles
from keras_ae.formats.levels.legend import GAMES, Legend
from keras_ae.imaging.grid import save

MOST_BYTES = 2**22
"""A file of more is refused before it is read."""
AT_ONCE = 1000
"""Levels that are searched at a time."""


@dataclass(frozen=True)
class TileLevels(Format):
    """Whole numbers (rows, columns), each the place of a tile among `tiles`, of which the first is empty.

    tiles: one character a tile. tags: what each is, as the VGLC names it, such as "solid" or "pipe".
    game: "platformer", "rooms" or "runner", whose movement tells which levels can be played; "" for none.
    cut: whether they are windows of longer ones, as those of a platformer are anyway.
    """

    tiles: str
    game: str = ""
    tags: tuple[tuple[str, ...], ...] = ()
    cut: bool = False

    suffixes = (".txt",)
    length_name = "columns"
    repairs = True

    def __post_init__(self):
        if self.game not in ("", *GAMES):
            raise ValueError(f'game is {", ".join(map(repr, GAMES))} or "", received {self.game!r}')

    @property
    def axis(self) -> int | None:
        """Windows go on along their columns; others are whole."""
        return 1 if self.cut or self.game == "platformer" else None

    @property
    def judges(self) -> bool:
        """Whether the game's movement is known."""
        return bool(self.game)

    @property
    def unjudged_reason(self) -> str:
        """Why nothing tells which levels can be played, or nothing where the game's movement is known."""
        if self.game:
            return ""
        return (
            "nothing tells which of these levels can be played; say whose movement they have when you train: "
            'SET="data.game=platformer"'
        )

    @cached_property
    def legend(self) -> Legend:
        return Legend(self.tiles, self.tags)

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        """A level of the rows of the shape, and of its columns or, of a platformer, as many or more.

        Raises InputError for a file that is no text, too large, ragged, of unknown tiles or of another size.
        """
        try:
            if path.stat().st_size > MOST_BYTES:
                raise InputError(f"{path} takes more than {MOST_BYTES:,} bytes; give a smaller level")
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"{path} cannot be read as a level ({error}); write rows of tiles as text"
            ) from error
        level = self.legend.level(text, str(path))
        more = level.shape[1] - shape[1]
        if len(level) != shape[0] or more < 0 or (more and self.axis is None):
            raise InputError(
                f"expected {shape[0]} rows of {shape[1]} {'or more ' if self.axis else ''}tiles in {path}, "
                f"received {len(level)} of {level.shape[1]}; make it that size"
            )
        return level

    def render(self, example: np.ndarray) -> np.ndarray:
        return art.image(example, self.legend, self.game)

    def write(self, example: np.ndarray, stem: Path) -> list[Path]:
        """The text, and an image, which of a platformer's level shows the quickest course through it."""
        text, drawing = (stem.with_name(stem.name + suffix) for suffix in (".txt", ".png"))
        text.write_text(self.legend.text(example), encoding="utf-8")
        found = None
        if self.game == "platformer":
            found = courses.course(self.legend.having("solid")[example])
        save(art.image(example, self.legend, self.game, found.cells if found else ()), drawing)
        return [text, drawing]

    def validity(self, examples: np.ndarray) -> np.ndarray:
        """1 for levels that can be played and whose pipes are whole, else 0.

        Of a game whose movement is not known, by the pipes alone.
        """
        whole = self.playable(examples)
        if self.legend.having("pipe").any():
            whole &= ~pipes.broken(examples, self.legend).any(axis=(1, 2))
        return whole.astype(np.float32)

    def playable(self, examples: np.ndarray) -> np.ndarray:
        """(n,) bool, whether the game's movement leads through; True where that is not known."""
        if not self.game:
            return np.ones(len(examples), bool)
        parts = [
            repair.playable(examples[start : start + AT_ONCE], self.legend, self.game)
            for start in range(0, len(examples), AT_ONCE)
        ]
        return np.concatenate([np.zeros(0, bool), *parts])

    def repair(self, example: np.ndarray) -> tuple[np.ndarray, bool]:
        return repair.repaired(example, self.legend, self.game)

    def attributes(self, examples: np.ndarray) -> dict[str, np.ndarray]:
        return traits(examples, self.legend, self.game)

    def sample_metrics(self, samples: np.ndarray, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        """Measures of samples, (n, rows, columns) all.

        playable: share that can be played. broken_pipes: share of pipe tiles. kl_2x2, kl_3x3: nats that the
        patterns of the test examples cost by the samples' own.
        """
        found = {"playable": float(self.playable(samples).mean())} if self.game else {}
        if self.legend.having("pipe").any():
            found["broken_pipes"] = pipes.broken_share(samples, self.legend)
        for size in (2, 3):
            found[f"kl_{size}x{size}"] = patterns.pattern_divergence(samples, test, size)
        return found

    def baselines(self, train: np.ndarray) -> dict[str, SampleFunction]:
        """Levels of each row's own tiles, and of columns drawn by the two before them."""
        return {
            "unigram tiles": Tiles(train, len(self.tiles)).draw,
            "trigram columns": Columns(train, len(self.tiles)).draw,
        }

    def nll(self, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        """Nats a level."""
        tiles = len(self.tiles)
        return {
            "unigram tiles": Tiles(train, tiles).nll(test),
            "trigram columns": Columns(train, tiles).nll(test),
        }
