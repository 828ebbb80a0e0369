"""The format of tile levels: text with one character per tile, sprites, and validity by playing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.errors import InputError
from keras_ae.formats import Format, SampleFunction
from keras_ae.formats.levels import patterns, pipes
from keras_ae.formats.levels.art import level_image
from keras_ae.formats.levels.columns import ColumnTrigrams, TileUnigrams
from keras_ae.formats.levels.game import Game, game_of
from keras_ae.formats.levels.legend import Legend
from keras_ae.formats.levels.level_text import SUFFIXES, read_text
from keras_ae.formats.levels.tile_attributes import level_attributes
from keras_ae.imaging.grid import save

__all__ = ["TileLevels"]

MAX_BYTES = 2**22
"""Larger files are refused before they are read."""
LEVELS_AT_ONCE = 1000
"""Number of levels that are searched in one call."""


@dataclass(frozen=True)
class TileLevels(Format):
    """The format of levels: integers (rows, columns), the indices of tiles; tile 0 is empty.

    Attributes:
        tiles: One character per tile.
        game: The name of the game whose movement decides which levels can be played; "" for none.
        tags: The VGLC's tags of each tile, such as "solid" or "pipe".
        cut: Whether examples are windows of longer levels, as a platformer's always are.
    """

    tiles: str
    game: str = ""
    tags: tuple[tuple[str, ...], ...] = ()
    cut: bool = False

    suffixes = SUFFIXES
    noun = "levels"
    is_text = True
    length_name = "columns"
    repairs = True

    def __post_init__(self) -> None:
        game_of(self.game)

    @cached_property
    def legend(self) -> Legend:
        """The tiles and their tags."""
        return Legend(self.tiles, self.tags)

    @cached_property
    def _game(self) -> Game:
        return game_of(self.game)

    @property
    def judges(self) -> bool:
        """Whether the game's movement is known."""
        return bool(self.game)

    @property
    def axis(self) -> int | None:
        """The axis of columns, if examples are windows of longer levels."""
        return 1 if self.cut or self._game.endless else None

    @property
    def unjudged_reason(self) -> str:
        """Why it is unknown which levels can be played."""
        if self.judges:
            return ""
        return (
            "it is not known which of these levels can be played; name the game when you train: "
            'SET="data.game=platformer"'
        )

    @property
    def client_facts(self) -> dict[str, Any]:
        """The number of each tile."""
        return {"tiles": {tile: number for number, tile in enumerate(self.tiles)}}

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        """Reads a level from a text file, one line per row."""
        try:
            if path.stat().st_size > MAX_BYTES:
                raise InputError(f"{path} takes more than {MAX_BYTES:,} bytes; give a smaller level")
        except OSError as error:
            raise InputError(f"{path} cannot be read as a level ({error}); check the path") from error
        level = self.legend.level(read_text(path), str(path))
        more = level.shape[1] - shape[1]
        if len(level) != shape[0] or more < 0 or (more and self.axis is None):
            raise InputError(
                f"expected {shape[0]} rows of {shape[1]} {'or more ' if self.axis else ''}tiles in {path}, "
                f"received {len(level)} of {level.shape[1]}; make it that size"
            )
        return level

    def render(self, example: np.ndarray) -> np.ndarray:
        """Renders a level with sprites."""
        return level_image(example, self.legend, self._game)

    def write(self, example: np.ndarray, stem: Path) -> list[Path]:
        """Writes the text, and an image with the game's path through the level."""
        text, image = (stem.with_name(stem.name + suffix) for suffix in (".txt", ".png"))
        text.write_text(self.legend.text(example), encoding="utf-8")
        path = self._game.path(example, self.legend)
        save(level_image(example, self.legend, self._game, path), image)
        return [text, image]

    def validity(self, examples: np.ndarray) -> np.ndarray:
        """1 for levels that can be played and have no broken pipes, otherwise 0."""
        valid = self.playable(examples)
        if self.legend.having("pipe").any():
            valid &= ~pipes.broken_pipes(examples, self.legend).any(axis=(1, 2))
        return valid.astype(np.float32)

    def playable(self, examples: np.ndarray) -> np.ndarray:
        """Whether levels can be played.

        Args:
            examples: (n, rows, columns).

        Returns:
            (n,) bool; all true if the game's movement is not known.
        """
        parts = [
            self._game.playable(examples[start : start + LEVELS_AT_ONCE], self.legend)
            for start in range(0, len(examples), LEVELS_AT_ONCE)
        ]
        return np.concatenate([np.zeros(0, bool), *parts])

    def repair(self, example: np.ndarray) -> tuple[np.ndarray, bool]:
        """Makes a level playable; without a known game it is returned unchanged."""
        return self._game.repair(example, self.legend)

    def attributes(self, examples: np.ndarray) -> dict[str, np.ndarray]:
        """Attributes from the tiles' tags and the game."""
        return level_attributes(examples, self.legend, self._game)

    def sample_metrics(self, samples: np.ndarray, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        """Metrics of samples.

        playable: Fraction that can be played. broken_pipes: Fraction of pipe tiles that are broken.
        kl_2x2, kl_3x3: Divergence of the patterns of test examples from those of samples, in nats.
        """
        metrics = {"playable": float(self.playable(samples).mean())} if self.game else {}
        if self.legend.having("pipe").any():
            metrics["broken_pipes"] = pipes.broken_fraction(samples, self.legend)
        for size in (2, 3):
            metrics[f"kl_{size}x{size}"] = patterns.pattern_divergence(samples, test, size)
        return metrics

    def baselines(self, train: np.ndarray) -> dict[str, SampleFunction]:
        """Tiles by their frequency in each row, and a trigram model of columns."""
        return {name: model.sample for name, model in self._ngrams(train).items()}

    def nll(self, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        """Nats per level under both baselines."""
        return {name: model.nll(test) for name, model in self._ngrams(train).items()}

    def _ngrams(self, train: np.ndarray) -> dict[str, TileUnigrams | ColumnTrigrams]:
        return {
            "unigram tiles": TileUnigrams(train, len(self.tiles)),
            "trigram columns": ColumnTrigrams(train, len(self.tiles)),
        }
