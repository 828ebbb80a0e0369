"""The Keras callback that tells a clock of steps and epochs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from math import prod

import keras

from keras_ae.experiments.speed.clock import Clock

__all__ = ["EpochClock", "Stopwatch"]


class EpochClock(keras.callbacks.Callback):
    """Callback that tells a clock of steps and epochs; it belongs at the end of the list.

    Args:
        clock: The clock.
        examples: Examples in an epoch; None for `steps_per_epoch` batches of the work.
    """

    def __init__(self, clock: Clock, examples: int | None = None):
        super().__init__()
        self.clock = clock
        self.examples = examples
        self.training = False

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        self.training = True

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        self.clock.begin_epoch()

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        self.clock.step()

    def on_test_begin(self, logs: Mapping[str, float] | None = None) -> None:
        if self.training:
            # what was started on a device is done once a weight can be read
            keras.ops.convert_to_numpy(min(self.model.trainable_variables, key=lambda each: prod(each.shape)))
            self.clock.trained_epoch()

    def on_test_end(self, logs: Mapping[str, float] | None = None) -> None:
        if self.training:
            self.clock.validated_epoch()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        logs = dict(logs or {})
        examples = self.examples or self.params["steps"] * self.clock.work.batch_size
        self.clock.end_epoch(examples, logs["loss"], logs["val_loss"])


class Stopwatch(keras.callbacks.Callback):
    """Callback that times the training part of an epoch.

    Attributes:
        seconds: Of the newest epoch.
        whole: Seconds of that epoch with its validation and the callbacks before this one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.start, self.seconds, self.whole, self.running = 0.0, 0.0, 0.0, False

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        self.start, self.running = time.perf_counter(), True

    def on_test_begin(self, logs: Mapping[str, float] | None = None) -> None:
        self._stop()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        self._stop()
        self.whole = time.perf_counter() - self.start

    def _stop(self):
        """Takes the time, unless validation already has."""
        if self.running:
            self.seconds, self.running = time.perf_counter() - self.start, False
