"""The preprocessing of a table's columns into the inputs of a network, fitted once and served with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from keras.utils import FeatureSpace

from keras_ae.data.precision import clipped
from keras_ae.data.tables.fitting import SCALINGS, FittedColumns, NumberScaling
from keras_ae.data.tables.quantile_layer import Quantiles
from keras_ae.data.tables.words import MISSING_WORD
from keras_ae.data.tables.writing import UNKNOWN, Writing

__all__ = ["Number", "Preprocessor", "preprocessor_of", "settings_of"]

ROWS_AT_ONCE = 2**16


@dataclass(frozen=True, eq=False)
class Preprocessor:
    """Turns named columns into feature vectors.

    Attributes:
        model: {name in the signature: (batch, 1)}, float32 or string -> {"inputs": (batch, features)}.
        signature: The columns' names by those in a served signature.
        groups: (features,), the index of the column that each feature comes from.
        logarithms: The columns of numbers whose logarithm is taken.
        written: How the file that it was fitted on is written.
    """

    model: keras.Model
    signature: dict[str, str]
    groups: np.ndarray
    logarithms: tuple[str, ...] = ()
    written: Writing = UNKNOWN

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.signature.values())

    @property
    def words(self) -> tuple[str, ...]:
        """The names of the columns of words."""
        strings = {tensor.name for tensor in self.model.inputs if tensor.dtype == "string"}
        return tuple(column for served, column in self.signature.items() if served in strings)

    def graph(self, inputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Preprocesses columns inside a graph; an empty word counts as missing.

        Args:
            inputs: Columns (batch,) by their names in the signature.

        Returns:
            (batch, features), float32.
        """
        columns = {}
        for served in self.signature:
            values = inputs[served][:, None]
            if values.dtype == tf.string:
                values = tf.where(values == "", MISSING_WORD, values)
            columns[served] = values
        return self.model({name: columns[name] for name in sorted(columns)})["inputs"]

    def numbers_of(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """Preprocesses columns of numbers and words.

        Args:
            columns: (n,) each, by their own names.

        Returns:
            (n, features), float32.
        """
        count, parts = len(next(iter(columns.values()))), []
        dtypes = {tensor.name: tensor.dtype for tensor in self.model.inputs}
        inputs = {served: columns[column] for served, column in self.signature.items()}
        for start in range(0, count, ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            batch = {
                name: tf.constant(inputs[name][rows, None])
                if dtypes[name] == "string"
                else tf.constant(clipped(inputs[name][rows, None]))
                for name in sorted(inputs)
            }
            parts.append(self.model(batch)["inputs"].numpy())
        return np.concatenate(parts)

    def columns_of(self, features: np.ndarray) -> dict[str, np.ndarray]:
        """Columns of numbers and words from features, such as reconstructed ones.

        Args:
            features: (n, features), as a network gives them.

        Returns:
            (n,) each, by their own names: the likeliest word, and numbers in their own units; NaN where a
            value is likelier missing.
        """
        columns: dict[str, np.ndarray] = {}
        for index, (name, layer) in enumerate(self.layers().items()):
            own = features[:, self.groups == index]
            if isinstance(layer, Number | Quantiles):
                columns[name] = np.where(own[:, 1] > 0.5, np.nan, layer.inverse(own[:, 0]))
            else:
                words = np.array(_vocabulary(layer), object)
                words[words == MISSING_WORD] = np.nan
                columns[name] = words[1 + own[:, 1:].argmax(axis=1)]  # the first stands for unknown ones
        return columns

    def vocabulary(self, column: str) -> tuple[str, ...]:
        """The words of a column that training knew.

        Args:
            column: The column's own name.

        Returns:
            The words in the order of their features, without those for unknown and for missing ones.
        """
        return tuple(_vocabulary(self.layers()[column])[2:])

    def layers(self) -> dict[str, Any]:
        """The layers that give the features of the columns.

        Returns:
            A layer for each column, by the column's own name.
        """
        encoded = self.model.get_layer("together").input
        encoded = encoded if isinstance(encoded, list | tuple) else [encoded]
        return {
            name: tensor._keras_history.operation
            for name, tensor in zip(self.signature.values(), encoded, strict=True)
        }


def _vocabulary(layer):
    """The words of a one-hot layer: for unknown ones, for missing ones, and those that are known."""
    return [str(word) for word in layer.input._keras_history.operation.get_vocabulary()]


@keras.saving.register_keras_serializable("keras_ae")
class Number(layers.Layer):
    """A layer that scales numbers, (x - offset) / scale, and flags missing ones: (batch, 1) -> (batch, 2).

    Args:
        offset: Subtracted from a number.
        scale: That it is then divided by.
        logarithm: Whether log(1 + x) is taken first; a number below 0 counts as 0.
        lowest: The least scaled number; others are clipped to it.
        highest: The greatest scaled number.
        usual: The scaled number that a missing one is replaced with.
    """

    def __init__(
        self,
        offset: float,
        scale: float,
        logarithm: bool,
        lowest: float = SCALINGS["spread"][0],
        highest: float = SCALINGS["spread"][1],
        usual: float = 0.0,
        **settings: Any,
    ):
        super().__init__(**settings)
        self.offset, self.scale, self.logarithm = offset, scale, logarithm
        self.lowest, self.highest, self.usual = lowest, highest, usual

    def call(self, numbers):
        missing = tf.math.is_nan(numbers)
        present = tf.where(missing, 0.0, numbers)
        present = tf.math.log1p(tf.maximum(present, 0.0)) if self.logarithm else present
        scaled = tf.clip_by_value((present - self.offset) / self.scale, self.lowest, self.highest)
        return tf.concat([tf.where(missing, self.usual, scaled), tf.cast(missing, scaled.dtype)], axis=-1)

    def inverse(self, scaled: np.ndarray) -> np.ndarray:
        """Brings scaled numbers back to their own units.

        Args:
            scaled: (n,).

        Returns:
            (n,), numbers that `call` would scale so, unless it clips them.
        """
        numbers = np.asarray(scaled, np.float64) * self.scale + self.offset
        return np.expm1(numbers) if self.logarithm else numbers

    def inverse_graph(self, scaled: tf.Tensor) -> tf.Tensor:
        """The same inside a graph.

        Args:
            scaled: (n,), float32.

        Returns:
            (n,), float64.
        """
        numbers = tf.cast(scaled, tf.float64) * self.scale + self.offset
        return tf.math.expm1(numbers) if self.logarithm else numbers

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 2)

    def get_config(self):
        names = ("offset", "scale", "logarithm", "lowest", "highest", "usual")
        return super().get_config() | {name: getattr(self, name) for name in names}


def preprocessor_of(fitted: FittedColumns) -> Preprocessor:
    """The preprocessing of columns that were fitted.

    Args:
        fitted: The columns.

    Returns:
        The preprocessing.
    """
    features, words = {}, {}
    for served, name in fitted.signature.items():
        if name in fitted.scalings:
            layer = _layer_of(fitted.scalings[name])
            features[served] = FeatureSpace.feature("float32", layer, "float")
        else:
            lookup = layers.StringLookup(num_oov_indices=1)
            features[served] = FeatureSpace.feature("string", lookup, "one_hot")
            words[served] = list(fitted.words[name])
    space = FeatureSpace(features, output_mode="dict")
    if words:
        # all columns need the same length, and the most frequent word comes first: that is the missing one
        most = 2 + max(map(len, words.values()))
        padded = {name: column + [MISSING_WORD] * (most - len(column)) for name, column in words.items()}
        space.adapt(tf.data.Dataset.from_tensor_slices(padded).batch(most))
    inputs, encoded = space.get_inputs(), space.get_encoded_features()
    together = layers.Concatenate(name="together")([encoded[name] for name in fitted.signature])
    model = keras.Model(
        {name: inputs[name] for name in sorted(inputs)}, {"inputs": together}, name="preprocessor"
    )
    return Preprocessor(model, fitted.signature, fitted.layout.groups, fitted.logarithms)


def _layer_of(scaling):
    """The layer of a scaling of numbers."""
    if isinstance(scaling, NumberScaling):
        return Number(**settings_of(scaling))
    fields = {name: value for name, value in asdict(scaling).items() if name not in ("spread", "logarithm")}
    return Quantiles(**fields)


def settings_of(scaling: NumberScaling) -> dict[str, Any]:
    """The settings of the layer of a scaling.

    Args:
        scaling: Of a column of numbers.

    Returns:
        The arguments of `Number`.
    """
    return {name: value for name, value in asdict(scaling).items() if name != "spread"}
