"""Layers that fill in the missing values of a table's rows, with intervals and probabilities."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae.blocks.row_choices import OfRows
from keras_ae.table_losses import known_columns

__all__ = ["FilledRows", "ValueIntervals"]

Tensor = Any
"""A NumPy array or a tensor."""


@keras.saving.register_keras_serializable("keras_ae")
class FilledRows(OfRows):
    """(rows, reconstructions), (batch, features) each -> rows whose missing values are reconstructed ones."""

    def call(self, rows: Tensor, reconstruction: Tensor) -> Tensor:
        """Fills rows.

        Args:
            rows: (batch, features).
            reconstruction: (batch, features).

        Returns:
            (batch, features), of which nothing is missing; words that were are probabilities.
        """
        known = ops.matmul(known_columns(self.layout, rows), self.layout.of_column.T)
        values = self.layout.numbers + self.layout.classes
        return ops.where(known > 0.5, rows, reconstruction * values)

    def compute_output_shape(self, rows_shape, reconstruction_shape):
        return rows_shape


@keras.saving.register_keras_serializable("keras_ae")
class ValueIntervals(OfRows):
    """How sure the values of filled rows are, column by column.

    (rows, filled rows, deviations), (batch, features) each -> the least and the greatest value of numbers in
    scaled units, the probability of a word or of an interval, and whether a value was filled in; (batch,
    columns) each. What is known is its own interval, of probability 1. Words have intervals of 0.

    Args:
        layout: Of the columns, as text.
        level: The probability of an interval.
    """

    def __init__(self, layout: str, level: float, **settings: Any) -> None:
        super().__init__(layout, **settings)
        self.level = level

    def build(self, *_: Any) -> None:
        shape = (len(self.layout.columns),)
        self.widths = self.add_weight(shape=shape, initializer="ones", name="widths", trainable=False)

    def fitted(self, widths: np.ndarray) -> ValueIntervals:
        """Sets the widths of intervals.

        Args:
            widths: (columns,), half of an interval, in deviations.

        Returns:
            The layer itself.
        """
        self.build()
        self.set_weights([widths])
        return self

    def call(self, rows: Tensor, filled: Tensor, deviations: Tensor) -> tuple[Tensor, ...]:
        """The intervals of rows.

        Args:
            rows: (batch, features).
            filled: (batch, features).
            deviations: (batch, features).

        Returns:
            Least and greatest values, probabilities, and flags.
        """
        layout = self.layout
        gone = 1.0 - known_columns(layout, rows)
        is_number = layout.is_number.astype(np.float32)
        value = ops.matmul(filled * layout.numbers, layout.of_column)
        half = gone * self.widths * ops.matmul(deviations * layout.numbers, layout.of_column)
        likeliest = [
            ops.max(filled[:, start : start + column.width], axis=-1)
            for start, column in zip(layout.starts.tolist(), layout.columns, strict=True)
        ]
        of_value = is_number * self.level + (1.0 - is_number) * ops.stack(likeliest, axis=1)
        return value - half, value + half, gone * of_value + 1.0 - gone, gone

    def compute_output_shape(self, rows_shape, filled_shape, deviations_shape):
        return ((rows_shape[0], len(self.layout.columns)),) * 4

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"level": self.level}
