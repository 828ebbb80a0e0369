"""The callback that writes a grid of reconstructions after each epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from keras_ae.data.scaling import Scaler
from keras_ae.formats import Format
from keras_ae.heads import apply
from keras_ae.tensorboard.animation import write_animation
from keras_ae.tensorboard.render import bands_in, render_rows
from keras_ae.tensorboard.texts import text_of_rows

__all__ = ["ReconstructionImages"]


class ReconstructionImages(keras.callbacks.Callback):
    """Callback that writes an image grid after each epoch, of the same examples; of clips an animation too.

    Args:
        end_to_end: The model that reconstructs.
        batch: (tensors by name, targets), whose inputs and targets can be rendered.
        rows: (inputs, targets, reconstruction) -> rows of the grid by name, top to bottom.
        scaler: The scaler between the examples and their original units.
        log_dir: The run's folder; the grids go to its `validation` run, with the tag "examples".
        format: The examples' format, if they have one.

    Example:
        >>> batch = grid_examples(data.validation, paired)
        >>> images = ReconstructionImages(heads.end_to_end, batch, task.rows, data.scaler, Path("runs/1"))
        >>> trainer.fit(batches, validation_data=validation, callbacks=[images])
    """

    def __init__(
        self,
        end_to_end: keras.Model,
        batch: tuple[Mapping[str, Any], Any],
        rows: Callable[[Any, Any, Any], Mapping[str, Any]],
        scaler: Scaler,
        log_dir: Path,
        format: Format | None = None,
    ):
        super().__init__()
        # as a graph, because a step-by-step decoder is slow in eager mode
        self.reconstruct = tf.function(
            lambda tensors: apply(end_to_end, tensors)["reconstruction"], autograph=False
        )
        self.batch = batch
        self.rows = rows
        self.scaler, self.format = scaler, format
        self.log_dir = log_dir
        self.writer: Any = None

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        self.writer = tf.summary.create_file_writer(str(self.log_dir / "validation"))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        tensors, targets = self.batch
        rows = self.rows(tensors["inputs"], targets, self.reconstruct(tensors))
        with self.writer.as_default():
            image = render_rows(rows, self.scaler, self.format, captions=True, side_by_side=True)
            tf.summary.image("examples", image[None], step=epoch, description=self.description(rows))
            write_animation(rows, self.scaler, self.format, epoch)
            text = text_of_rows(rows, self.scaler, self.format)
            if text:
                tf.summary.text("examples_as_text", text, step=epoch)

    def description(self, rows: Mapping[str, Any]) -> str:
        """What a grid shows, from top to bottom, and which bands of images of many.

        Args:
            rows: The rows by name.

        Returns:
            A line.
        """
        note = bands_in(rows, self.scaler)
        return " / ".join(rows) + (f" ({note})" if note else "")

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        self.writer.close()
