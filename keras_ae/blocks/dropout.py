"""Dropout that a resumed training goes on with where it was."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

__all__ = ["ResumableDropout"]


@keras.saving.register_keras_serializable("keras_ae")
class ResumableDropout(layers.Dropout):
    """Keras's dropout, whose random state is saved with the weights (Srivastava et al. 2014).

    Keras saves it neither in a file of weights nor in one of a model, so that a resumed training would drop
    other units than one that was not interrupted.
    """

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
