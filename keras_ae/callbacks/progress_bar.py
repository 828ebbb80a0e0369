"""The callback that draws the progress bar of a training whose calls take several steps."""

from __future__ import annotations

from collections.abc import Mapping

import keras

__all__ = ["ProgressBar"]


class ProgressBar(keras.callbacks.ProgbarLogger):
    """Keras's progress bar, which ends with the epoch.

    Keras counts an epoch's last call as long as the others: of 31 steps in calls of 16 it would show 32.

    Example:
        >>> trainer.fit(batches, steps_per_epoch=31, callbacks=[ProgressBar()])
    """

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        last = batch if self.target is None else self.target - 1
        super().on_train_batch_end(min(batch, last), logs)
