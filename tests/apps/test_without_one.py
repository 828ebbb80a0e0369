"""Why a row is unlike the others: what its score is without one value."""

import numpy as np
import tensorflow as tf

from keras_ae.apps.detection.without_one import without_each
from keras_ae.table_layout import TableLayout
from keras_ae.table_losses import known_columns

LAYOUT = TableLayout.parse("table(n*4)")


def expected_of(tensors):
    """All numbers are expected to be the mean of the known ones."""
    rows = tensors["inputs"]
    known = known_columns(LAYOUT, rows)
    mean = tf.reduce_sum(rows[:, ::2] * known, axis=1) / tf.maximum(tf.reduce_sum(known, axis=1), 1)
    return {"reconstruction": tf.repeat(mean[:, None], 8, axis=1) * LAYOUT.numbers}


def scored(tensors):
    """The mean squared deviation of the known numbers."""
    rows, known = tensors["inputs"], known_columns(LAYOUT, tensors["inputs"])
    squares = tf.square(rows - expected_of(tensors)["reconstruction"])[:, ::2] * known
    return {"score": tf.reduce_sum(squares, axis=1) / tf.maximum(tf.reduce_sum(known, axis=1), 1)}


def test_the_value_to_blame_is_the_one_without_which_the_rest_is_usual():
    rows = np.zeros((3, 8), np.float32)
    rows[:, ::2] = [[2, 2, 6, 2], [2, 2, 2, 2], [2, 0, 6, 2]]
    rows[2, 3] = 1  # the second one is missing
    falls, expected = without_each(scored, expected_of, rows, LAYOUT)
    np.testing.assert_allclose(falls[0], [0, 0, 3, 0], atol=1e-6)
    np.testing.assert_allclose(falls[1], 0, atol=1e-6)
    np.testing.assert_allclose(falls[2], [0, 0, 32 / 9, 0], atol=1e-5)
    np.testing.assert_allclose(expected[:, 4], [2, 2, 2], rtol=1e-6)
    np.testing.assert_allclose(expected[0, ::2], [10 / 3, 10 / 3, 2, 10 / 3], rtol=1e-6)
