"""TensorBoard's image of training examples as they are augmented, before the first epoch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_ae.data.pipeline import PairedData
from keras_ae.tensorboard.render import can_render, render_rows

__all__ = ["write_augmented"]

EPOCHS = 3
"""Epochs whose augmentations are shown."""

COLUMNS = 10
"""Examples in a row, at most."""


def write_augmented(log_dir: Path, paired: PairedData) -> None:
    """Writes training examples, and below them the same ones as they are augmented in the first epochs.

    Args:
        log_dir: The run's folder; the image has the tag "augmented".
        paired: The data; nothing is written where nothing is augmented, or examples cannot be shown.
    """
    data = paired.data
    if not paired.augment or not can_render(data.train.shape, data.format, data.domain.one_hot):
        return
    indices = np.linspace(0, len(data.train) - 1, min(COLUMNS, len(data.train))).astype(np.int64)
    rows = {f"epoch {epoch + 1}": paired.augmented_examples(indices, epoch) for epoch in range(EPOCHS)}
    if not data.train.varies:  # a crop is another one in each epoch
        rows = {"example": data.train.take(indices).numbers} | rows
    image = render_rows(rows, data.scaler, data.format, captions=True, side_by_side=True)
    names = ", ".join(map(str, paired.augment))
    writer = tf.summary.create_file_writer(str(log_dir))
    with writer.as_default(step=0):
        tf.summary.image("augmented", image[None], description=f"Training examples, augmented: {names}")
    writer.close()
