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
        return moved(examples, tf.cast(steps, tf.int32) - self.steps, 1, mirrored=True)


def moved(examples: Any, steps: Any, axis: int, mirrored: bool) -> tf.Tensor:
    """Examples moved along an axis.

    Args:
        examples: (batch, ...).
        steps: (batch,), int32, less than the axis is long to either side.
        axis: The axis, counted from that of the batch.
        mirrored: Whether the examples are mirrored where something comes in; else the outermost values go on.

    Returns:
        (batch, ...).
    """
    size = examples.shape[axis]
    positions = tf.range(size)[None] - steps[:, None]
    if mirrored:
        positions = tf.abs(positions)
        positions = tf.where(positions >= size, 2 * (size - 1) - positions, positions)
    positions = tf.clip_by_value(positions, 0, size - 1)
    return tf.gather(examples, positions, axis=axis, batch_dims=1)
