"""A layer that scores the frames of clips by how much of them a reconstruction leaves unexplained."""

from __future__ import annotations

from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf
from keras import layers

__all__ = ["FrameScores", "coarse"]


CELLS = 4
"""Cells of a coarse frame along its height and along its width."""


def coarse(clips: Any) -> tf.Tensor:
    """Frames as the means over the cells of a grid, which show where things are, but hardly what.

    Args:
        clips: (batch, frames, height, width, channels).

    Returns:
        Clips of the same shape.
    """
    rows, columns = (_means(side) for side in clips.shape[2:4])
    averaged = tf.einsum("bfhwc,hk->bfkwc", clips, rows)
    return tf.einsum("bfhwc,wk->bfhkc", averaged, columns)


@keras.saving.register_keras_serializable("keras_ae")
class FrameScores(layers.Layer):
    """The error of each frame, divided by its distance from the mean normal frame.

    Contributions to the mean error, as `Contributions` gives them, and the clips that they are of, (batch,
    frames, height, width, channels) each -> (batch, frames). So a frame with much to see in it may have
    a larger error. A part of the usual distance is added to each, for frames that are as good as the mean.

    Attributes:
        floor: That part, above 0.
    """

    def __init__(self, floor: float, **settings: Any) -> None:
        super().__init__(**settings)
        self.floor = floor

    def build(self, contributions_shape, clips_shape):
        self.mean = self.add_weight(name="mean", shape=tuple(clips_shape[2:]), trainable=False)
        super().build(clips_shape)

    def fitted(self, mean: np.ndarray) -> Self:
        """Sets the mean normal frame.

        Args:
            mean: (height, width, channels).

        Returns:
            The layer.
        """
        self.build((None, None, *mean.shape), (None, None, *mean.shape))
        self.mean.assign(mean)
        return self

    def call(self, contributions, clips):
        frames = contributions.shape[1]
        errors = float(frames) * _sums(contributions)
        size = float(np.prod(clips.shape[2:]))
        return errors / (_sums(tf.square(clips - self.mean)) / size + self.floor)

    def compute_output_shape(self, contributions_shape, clips_shape):
        return contributions_shape[:2]

    def get_config(self):
        return super().get_config() | {"floor": self.floor}


def _sums(values):
    """The sum over each frame, (batch, frames)."""
    flat = tf.reshape(values, (-1, values.shape[1], int(np.prod(values.shape[2:]))))
    return tf.reduce_sum(flat, axis=-1)


def _means(side):
    """A matrix (side, side) that gives each pixel the mean of its cell."""
    cell = np.arange(side) * min(CELLS, side) // side
    same = cell[:, None] == cell
    return np.float32(same / same.sum(axis=0))
