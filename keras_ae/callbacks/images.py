"""A grid of reconstructions, written at the end of each epoch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import tensorflow as tf

from keras_ae.data.types import Scaler
from keras_ae.formats import Format
from keras_ae.heads import apply
from keras_ae.tensorboard.render import rows_drawn


class ReconstructionImages(keras.callbacks.Callback):
    """Writes one image grid an epoch, of the same validation examples, beside the validation curves.

    end_to_end: the model that reconstructs.
    batch: (tensors by name, targets), of which the inputs and the targets can be drawn.
    rows: (inputs, targets, reconstruction) -> rows of the grid by name, top to bottom.
    scaler, format: of the examples.
    log_dir: the run's folder; the grids go to its `validation` run.
    """

    def __init__(
        self,
        end_to_end: keras.Model,
        batch,
        rows: Callable,
        scaler: Scaler,
        log_dir: Path,
        format: Format | None = None,
    ):
        super().__init__()
        # as a graph, for a decoder that goes step by step is slow op by op
        self.reconstruct = tf.function(lambda named: apply(end_to_end, named)["reconstruction"])
        self.batch = batch
        self.rows = rows
        self.scaler, self.format = scaler, format
        self.log_dir = log_dir
        self.writer = None

    def on_train_begin(self, logs=None):
        self.writer = tf.summary.create_file_writer(str(self.log_dir / "validation"))

    def on_epoch_end(self, epoch, logs=None):
        named, targets = self.batch
        rows = self.rows(named["inputs"], targets, self.reconstruct(named))
        with self.writer.as_default():
            drawn = rows_drawn(rows, self.scaler, self.format)
            tf.summary.image("examples", drawn[None], step=epoch, description=" / ".join(rows))

    def on_train_end(self, logs=None):
        self.writer.close()
