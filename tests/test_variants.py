"""The one contract that every variant keeps; variants are found by listing their folder."""

import importlib
import pkgutil

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae import losses, variants
from keras_ae.blocks.conv2d import ConvBackbone
from keras_ae.heads import Heads, Spec
from keras_ae.trainees import Trainee
from keras_ae.variants.undercomplete import Undercomplete

MODULES = [
    importlib.import_module(f"keras_ae.variants.{info.name}")
    for info in pkgutil.iter_modules(variants.__path__)
]
EXAMPLES = {module.__name__.split(".")[-1]: module.EXAMPLE for module in MODULES} | {
    "undercomplete-convolutional": (
        Undercomplete(ConvBackbone((4, 8), smallest=2, hidden=8), latent_dim=3),
        Spec((9, 6, 3), (9, 6, 3), "real"),
    )
}


@pytest.fixture(params=EXAMPLES)
def example(request):
    variant, spec = EXAMPLES[request.param]
    keras.utils.set_random_seed(1)
    return variant, spec, variant.build(spec)


def batch_of(spec, count=4):
    return np.random.default_rng(0).uniform(size=(count, *spec.input_shape)).astype("float32")


def test_the_decoder_of_the_encoder_is_the_end_to_end_model(example):
    _, spec, heads = example
    inputs = {"inputs": batch_of(spec)}
    code = heads.encoder(inputs, training=False)["code"]
    apart = heads.decoder({"code": code}, training=False)["reconstruction"]
    whole = heads.end_to_end(inputs, training=False)["reconstruction"]
    assert whole.shape == (4, *spec.target_shape)
    np.testing.assert_allclose(apart, whole, rtol=1e-6, atol=1e-6)


def test_heads_share_every_weight(example):
    _, _, heads = example
    parts = {id(weight) for weight in heads.encoder.weights + heads.decoder.weights}
    assert parts == {id(weight) for weight in heads.end_to_end.weights}
    heads.decoder.weights[0].assign_add(np.ones(heads.decoder.weights[0].shape))
    assert any((weight is heads.decoder.weights[0]) for weight in heads.end_to_end.weights)


def test_terms_are_finite_for_each_example_or_for_the_batch(example):
    variant, spec, heads = example
    outputs = heads.end_to_end({"inputs": batch_of(spec)}, training=True)
    for term in variant.terms():
        value = np.asarray(term.value(outputs))
        assert value.shape in ((4,), ())
        assert np.isfinite(value).all()


def test_one_step_changes_every_trainable_weight(example):
    variant, spec, heads = example
    trainee = Trainee(heads, losses.for_domain(spec.domain), variant.terms())
    trainee.compile(optimizer=keras.optimizers.SGD(0.5))
    before = [np.array(weight) for weight in heads.end_to_end.trainable_weights]
    inputs = batch_of(spec, 16)
    targets = np.random.default_rng(1).uniform(size=(16, *spec.target_shape)).astype("float32")
    trainee.train_on_batch(inputs, targets)
    for weight, old in zip(heads.end_to_end.trainable_weights, before, strict=True):
        assert not np.array_equal(np.array(weight), old), weight.path


def test_heads_survive_a_keras_file(example, tmp_path):
    _, spec, heads = example
    heads.end_to_end.save(tmp_path / "model.keras")
    loaded = Heads.of(keras.models.load_model(tmp_path / "model.keras", compile=False, safe_mode=True))
    inputs = {"inputs": batch_of(spec)}
    for name in ("encoder", "end_to_end"):
        for key, value in getattr(heads, name)(inputs, training=False).items():
            np.testing.assert_array_equal(getattr(loaded, name)(inputs, training=False)[key], value)


def test_the_outputs_lie_in_the_targets_domain(example):
    _, spec, heads = example
    output = np.asarray(heads.end_to_end({"inputs": 100 * batch_of(spec)}, training=False)["reconstruction"])
    inside = (output >= 0).all() and (output <= 1).all()
    assert inside == (spec.domain == "unit")


def test_a_graph_that_is_served_holds_no_random_and_no_assign_op(example):
    _, spec, heads = example
    signature = {"inputs": tf.TensorSpec((None, *spec.input_shape))}
    graph = tf.function(heads.encoder).get_concrete_function(signature, training=False).graph
    assert not [op.type for op in graph.get_operations() if "Random" in op.type or "Assign" in op.type]


def test_a_code_of_no_numbers_is_refused():
    with pytest.raises(ValueError, match="latent_dim is at least 1, received 0"):
        Undercomplete(latent_dim=0)
