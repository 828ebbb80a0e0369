"""What turns a table's named columns into the numbers that a network sees, fitted once and served with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from keras.utils import FeatureSpace

from keras_ae.data.tables.csv_file import Column

__all__ = [
    "MOST_WORDS",
    "SCALINGS",
    "Number",
    "Preprocessor",
    "fit_number",
    "fit_preprocessor",
    "served_names",
    "words_of",
]

SCALINGS = {"spread": (-20.0, 20.0), "range": (-1.0, 2.0)}
"""What numbers are scaled by, and where those that are further off count as being.

"spread": their mean is 0 and their standard deviation 1. "range": the least is 0 and the greatest 1.
"""

SKEWED = 2.0
"""Skewness above which numbers of at least 0 are taken as their logarithms."""

MISSING_WORD = "(missing)"
"""An empty word would not survive in a lookup's file."""

_UNFIT = re.compile(r"[^A-Za-z0-9_.-]")
ROWS_AT_ONCE = 2**16

MOST_WORDS = 1000
"""Different words of a column; with more it is a name or a text, of which nothing can be learned."""


@dataclass(frozen=True, eq=False)
class Preprocessor:
    """Named columns in, a vector out.

    Attributes:
        model: {name in the signature: (batch, 1)}, float32 or string -> {"inputs": (batch, features)}.
        columns: Their names.
        groups: (features,), the index of the column that each feature was made of.
        logarithms: Columns of numbers of which the logarithm is taken.
    """

    model: keras.Model
    columns: tuple[str, ...]
    groups: np.ndarray
    logarithms: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The columns that are taken as words."""
        strings = {tensor.name for tensor in self.model.inputs if tensor.dtype == "string"}
        return tuple(column for served, column in self.signature.items() if served in strings)

    @property
    def signature(self) -> dict[str, str]:
        """Names that a signature may have, which hold no blanks, to the columns that they stand for."""
        return served_names(self.columns)

    def graph(self, named: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Columns (batch,) by the names of the signature -> (batch, features), by ops of a graph.

        An empty word is a missing one.
        """
        columns = {}
        for served in self.signature:
            values = named[served][:, None]
            if values.dtype == tf.string:
                values = tf.where(values == "", MISSING_WORD, values)
            columns[served] = values
        return self.model({name: columns[name] for name in sorted(columns)})["inputs"]

    def numbers_of(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """Columns (n,) of numbers or words -> (n, features) float32."""
        count, parts = len(next(iter(columns.values()))), []
        dtypes = {tensor.name: tensor.dtype for tensor in self.model.inputs}
        given = {served: columns[column] for served, column in self.signature.items()}
        for start in range(0, count, ROWS_AT_ONCE):
            named = {
                name: tf.constant(given[name][start : start + ROWS_AT_ONCE, None], dtypes[name])
                for name in sorted(given)
            }
            parts.append(self.model(named)["inputs"].numpy())
        return np.concatenate(parts)


def served_names(columns: Sequence[str]) -> dict[str, str]:
    """Names that a signature may have to those of columns; numbered where they would be the same."""
    names = {_UNFIT.sub("_", name): name for name in columns}
    if len(names) < len(columns):
        return {f"{_UNFIT.sub('_', name)}_{number}": name for number, name in enumerate(columns, 1)}
    return names


@keras.saving.register_keras_serializable("keras_ae")
class Number(layers.Layer):
    """A number, (x - offset) / scale, and beside it 1 where it is missing: (batch, 1) -> (batch, 2).

    logarithm: log(1 + x) is taken first, below 0 of 0. lowest, highest: what numbers further off count as.
    usual: what a missing one counts as.
    """

    def __init__(
        self,
        offset: float,
        scale: float,
        logarithm: bool,
        lowest: float = SCALINGS["spread"][0],
        highest: float = SCALINGS["spread"][1],
        usual: float = 0.0,
        **settings,
    ):
        super().__init__(**settings)
        self.offset, self.scale, self.logarithm = offset, scale, logarithm
        self.lowest, self.highest, self.usual = lowest, highest, usual

    def call(self, numbers):
        missing = tf.math.is_nan(numbers)
        there = tf.where(missing, 0.0, numbers)
        there = tf.math.log1p(tf.maximum(there, 0.0)) if self.logarithm else there
        seen = tf.clip_by_value((there - self.offset) / self.scale, self.lowest, self.highest)
        return tf.concat([tf.where(missing, self.usual, seen), tf.cast(missing, seen.dtype)], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 2)

    def get_config(self):
        names = ("offset", "scale", "logarithm", "lowest", "highest", "usual")
        return super().get_config() | {name: getattr(self, name) for name in names}


def fit_number(values: np.ndarray, scaling: str = "spread") -> Number:
    """A layer fitted to a column's training values (n,), of which those missing do not count.

    scaling: one of SCALINGS.
    """
    there = values[np.isfinite(values)].astype(np.float64)
    limits = SCALINGS[scaling]
    if not len(there):
        return Number(0.0, 1.0, False, *limits)
    spread = there.std()
    skewness = np.mean((there - there.mean()) ** 3) / spread**3 if spread > 0 else 0.0
    logarithm = bool(there.min() >= 0 and there.max() > 1 and skewness > SKEWED)
    seen = np.log1p(there) if logarithm else there
    middle = float(seen.mean())
    offset, scale = (
        (middle, float(seen.std())) if scaling == "spread" else (float(seen.min()), float(np.ptp(seen)))
    )
    scale = scale if scale > 1e-9 else 1.0
    return Number(offset, scale, logarithm, *limits, (middle - offset) / scale)


def fit_preprocessor(
    columns: Mapping[str, Column], rows: np.ndarray, scaling: str = "spread"
) -> Preprocessor:
    """Fits numbers and words of columns on some of their rows, numbers scaled by one of SCALINGS.

    A word that is not among those gets a place of its own, which is empty in training; a missing word
    is a word like others.
    """
    features, words, logarithms = {}, {}, []
    named = served_names(tuple(columns))
    for name, column in ((name, columns[of]) for name, of in named.items()):
        if column.kind == "number":
            layer = fit_number(column.values[rows], scaling)
            logarithms += [named[name]] if layer.logarithm else []
            features[name] = FeatureSpace.feature("float32", layer, "float")
        else:
            lookup = layers.StringLookup(num_oov_indices=1)
            features[name] = FeatureSpace.feature("string", lookup, "one_hot")
            words[name] = [*np.unique(words_of(column)[rows])]
    space = FeatureSpace(features, output_mode="dict")
    most = max(map(len, words.values()), default=0)
    if words:
        # of a column with fewer words, the first again: what a lookup learns are the different ones
        told = {name: found + found[:1] * (most - len(found)) for name, found in words.items()}
        space.adapt(tf.data.Dataset.from_tensor_slices(told).batch(most))
    inputs, encoded = space.get_inputs(), space.get_encoded_features()
    together = layers.Concatenate(name="together")([encoded[name] for name in named])
    widths = [encoded[name].shape[-1] for name in named]
    model = keras.Model(
        {name: inputs[name] for name in sorted(inputs)}, {"inputs": together}, name="preprocessor"
    )
    groups = np.repeat(np.arange(len(widths)), widths)
    return Preprocessor(model, tuple(columns), groups, tuple(logarithms))


def words_of(column: Column) -> np.ndarray:
    """A column of text as words (n,), "(missing)" where missing."""
    return np.array([*column.words, MISSING_WORD], object)[column.values]
