"""Channels moved into space: in training as TensorFlow's own operation, which serves."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.blocks.sub_pixel import Shuffle


@pytest.mark.parametrize(("shape", "factor"), [((2, 3, 5, 8), 2), ((1, 4, 2, 9), 3), ((3, 1, 1, 4), 2)])
@pytest.mark.parametrize("training", [False, True])
def test_channels_go_where_tensorflow_puts_them(shape, factor, training):
    features = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    expected = tf.nn.depth_to_space(features, factor)
    layer = Shuffle(factor)
    np.testing.assert_array_equal(layer(features, training=training), expected)
    any_size = tf.function(
        lambda tensor: layer(tensor, training=training),
        input_signature=[tf.TensorSpec((None, None, None, shape[-1]))],
    )
    np.testing.assert_array_equal(any_size(features), expected)


def test_training_takes_no_kernel_of_its_own_and_heads_take_no_transpose():
    inputs = keras.Input((7, 5, 12))
    model = keras.Model(inputs, Shuffle(2)(inputs))
    kinds = {}
    for training in (True, False):
        graph = tf.function(lambda tensor, training=training: model(tensor, training=training))
        traced = graph.get_concrete_function(tf.TensorSpec((None, 7, 5, 12))).graph
        kinds[training] = {op.type for op in traced.get_operations()}
    assert "DepthToSpace" not in kinds[True]
    assert "Transpose" not in kinds[False]


def test_a_functional_model_knows_the_sizes():
    assert Shuffle(2)(keras.Input((7, 5, 12))).shape == (None, 14, 10, 3)
