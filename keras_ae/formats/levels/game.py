"""The base class of games of tile levels; each game is a module in this folder."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence

import numpy as np

from keras_ae.checked import Checked
from keras_ae.errors import InputError
from keras_ae.files import classes_below
from keras_ae.formats.levels.legend import Legend
from keras_ae.formats.levels.sprites import STONE, Color, Pen

__all__ = ["Game", "game_names", "game_of"]


class Game(metaclass=Checked):
    """Base class of games, which define movement; the base class itself stands for an unknown game.

    A game is a subclass in a module of this folder, found by its name: no list of games has to be edited.
    Levels are integers, the indices of tiles in a legend.

    Attributes:
        name: The game's name in settings and in a run's folder.
        background: Color of the sprites' ground, (red, green, blue).
        endless: Whether levels go on along their columns, so that windows of them are joined.
    """

    name: str = ""
    background: Color = STONE
    endless: bool = False

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def playable(self, levels: np.ndarray, legend: Legend) -> np.ndarray:
        """Whether levels can be played.

        Args:
            levels: (n, rows, columns).
            legend: The legend of the tiles.

        Returns:
            (n,) bool.
        """
        return np.ones(len(levels), bool)

    def repair(self, level: np.ndarray, legend: Legend) -> tuple[np.ndarray, bool]:
        """Makes a level playable with few changes; the same level is always changed alike.

        Args:
            level: (rows, columns); it is not modified.
            legend: The legend of the tiles.

        Returns:
            The changed level, and whether it can be played now.
        """
        return level, True

    def path(self, level: np.ndarray, legend: Legend) -> Sequence[tuple[int, int]]:
        """The path through a level that its image shows.

        Args:
            level: (rows, columns).
            legend: The legend of the tiles.

        Returns:
            Cells (row, column); empty if there is no path to show.
        """
        return ()

    def attributes(self, levels: np.ndarray, legend: Legend) -> dict[str, np.ndarray]:
        """Attributes in addition to those that follow from tiles alone.

        Args:
            levels: (n, rows, columns).
            legend: The legend of the tiles.

        Returns:
            (n,) bool by the attribute's name.
        """
        return {}

    def sprite(self, tags: Sequence[str]) -> Callable[[Pen], None] | None:
        """A sprite of the game's own for a tile.

        Args:
            tags: The tile's tags.

        Returns:
            A function that draws the tile, or None for the default sprite of its tags.
        """
        return None


def game_names() -> tuple[str, ...]:
    """The names of all games.

    Returns:
        The names, in the order of the games' modules.
    """
    return tuple(game.name for game in _games())


def game_of(name: str) -> Game:
    """Looks up a game by name.

    Args:
        name: One of `game_names`, or "" for no known game.

    Returns:
        The game.

    Raises:
        InputError: If the game does not exist.
    """
    by_name = {game.name: game for game in (Game(), *_games())}
    if not isinstance(name, str) or name not in by_name:
        raise InputError(f'game must be {", ".join(map(repr, game_names()))} or "", received {name!r}')
    return by_name[name]


def _games() -> list[Game]:
    levels = importlib.import_module("keras_ae.formats.levels")
    return [kind() for kind in classes_below(levels, Game)]
