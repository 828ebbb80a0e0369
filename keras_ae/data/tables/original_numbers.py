"""A layer that brings scaled numbers of a table's columns back to their own units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from keras_ae.data.tables.preprocessing import Number, Preprocessor
from keras_ae.data.tables.quantile_layer import Quantiles

__all__ = ["OriginalNumbers"]

KINDS: Mapping[str, Any] = {"number": Number, "quantiles": Quantiles}
"""The layers of columns of numbers, by what stands for them in a file."""


@keras.saving.register_keras_serializable("keras_ae")
class OriginalNumbers(layers.Layer):
    """Scaled numbers (batch, columns) -> in original units, float32; 0 in columns of words.

    Args:
        scalings: Of each column, the kind of its layer and that one's settings; None for words.
    """

    def __init__(self, scalings: Sequence[tuple[str, dict[str, Any]] | None], **settings: Any) -> None:
        super().__init__(**settings)
        self.scalings = [None if one is None else (one[0], dict(one[1])) for one in scalings]
        self.inverses = [None if one is None else KINDS[one[0]](**one[1]) for one in self.scalings]

    @classmethod
    def of(cls, preprocessor: Preprocessor, name: str) -> OriginalNumbers:
        """The layer for the columns of a preprocessor.

        Args:
            preprocessor: Of the columns.
            name: The layer's name.

        Returns:
            The layer.
        """
        found = []
        for layer in preprocessor.layers().values():
            kinds = [kind for kind, each in KINDS.items() if isinstance(layer, each)]
            config = layer.get_config() if kinds else {}
            own = {key: value for key, value in config.items() if key not in ("name", "dtype", "trainable")}
            found.append((kinds[0], own) if kinds else None)
        return cls(found, name=name)

    def build(self, *_: Any) -> None:
        for layer in filter(None, self.inverses):
            layer.build((None, 1))

    def call(self, scaled: Any) -> Any:
        columns = [
            tf.zeros_like(scaled[:, number])
            if layer is None
            else tf.cast(layer.inverse_graph(scaled[:, number]), tf.float32)
            for number, layer in enumerate(self.inverses)
        ]
        return tf.stack(columns, axis=1)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"scalings": self.scalings}
