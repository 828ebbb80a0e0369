"""Specs and terms refuse what they cannot mean."""

import keras
import numpy as np
import pytest

from keras_ae.heads import Heads, Spec, Term, batched


@pytest.mark.parametrize("shape", [(), (0, 3), (4, -1)])
def test_a_shape_needs_axes_of_at_least_one(shape):
    with pytest.raises(ValueError, match="one or more axes"):
        Spec(shape, (3,), "unit")


def test_an_unknown_domain_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"\['categorical', 'real', 'sequence', 'unit'\], received"):
        Spec((3,), (3,), "complex")


def test_the_activation_follows_the_domain():
    assert Spec((3,), (3,), "unit").activation == "sigmoid"
    assert Spec((3,), (3,), "real").activation == "linear"


@pytest.mark.parametrize("weight", [-1.0, float("nan")])
def test_a_terms_weight_is_not_negative(weight):
    with pytest.raises(ValueError, match="weight of term 'sparsity'"):
        Term("sparsity", lambda outputs: outputs["code"], weight)


@pytest.mark.parametrize("name", ["loss", "reconstruction", "selection", "weight_decay"])
def test_a_term_has_a_name_that_no_other_metric_has(name):
    with pytest.raises(ValueError, match=f"'{name}' is a metric of every objective; give the term another"):
        Term(name, lambda outputs: outputs["code"])


def test_a_model_without_heads_is_refused():
    inputs = keras.Input((3,))
    with pytest.raises(ValueError, match="encoder"):
        Heads.of(keras.Model(inputs, keras.layers.Dense(2)(inputs)))


@pytest.mark.parametrize("count", [0, 1, 5, 6])
def test_batches_of_any_number_of_examples_give_their_outputs_in_order(count):
    values = np.arange(2.0 * count, dtype=np.float32).reshape(count, 2)
    sizes = []

    def double(inputs):
        sizes.append(len(inputs["a"]))
        return {"double": 2 * inputs["a"], "sum": inputs["a"] + inputs["b"]}

    outputs = batched(double, {"a": values, "b": values}, size=2)
    np.testing.assert_array_equal(outputs["double"], 2 * values)
    np.testing.assert_array_equal(outputs["sum"], 2 * values)
    assert max(sizes) <= 2


def test_a_model_takes_those_inputs_that_it_needs():
    inputs = keras.Input((2,), name="inputs")
    model = keras.Model({"inputs": inputs}, {"outputs": -inputs})
    values = np.ones((3, 2), np.float32)
    np.testing.assert_array_equal(batched(model, {"inputs": values, "more": values})["outputs"], -values)
