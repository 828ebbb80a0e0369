"""The callback that saves the last and the best epoch of a training."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from keras_ae.errors import InputError
from keras_ae.files import replace_text
from keras_ae.runs.checkpoint import best_epoch, read_state

__all__ = ["Checkpoint"]


class Checkpoint(keras.callbacks.Callback):
    """Callback that saves the last and the best epoch, so that a run killed at any moment can be resumed.

    Keras's own BackupAndRestore overwrites its single file in place. This callback completes the weights
    file before it is named in `state.json`, and replaces `state.json` atomically. The best epoch has the
    lowest `val_selection`, or the lowest `val_loss` where that selects.

    Args:
        folder: The folder of `state.json` and of the weights.
        saves_weights: Whether the weights are saved; of several workers the chief alone does.

    Raises:
        InputError: At the end of an epoch if a loss is not finite; the epoch is not saved.

    Example:
        >>> checkpoint = Checkpoint(Path("runs/denoising/1/checkpoint"))
        >>> trainer.fit(batches, validation_data=validation, epochs=3, callbacks=[checkpoint])
        >>> checkpoint.state["epochs"], checkpoint.state["last"]
        (3, 'epoch-3.weights.h5')
    """

    def __init__(self, folder: Path, saves_weights: bool = True):
        super().__init__()
        self.saves_weights = saves_weights
        self.folder = Path(folder)
        self.state: dict[str, Any] = read_state(self.folder)
        self.epoch_start = 0.0

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        self.epoch_start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        logs = logs or {}
        if not all(math.isfinite(value) for value in logs.values()):
            raise InputError(
                f"training diverged in epoch {epoch + 1}: {logs}; "
                'lower the learning rate, such as SET="learning_rate=1e-4"'
            )
        weights = f"epoch-{epoch + 1}.weights.h5"
        if self.saves_weights:
            self.model.save_weights(self.folder / weights)
        entry = {name: float(value) for name, value in logs.items()}
        history = [*self.state["history"], entry | {"seconds": time.perf_counter() - self.epoch_start}]
        self.state = {
            "epochs": epoch + 1,
            "last": weights,
            "best": f"epoch-{best_epoch(history)}.weights.h5",
            "history": history,
        }
        replace_text(self.folder / "state.json", json.dumps(self.state, indent=1))
        for file in self.folder.glob("epoch-*.weights.h5"):
            if file.name not in (self.state["last"], self.state["best"]):
                file.unlink()
