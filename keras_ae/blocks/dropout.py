"""Dropout that a resumed training goes on with where it was."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from keras_ae.replicas import replicas

__all__ = ["ResumableDropout"]


@keras.saving.register_keras_serializable("keras_ae")
class ResumableDropout(layers.Dropout):
    """Keras's dropout, whose random state is saved with the weights (Srivastava et al. 2014).

    Keras saves it neither in a file of weights nor in one of a model, so that a resumed training would drop
    other units than one that was not interrupted.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Drops features; where replicas share a batch, those that one process would drop.

        Args:
            inputs: (batch, ...).
            training: Whether to drop any.

        Returns:
            (batch, ...).
        """
        if not training or replicas().count == 1:
            return super().call(inputs, training=training)
        factors = replicas().own_noise(
            lambda shape: keras.random.dropout(
                ops.ones(shape), self.rate, self.noise_shape, self.seed_generator
            ),
            ops.shape(inputs),
        )
        return inputs * factors

    def save_own_variables(self, store: Any) -> None:
        """Adds the random state to what is saved.

        Args:
            store: Arrays by name, which Keras writes.
        """
        store["seed"] = self.seed_generator.state

    def load_own_variables(self, store: Any) -> None:
        """Takes the random state from what was saved.

        Args:
            store: Arrays by name, as Keras read them.
        """
        self.seed_generator.state.assign(store["seed"])
