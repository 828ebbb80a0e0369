"""What happens while a model trains: pictures, throughput and checkpoints."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import keras
import tensorflow as tf

from keras_ae.data.dataset import Units
from keras_ae.drawing import rows_drawn
from keras_ae.errors import InputError
from keras_ae.heads import apply
from keras_ae.media import Medium


class Pictures(keras.callbacks.Callback):
    """Writes one picture grid an epoch, of the same validation examples, beside the validation curves.

    end_to_end: the model that reconstructs.
    batch: (tensors by name, targets), of which the inputs and the targets can be drawn.
    rows: (inputs, targets, reconstruction) -> rows of the grid by name, top to bottom.
    units, medium: of the examples.
    log_dir: the run's folder; the grids go to its `validation` run.
    """

    def __init__(
        self,
        end_to_end: keras.Model,
        batch,
        rows: Callable,
        units: Units,
        log_dir: Path,
        medium: Medium | None = None,
    ):
        super().__init__()
        # as a graph, for a decoder that goes step by step is slow op by op
        self.reconstruct = tf.function(lambda named: apply(end_to_end, named)["reconstruction"])
        self.batch = batch
        self.rows = rows
        self.units, self.medium = units, medium
        self.log_dir = log_dir
        self.writer = None

    def on_train_begin(self, logs=None):
        self.writer = tf.summary.create_file_writer(str(self.log_dir / "validation"))

    def on_epoch_end(self, epoch, logs=None):
        named, targets = self.batch
        rows = self.rows(named["inputs"], targets, self.reconstruct(named))
        with self.writer.as_default():
            drawn = rows_drawn(rows, self.units, self.medium)
            tf.summary.image("examples", drawn[None], step=epoch, description=" / ".join(rows))

    def on_train_end(self, logs=None):
        self.writer.close()


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
                tf.summary.scalar("images_per_second", rate)

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


class Checkpoint(keras.callbacks.Callback):
    """Keeps the last and the best epoch on disk, so that a run killed at any moment can go on.

    Keras's own BackupAndRestore overwrites its one file in place; here a new file is complete
    before `state.json`, replaced in one move, names it.

    folder: for `state.json` and the weights it names.
    Raises InputError at the end of an epoch whose losses are not finite, and does not keep it.
    """

    def __init__(self, folder: Path):
        super().__init__()
        self.folder = Path(folder)
        self.state = read_state(self.folder)
        self.began = 0.0

    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        if not all(math.isfinite(value) for value in logs.values()):
            raise InputError(
                f"training diverged in epoch {epoch + 1}: {logs}; "
                'lower the learning rate, such as SET="learning_rate=1e-4"'
            )
        weights = f"epoch-{epoch + 1}.weights.h5"
        self.model.save_weights(self.folder / weights)
        entry = {name: float(value) for name, value in logs.items()}
        history = [*self.state["history"], entry | {"seconds": time.perf_counter() - self.began}]
        best = min(range(len(history)), key=lambda index: history[index]["val_loss"]) + 1
        self.state = {
            "epochs": epoch + 1,
            "last": weights,
            "best": f"epoch-{best}.weights.h5",
            "history": history,
        }
        aside = self.folder / "state.json.new"
        aside.write_text(json.dumps(self.state, indent=1))
        os.replace(aside, self.folder / "state.json")
        for file in self.folder.glob("epoch-*.weights.h5"):
            if file.name not in (self.state["last"], self.state["best"]):
                file.unlink()


def kept_epochs(folder: Path) -> int:
    """Whole epochs that a checkpoint's folder and those of the stages inside it keep, all together."""
    return sum(read_state(file.parent)["epochs"] for file in Path(folder).rglob("state.json"))


def read_state(folder: Path) -> dict:
    """What a Checkpoint left in a folder: epochs done, files of the last and the best, history."""
    try:
        return json.loads((Path(folder) / "state.json").read_text())
    except FileNotFoundError:
        return {"epochs": 0, "last": None, "best": None, "history": []}
