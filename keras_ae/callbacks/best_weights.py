"""The callback that keeps the weights of the best epoch in memory."""

from __future__ import annotations

import math
from collections.abc import Mapping

import keras
import numpy as np

from keras_ae.errors import InputError
from keras_ae.runs.checkpoint import best_epoch
from keras_ae.runs.plan import Plan

__all__ = ["BestWeights"]


class BestWeights(keras.callbacks.Callback):
    """Callback that gives a model back the weights of its best epoch, and stops as a plan says.

    Without validation, which the best epoch is chosen by, the weights stay those of the last one.

    Args:
        plan: The plan of the training.

    Raises:
        InputError: At the end of an epoch if a loss is not finite.

    Example:
        >>> trainer.fit(batches, validation_data=validation, callbacks=[BestWeights(plan)])
    """

    def __init__(self, plan: Plan):
        super().__init__()
        self.plan = plan
        self.history: list[dict[str, float]] = []
        self.weights: list[np.ndarray] | None = None

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        self.history.append({name: float(value) for name, value in (logs or {}).items()})
        if not all(math.isfinite(value) for value in self.history[-1].values()):
            raise InputError(
                f"training diverged in epoch {epoch + 1}: {self.history[-1]}; "
                'lower the learning rate, such as SET="learning_rate=1e-4"'
            )
        if "val_loss" not in self.history[-1]:
            return
        if best_epoch(self.history) == len(self.history):
            self.weights = self.model.get_weights()
        if self.plan.stops_after(self.history):
            self.model.stop_training = True

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        if self.weights is not None:
            self.model.set_weights(self.weights)
