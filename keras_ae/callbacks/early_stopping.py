"""The callback that stops a training of little data when its validation no longer improves."""

from __future__ import annotations

from collections.abc import Mapping

import keras

from keras_ae.callbacks.checkpoint import Checkpoint
from keras_ae.runs.plan import Plan

__all__ = ["EarlyStopping"]


class EarlyStopping(keras.callbacks.Callback):
    """Callback that stops a training as its plan says, also one that was resumed.

    Keras's own EarlyStopping counts anew after a resume. This callback reads the epochs from the checkpoint.

    Args:
        plan: The plan of the training.
        checkpoint: The callback that writes the checkpoint, which must come before this one.

    Example:
        >>> checkpoint = Checkpoint(Path("runs/denoising/1/checkpoint"))
        >>> trainer.fit(batches, callbacks=[checkpoint, EarlyStopping(plan, checkpoint)], ...)
    """

    def __init__(self, plan: Plan, checkpoint: Checkpoint):
        super().__init__()
        self.plan, self.checkpoint = plan, checkpoint

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        if self.plan.stops_after(self.checkpoint.state["history"]):
            self.model.stop_training = True
