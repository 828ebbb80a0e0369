"""The columns of rows that a network gives, by name and in original units, inside a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from keras_ae.data.tables.preprocessing import Number, Preprocessor
from keras_ae.data.tables.quantile_layer import Quantiles
from keras_ae.table_layout import TableLayout

if TYPE_CHECKING:
    from keras_ae.formats.rows import Rows

__all__ = ["graph_columns", "output_name", "output_names", "plain_columns"]

OUTPUTS = frozenset(
    {
        *("code", "error", "mean", "log_var", "reconstruction", "reconstruction_log_var", "deviation"),
        *("known", "lower", "upper", "probability", "is_filled"),
    }
)
"""Names of other outputs, which a column cannot have."""


def output_names(preprocessor: Preprocessor) -> dict[str, str]:
    """The outputs by which columns are served.

    Args:
        preprocessor: Of the columns.

    Returns:
        Their names by the columns' own: those of a signature's inputs, but for names of other outputs.
    """
    return {column: output_name(served) for served, column in preprocessor.signature.items()}


def output_name(served: str) -> str:
    """The output by which a column is served.

    Args:
        served: The name of the signature's input.

    Returns:
        The same, unless another output is called so.
    """
    return f"{served}_value" if served in OUTPUTS else served


def graph_columns(
    preprocessor: Preprocessor, format: Rows, layout: TableLayout, features: tf.Tensor
) -> dict[str, tf.Tensor]:
    """Columns of rows from their features.

    Args:
        preprocessor: Of the columns.
        format: Of the rows.
        layout: Of the features.
        features: (batch, features), as a decoder gives them.

    Returns:
        (batch,) each, by the names of outputs: words as strings, empty where missing; whole numbers of
        complete columns as integers; other numbers, and times as days since 1970, as float32, NaN where
        missing.
    """
    columns = {}
    for number, (name, layer) in enumerate(preprocessor.layers().items()):
        begin, one = int(layout.starts[number]), layout.columns[number]
        own = features[:, begin : begin + one.width]
        if isinstance(layer, Number | Quantiles):
            values = layer.inverse_graph(own[:, 0])
            if _is_whole(format, layout, number):
                columns[name] = tf.cast(tf.round(values), tf.int64)
                continue
            values = tf.cast(values, tf.float32)
            columns[name] = tf.where(own[:, 1] > 0.5, tf.constant(np.nan, tf.float32), values)
        else:
            words = tf.constant(["", *format.words[number]])
            columns[name] = tf.gather(words, tf.argmax(own[:, 1:], axis=-1))
    return {output: columns[name] for name, output in output_names(preprocessor).items()}


def plain_columns(
    preprocessor: Preprocessor, format: Rows, layout: TableLayout, features: np.ndarray
) -> dict[str, np.ndarray]:
    """The same out of a graph.

    Args:
        preprocessor: Of the columns.
        format: Of the rows.
        layout: Of the features.
        features: (n, features).

    Returns:
        (n,) each, by the names of outputs; words as bytes.
    """
    columns, names = preprocessor.columns_of(np.asarray(features)), output_names(preprocessor)
    served = {}
    for number, (name, values) in enumerate(columns.items()):
        if format.kinds[number] == "word":
            texts = [word.encode() if isinstance(word, str) else b"" for word in values]
            served[names[name]] = np.array(texts, object)
        elif _is_whole(format, layout, number):
            served[names[name]] = values.round().astype(np.int64)
        else:
            served[names[name]] = values.astype(np.float32)
    return served


def _is_whole(format, layout, number):
    """Whether a column holds whole numbers alone, none of which is ever missing."""
    whole = format.kinds[number] == "number" and format.decimals[number] == 0
    return whole and layout.columns[number].complete
