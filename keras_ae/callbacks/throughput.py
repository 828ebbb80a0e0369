"""The learning rate and the examples a second, written after each step."""

from __future__ import annotations

import time
from pathlib import Path

import keras
import tensorflow as tf


class Throughput(keras.callbacks.Callback):
    """Writes the learning rate and the examples (images) a second of every step of the optimizer.

    By one compiled call: done op by op it took up to a quarter of the step of a small dense model.

    batch_size: examples in a step.
    log_dir: the run's folder; the scalars go to its `train` run.
    """

    def __init__(self, batch_size: int, log_dir: Path):
        super().__init__()
        self.batch_size = batch_size
        self.log_dir = log_dir
        self.writer = self.write = None
        self.began = self.seen = 0

    def on_train_begin(self, logs=None):
        self.writer = writer = tf.summary.create_file_writer(str(self.log_dir / "train"))
        optimizer = self.model.optimizer

        @tf.function(input_signature=[tf.TensorSpec((), tf.float32)])
        def write(rate):
            with writer.as_default(step=tf.cast(optimizer.iterations, tf.int64)):
                tf.summary.scalar("learning_rate", optimizer.learning_rate)
                tf.summary.scalar("examples_per_second", rate)

        self.write = write.get_concrete_function()  # traced once a training, whatever else was before

    def on_epoch_begin(self, epoch, logs=None):
        self.began, self.seen = time.perf_counter(), -1

    def on_train_batch_end(self, batch, logs=None):
        now = time.perf_counter()
        rate = (batch - self.seen) * self.batch_size / (now - self.began)
        self.began, self.seen = now, batch
        self.write(tf.constant(rate, tf.float32))

    def on_train_end(self, logs=None):
        self.writer.close()
