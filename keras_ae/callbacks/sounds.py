"""The callback that lets TensorBoard play examples: the inputs and what the model makes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_ae.data.scaling import Scaler
from keras_ae.formats import Format
from keras_ae.heads import apply

__all__ = ["ReconstructionSounds", "of_one_length"]

PLAYED = 3
"""Examples of each row that TensorBoard plays."""

LOUDEST = 0.9
"""The loudest sample of a clip, so that clips of one row can be compared and none is clipped."""


class ReconstructionSounds(keras.callbacks.Callback):
    """Callback that writes sounds now and then, always of the same examples, as WAV of 16 bits.

    Each row has a tag of its own, such as "sound/noisy". The sounds of an example are equally loud in all
    rows: they are scaled by the loudest.

    Args:
        end_to_end: The model that reconstructs.
        batch: (tensors by name, targets), whose inputs and targets can be played.
        rows: (inputs, targets, reconstruction) -> rows of examples by name.
        scaler: The scaler between the examples and their original units.
        log_dir: The run's folder; the sounds go to its `validation` run.
        format: The examples' format, which plays them.
        every: Epochs between two writings.

    Example:
        >>> batch = grid_examples(data.validation, paired)
        >>> sounds = ReconstructionSounds(
        ...     heads.end_to_end, batch, task.rows, data.scaler, Path("runs/1"), data.format, every=5
        ... )
        >>> trainer.fit(batches, validation_data=validation, callbacks=[sounds])
    """

    def __init__(
        self,
        end_to_end: keras.Model,
        batch: tuple[Mapping[str, Any], Any],
        rows: Callable[[Any, Any, Any], Mapping[str, Any]],
        scaler: Scaler,
        log_dir: Path,
        format: Format,
        every: int = 1,
    ):
        super().__init__()
        self.reconstruct = tf.function(
            lambda tensors: apply(end_to_end, tensors)["reconstruction"], autograph=False
        )
        self.batch, self.rows, self.scaler, self.format = batch, rows, scaler, format
        self.log_dir, self.every = log_dir, every
        self.writer: Any = None

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        self.writer = tf.summary.create_file_writer(str(self.log_dir / "validation"))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        if epoch % self.every and epoch + 1 != self.params.get("epochs"):
            return
        tensors, targets = self.batch
        rows = self.rows(tensors["inputs"], targets, self.reconstruct(tensors))
        played = {name: self._played(row) for name, row in rows.items()}
        loudest = np.max([np.abs(waves).max(axis=1) for waves, _ in played.values()], axis=0)
        with self.writer.as_default(step=epoch):
            for name, (waves, rate) in played.items():
                scaled = waves * (LOUDEST / np.maximum(loudest, LOUDEST))[:, None]
                tf.summary.audio(f"sound/{name}", scaled[..., None], rate, max_outputs=PLAYED, encoding="wav")

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        self.writer.close()

    def _played(self, row):
        """The first examples of a row as sounds of one length, and their rate."""
        original = self.scaler.inverse_transform(np.asarray(row[:PLAYED]))
        sounds = [self.format.sound(example) for example in original]
        return of_one_length([wave for wave, _ in sounds]), sounds[0][1]


def of_one_length(waves: Sequence[np.ndarray]) -> np.ndarray:
    """Sounds in one array, with silence after the shorter ones.

    Args:
        waves: (samples,) each.

    Returns:
        (n, samples of the longest).
    """
    longest = max(map(len, waves))
    return np.stack([np.pad(wave, (0, longest - len(wave))) for wave in waves])
