"""The callback that reports epochs in few lines, for output that is no terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import keras

from keras_ae.runs.checkpoint import selection

__all__ = ["EpochLines"]

MOST_LINES = 30
"""Lines of a training, beside the first epoch's and the last one's."""


class EpochLines(keras.callbacks.Callback):
    """Callback that reports an epoch in a line: its losses, and the best epoch so far.

    A training of many epochs gets about thirty lines, of every second, fifth, tenth, ... epoch; the first and
    the last epoch always have theirs, also where another callback stops the training.

    Args:
        report: Called with each line.
        history: The losses of the epochs before, where a run is resumed.

    Example:
        >>> trainer.fit(batches, validation_data=validation, epochs=40, callbacks=[EpochLines(print)])
        epoch 1/40 - 2.1s - loss: 0.2468 - val_loss: 0.1987 - best: 1
        epoch 2/40 - 0.9s - loss: 0.1702 - val_loss: 0.1544 - best: 2
        epoch 4/40 - 0.9s - loss: 0.1391 - val_loss: 0.1312 - best: 4
    """

    def __init__(self, report: Callable[[str], None], history: Sequence[Mapping[str, float]] = ()):
        super().__init__()
        self.report = report
        self.selections = [selection(epoch) for epoch in history]
        self.first, self.line, self.start = -1, "", 0.0

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        if self.first < 0:
            self.first = epoch
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        logs = logs or {}
        self.selections.append(selection(logs))
        seconds = time.perf_counter() - self.start
        parts = [f"epoch {epoch + 1}/{self.params['epochs']}", f"{seconds:.1f}s"]
        parts += [f"{name}: {value:#.4g}" for name, value in logs.items()]
        best = min(range(len(self.selections)), key=self.selections.__getitem__) + 1
        self.line = " - ".join([*parts, f"best: {best}"])
        if epoch == self.first or (epoch + 1) % _every(self.params["epochs"] - self.first) == 0:
            self._say()

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        self._say()

    def _say(self) -> None:
        """Reports the line of the last epoch, unless it was."""
        if self.line:
            self.report(self.line)
        self.line = ""


def _every(epochs: int) -> int:
    """Epochs from one line to the next: the least of 1, 2, 5, 10, ... that gives at most `MOST_LINES`."""
    unit = 1
    while True:
        for step in (unit, 2 * unit, 5 * unit):
            if epochs <= MOST_LINES * step:
                return step
        unit *= 10
