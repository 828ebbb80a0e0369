"""Channels moved into space: as TensorFlow's own operation."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.blocks.sub_pixel import depth_to_space


@pytest.mark.parametrize(("shape", "factor"), [((2, 3, 5, 8), 2), ((1, 4, 2, 9), 3), ((3, 1, 1, 4), 2)])
def test_channels_go_where_tensorflow_puts_them(shape, factor):
    features = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    expected = tf.nn.depth_to_space(features, factor)
    np.testing.assert_array_equal(depth_to_space(features, factor), expected)
    any_size = tf.function(
        lambda tensor: depth_to_space(tensor, factor),
        input_signature=[tf.TensorSpec((None, None, None, shape[-1]))],
    )
    np.testing.assert_array_equal(any_size(features), expected)


def test_a_functional_model_knows_the_sizes():
    inputs = keras.Input((7, 5, 12))
    assert depth_to_space(inputs, 2).shape == (None, 14, 10, 3)
