"""The Keras callback that tells a clock of steps and epochs."""

from __future__ import annotations

from collections.abc import Mapping

import keras

from keras_ae.experiments.speed.clock import Clock

__all__ = ["EpochClock"]


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
            self.clock.trained_epoch()

    def on_test_end(self, logs: Mapping[str, float] | None = None) -> None:
        if self.training:
            self.clock.validated_epoch()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        logs = dict(logs or {})
        examples = self.examples or self.params["steps"] * self.clock.work.batch_size
        self.clock.end_epoch(examples, logs["loss"], logs["val_loss"])
