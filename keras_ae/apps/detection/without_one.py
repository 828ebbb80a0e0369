"""Why rows of a table are unlike the others: their scores, and what is expected, without one value each."""

from __future__ import annotations

import keras
import numpy as np

from keras_ae.heads import batched
from keras_ae.table_layout import TableLayout

__all__ = ["without_each"]


def without_each(
    detector: keras.Model, reconstruct: keras.Model, inputs: np.ndarray, layout: TableLayout
) -> tuple[np.ndarray, np.ndarray]:
    """Scores rows once without each of their values.

    A strange value also spoils what is expected of the others. Without it they are as usual again, so that
    it is the one whose absence lowers the score most, and what is expected in its place comes from them.

    Args:
        detector: {"inputs"} -> {"score"}, and "expected" where that is not the reconstruction.
        reconstruct: {"inputs"} -> {"reconstruction"}.
        inputs: (n, features), the rows.
        layout: Of their columns.

    Returns:
        (n, columns), by how much the score falls without a column, at least 0, and 0 for missing values and
        for words that are the expected ones; and (n, features), what is expected of each column given the
        others.
    """
    whole = batched(detector, {"inputs": inputs})["score"]
    falls = np.zeros((len(inputs), len(layout.columns)), np.float32)
    expected = np.zeros_like(inputs)
    for column in range(len(layout.columns)):
        own = layout.groups == column
        without = {"inputs": np.where(own, layout.nothing, inputs)}
        outputs = batched(detector, without)
        features = outputs.get("expected")
        if features is None:
            features = batched(reconstruct, without)["reconstruction"]
        expected[:, own] = features[:, own]
        likeliest, given = (rows[:, own].argmax(axis=1) for rows in (expected, inputs))
        strange = layout.is_number[column] | (likeliest != given)
        falls[:, column] = np.where(strange, whole - outputs["score"], 0.0)
    return np.maximum(falls * (inputs[:, layout.flags] < 1), 0.0), expected
