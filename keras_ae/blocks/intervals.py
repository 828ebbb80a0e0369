"""Distances between classes on a scale, as rows of learned tables."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from keras_ae.errors import check_least

__all__ = ["Intervals"]


@dataclass(frozen=True)
class Intervals:
    """The distances between classes on a scale that learned tables distinguish.

    Attributes:
        max_move: Moves of a position from its class to the next are distinguished up to so many classes,
            larger ones count as this; at least 1.
        period: Distances of two positions before and after a move are distinguished modulo this, such as 12
            for pitches in octaves; 1 for a scale that does not repeat.
        max_above: Distances are distinguished as they are up to so many classes that the later position of a
            step lies above the earlier one; at least 0.
        max_below: And up to so many that it lies below; at least 0.
    """

    max_move: int = 24
    period: int = 1
    max_above: int = 24
    max_below: int = 24

    def __post_init__(self) -> None:
        check_least(self, max_move=1, period=1, max_above=0, max_below=0)

    @property
    def move_rows(self) -> int:
        """Rows of a table of moves."""
        return 2 * self.max_move + 1

    @property
    def leading_rows(self) -> int:
        """Rows of a table of how two positions move to each other."""
        return 3 * (self.period + 1) ** 2

    @property
    def distance_rows(self) -> int:
        """Rows of a table of how far two positions are apart."""
        return self.max_above + self.max_below + 2

    def move_row(self, before: tf.Tensor, after: tf.Tensor) -> tf.Tensor:
        """The row of a move from one class to another.

        Args:
            before: Classes, int32.
            after: Classes, int32, that broadcast against them.

        Returns:
            Rows, int32, below `move_rows`.
        """
        return tf.clip_by_value(after - before, -self.max_move, self.max_move) + self.max_move

    def leading_row(
        self,
        earlier: tuple[tf.Tensor, tf.Tensor],
        later: tuple[tf.Tensor, tf.Tensor],
        on_scale: tuple[tf.Tensor, tf.Tensor],
    ) -> tf.Tensor:
        """The table row for the movement of two positions of a step relative to each other.

        It tells the distance before, the distance after, and whether one stays, both move the same way, or
        both move apart.

        Args:
            earlier: Classes of the earlier position before and after the move, int32.
            later: Classes of the later position.
            on_scale: Whether both positions are on the scale before and after, bool.

        Returns:
            Rows, int32, below `leading_rows`.
        """
        before, after = (
            tf.where(known, self._modulo(first - second), self.period)
            for first, second, known in zip(earlier, later, on_scale, strict=True)
        )
        moves = tf.sign(earlier[1] - earlier[0]), tf.sign(later[1] - later[0])
        kind = tf.where(moves[0] == moves[1], 1, 2) * tf.abs(moves[0] * moves[1])
        return kind + (before * (self.period + 1) + after) * 3

    def distance_row(self, earlier: tf.Tensor, later: tf.Tensor, on_scale: tf.Tensor) -> tf.Tensor:
        """The table row for the distance between two positions of a step.

        Args:
            earlier: Classes of the earlier position, int32.
            later: Classes of the later position.
            on_scale: Whether both are on the scale, bool.

        Returns:
            Rows, int32, below `distance_rows`.
        """
        distance = tf.clip_by_value(earlier - later, -self.max_above, self.max_below) + self.max_above
        return tf.where(on_scale, distance, self.distance_rows - 1)

    def _modulo(self, distance: tf.Tensor) -> tf.Tensor:
        # of numbers above 0, for other runtimes give a remainder below 0 of those below
        return tf.math.floormod(distance + self.period * LARGEST_DISTANCE, self.period)


LARGEST_DISTANCE = 2**16
"""More than two classes can be apart."""
