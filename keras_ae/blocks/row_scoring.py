"""Layers that score the rows of a table by those of their values that are known."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from keras_ae.table_layout import TableLayout
from keras_ae.table_losses import known_columns, surprises

__all__ = ["ColumnContributions", "MiddleOfNothing"]


@keras.saving.register_keras_serializable("keras_ae")
class ColumnContributions(layers.Layer):
    """What each column of a row adds to the mean of its surprises, in nats above the usual amount.

    (inputs, reconstruction), (batch, features) each -> (batch, columns). The surprise of a word is -log of
    its probability, that of a number half of its squared deviation in units of the column's spread. What a
    column costs normal rows on average is subtracted, so that one which nothing tells of does not stand out.
    The mean is over the known columns: a missing value adds 0.

    Attributes:
        layout: Of the columns.
    """

    def __init__(self, layout: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.layout = TableLayout.parse(layout)

    def build(self, *_: Any) -> None:
        shape = (len(self.layout.columns),)
        self.usual = self.add_weight(shape=shape, initializer="zeros", name="usual", trainable=False)

    def fitted(self, examples: np.ndarray, reconstruction: np.ndarray) -> ColumnContributions:
        """Fits what is usual to normal rows.

        Args:
            examples: (n, features).
            reconstruction: (n, features).

        Returns:
            The layer itself.
        """
        self.build()
        known = np.maximum(np.asarray(known_columns(self.layout, examples)).sum(axis=0), 1.0)
        nats = np.asarray(surprises(self.layout, examples, reconstruction))
        self.usual.assign(nats.sum(axis=0) / known)
        return self

    def call(self, inputs, reconstruction):
        known = known_columns(self.layout, inputs)
        count = ops.maximum(ops.sum(known, axis=-1, keepdims=True), 1.0)
        return known * (surprises(self.layout, inputs, reconstruction) - self.usual) / count

    def compute_output_shape(self, inputs_shape, reconstruction_shape):
        return (inputs_shape[0], len(self.layout.columns))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"layout": str(self.layout)}


@keras.saving.register_keras_serializable("keras_ae")
class MiddleOfNothing(layers.Layer):
    """Gives rows of which no value is known the middle anomaly score: (inputs, scores (batch,)) -> (batch,).

    Attributes:
        layout: Of the columns.
        middle: The median score of normal rows.
    """

    def __init__(self, layout: str, middle: float, **settings: Any) -> None:
        super().__init__(**settings)
        self.layout, self.middle = TableLayout.parse(layout), middle

    def call(self, inputs, scores):
        known = ops.sum(known_columns(self.layout, inputs), axis=-1) > 0
        return ops.where(known, scores, self.middle)

    def compute_output_shape(self, inputs_shape, scores_shape):
        return scores_shape

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"layout": str(self.layout), "middle": self.middle}
