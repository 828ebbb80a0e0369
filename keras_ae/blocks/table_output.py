"""The output layer of a decoder: an activation, and of a table one for each kind of column."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from keras_ae.blocks.sequence_output import SequenceActivation
from keras_ae.heads import Spec
from keras_ae.table_layout import TableLayout

__all__ = ["RowActivation", "output_layer"]

USUAL_ROWS = 10_000
"""Rows of a table to train on, where their number is not known."""

Tensor = Any
"""A tensor of Keras or TensorFlow."""


@keras.saving.register_keras_serializable("keras_ae")
class RowActivation(layers.Layer):
    """The expected values of a row's columns, (batch, features) -> (batch, features).

    Numbers stay as they are. Words become probabilities that sum to 1, by a softmax over those of their
    column and a fixed probability of an unknown one. No value is expected to be missing: those flags are 0.

    Attributes:
        layout: Of the columns.
        unknown: The probability of a word that training did not have, in (0, 1).
    """

    def __init__(self, layout: str, unknown: float, **settings: Any) -> None:
        super().__init__(**settings)
        self.layout, self.unknown = TableLayout.parse(layout), unknown

    def call(self, logits: Tensor) -> Tensor:
        """Activates the features of rows.

        Args:
            logits: (batch, features).

        Returns:
            (batch, features).
        """
        numbers, parts, done = logits * self.layout.numbers, [], 0
        for start, column in zip(self.layout.starts.tolist(), self.layout.columns, strict=True):
            if column.words is None:
                continue
            end = start + column.width
            unknown = self.unknown if column.words else 1.0
            zeros = ops.zeros_like(logits[:, start : start + 1])
            parts += [numbers[:, done:start], zeros + unknown, zeros]
            if column.words == 1:
                parts.append(zeros + (1.0 - unknown))
            elif column.words:
                parts.append((1.0 - unknown) * ops.softmax(logits[:, start + 2 : end], axis=-1))
            done = end
        return ops.concatenate([*parts, numbers[:, done:]], axis=-1) if parts else numbers

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"layout": str(self.layout), "unknown": self.unknown}


def output_layer(spec: Spec, name: str = "reconstruction") -> layers.Layer:
    """The last layer of a decoder, which keeps its output in the domain of the targets.

    Args:
        spec: Shapes and domain of the data. A word that a table's training did not have is as probable as
            one example more would make it, 1 / (n + 1).
        name: The layer's name.

    Returns:
        The layer, (batch, *target_shape) -> (batch, *target_shape).
    """
    if spec.domain.ends:
        return SequenceActivation(name=name)
    if spec.domain.layout is None:
        return layers.Activation(spec.activation, name=name)
    unknown = 1.0 / (1.0 + (spec.train_examples or USUAL_ROWS))
    return RowActivation(str(spec.domain.layout), unknown, name=name)
