"""How many ordered numbers are below others, as NumPy counts them."""

import numpy as np
import pytest
import tensorflow as tf

from keras_ae.blocks.ordered import count_below


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9, 1000, 1024])
@pytest.mark.parametrize(("equal", "side"), [(False, "left"), (True, "right")])
def test_as_many_are_below_as_numpy_says(random, count, equal, side):
    ordered = np.sort(random.integers(0, 50, count) / 7).astype(np.float32)  # with equal ones
    values = np.concatenate([random.integers(-3, 60, 500) / 7, [np.inf, -np.inf]]).astype(np.float32)
    found = count_below(tf.constant(ordered), tf.constant(values), equal)
    np.testing.assert_array_equal(found, np.searchsorted(ordered, values, side))


def test_nothing_is_below_what_is_no_number():
    assert count_below(tf.constant([-np.inf, 0.0, 1.0]), tf.constant([np.nan])).numpy().tolist() == [0]
