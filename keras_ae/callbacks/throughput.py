"""The callback that writes the learning rate and the examples per second of a training."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

__all__ = ["Throughput"]


class Throughput(keras.callbacks.Callback):
    """Callback that writes the learning rate and the examples per second, at the end of every call.

    A call of the training function takes one or several steps.

    It writes both in one compiled call; in eager mode they took up to a quarter of a small dense model's
    step.

    Args:
        batch_size: Examples in a step.
        log_dir: The run's folder; the scalars go to its `train` run.

    Example:
        >>> throughput = Throughput(batch_size=64, log_dir=Path("runs/1"))
        >>> trainer.fit(batches, validation_data=validation, callbacks=[throughput])
    """

    def __init__(self, batch_size: int, log_dir: Path):
        super().__init__()
        self.batch_size = batch_size
        self.log_dir = log_dir
        self.writer: Any = None
        self.write: Callable | None = None
        self.last_time, self.last_step = 0.0, 0

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        self.writer = writer = tf.summary.create_file_writer(str(self.log_dir / "train"))
        optimizer = self.model.optimizer

        @tf.function(input_signature=[tf.TensorSpec((), tf.float32)], autograph=False)
        def write(rate):
            with writer.as_default(step=tf.cast(optimizer.iterations, tf.int64)):
                tf.summary.scalar("learning_rate", optimizer.learning_rate)
                tf.summary.scalar("examples_per_second", rate)

        self.write = write.get_concrete_function()  # traced once a training, whatever else was before

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        self.last_time, self.last_step = time.perf_counter(), int(self.model.optimizer.iterations)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        now, step = time.perf_counter(), int(self.model.optimizer.iterations)
        rate = (step - self.last_step) * self.batch_size / (now - self.last_time)
        self.last_time, self.last_step = now, step
        assert self.write is not None  # as `on_train_begin` makes sure
        self.write(tf.constant(rate, tf.float32))

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        self.writer.close()
