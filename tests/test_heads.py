"""Specs and terms refuse what they cannot mean."""

import keras
import pytest

from keras_ae.heads import Heads, Spec, Term


@pytest.mark.parametrize("shape", [(), (0, 3), (4, -1)])
def test_a_shape_needs_axes_of_at_least_one(shape):
    with pytest.raises(ValueError, match="one or more axes"):
        Spec(shape, (3,), "unit")


def test_an_unknown_domain_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"\['categorical', 'real', 'unit'\], received 'complex'"):
        Spec((3,), (3,), "complex")


def test_the_activation_follows_the_domain():
    assert Spec((3,), (3,), "unit").activation == "sigmoid"
    assert Spec((3,), (3,), "real").activation == "linear"


@pytest.mark.parametrize("weight", [-1.0, float("nan")])
def test_a_terms_weight_is_not_negative(weight):
    with pytest.raises(ValueError, match="weight of term 'sparsity'"):
        Term("sparsity", lambda outputs: outputs["code"], weight)


def test_a_model_without_heads_is_refused():
    inputs = keras.Input((3,))
    with pytest.raises(ValueError, match="encoder"):
        Heads.of(keras.Model(inputs, keras.layers.Dense(2)(inputs)))
