"""Augmentations of where things are in time: shifts of series and sounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from keras_ae.data.augmentation import Augmentation
from keras_ae.data.augmentation.random_numbers import uniform
from keras_ae.errors import InputError, check_least

__all__ = ["TimeShift", "moved"]


@dataclass(frozen=True)
class TimeShift(Augmentation):
    """Moves series and sounds in time; what comes in is the mirrored end.

    Attributes:
        steps: The most steps of a series, or samples of a sound, to either side, at least 1 and less than
            an example has.
    """

    kinds = ("series", "sounds")
    steps: int = 2

    def __post_init__(self):
        check_least(self, steps=1)

    def check(self, shape: tuple[int, ...]) -> None:
        if self.steps >= shape[0]:
            raise InputError(
                f"augment=TimeShift needs steps below those of an example, {shape[0]}; received {self.steps}"
            )

    def augment(self, examples: Any, seeds: Any, domain: str) -> Any:
        steps = tf.floor((uniform(seeds)[:, 0] + 1) / 2 * (2 * self.steps + 1))
        return moved(examples, tf.cast(steps, tf.int32) - self.steps, 1)


def moved(examples: Any, steps: Any, axis: int) -> tf.Tensor:
    """Examples moved along an axis, and mirrored at its ends.

    Args:
        examples: (batch, ...).
        steps: (batch,), int32, less than the axis is long to either side.
        axis: The axis, counted from that of the batch.

    Returns:
        (batch, ...).
    """
    size = examples.shape[axis]
    positions = tf.abs(tf.range(size)[None] - steps[:, None])
    positions = tf.where(positions >= size, 2 * (size - 1) - positions, positions)
    return tf.gather(examples, positions, axis=axis, batch_dims=1)
