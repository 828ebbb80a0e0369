"""The last and the best epoch, kept on disk so that a run killed at any moment can go on."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import keras

from keras_ae.errors import InputError
from keras_ae.files import replace_text
from keras_ae.runs.checkpoint import read_state


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
        replace_text(self.folder / "state.json", json.dumps(self.state, indent=1))
        for file in self.folder.glob("epoch-*.weights.h5"):
            if file.name not in (self.state["last"], self.state["best"]):
                file.unlink()
