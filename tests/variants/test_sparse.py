"""Sparse codes: which units are active, which are dead, and how dead ones come back."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import eagerly
from sklearn.decomposition import PCA

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.dictionary import Dictionary, TopUnits
from keras_ae.blocks.sparsity import DeadFraction, ExplainedVariance, active_units
from keras_ae.domains import REAL, UNIT
from keras_ae.errors import InputError
from keras_ae.heads import Spec, apply
from keras_ae.losses import on_reconstruction, squared_error
from keras_ae.training.trainer import Trainer
from keras_ae.variants.batch_top_k import BatchTopK
from keras_ae.variants.sparse import Sparse
from keras_ae.variants.top_k import TopK

SPEC = Spec((6,), (6,), REAL)
ACTIVITY = np.array([[0.0, 3, 1, 2], [5, 0, 4, 6], [0, 0, 0, 0.5]], "float32")


def test_the_k_most_active_units_of_each_example_stay():
    code = TopUnits(4, 2)(ACTIVITY)
    np.testing.assert_array_equal(code, [[0, 3, 0, 2], [5, 0, 0, 6], [0, 0, 0, 0.5]])


def test_units_of_a_batch_are_selected_together_and_those_of_one_example_by_a_threshold():
    layer = TopUnits(4, 1, per_batch=True)
    code = layer(ACTIVITY, training=True)
    np.testing.assert_array_equal(code, [[0, 0, 0, 0], [5, 0, 4, 6], [0, 0, 0, 0]])  # 3 of 3 examples
    assert float(layer.threshold) == 4
    layer(0.5 * ACTIVITY, training=True)
    assert float(layer.threshold) == pytest.approx(0.95 * 4 + 0.05 * 2)
    expected = ACTIVITY * (float(layer.threshold) < ACTIVITY)
    np.testing.assert_array_equal(layer(ACTIVITY), expected)
    for row in range(3):  # whatever else is in the batch
        np.testing.assert_array_equal(layer(ACTIVITY[row : row + 1])[0], expected[row])


def test_dead_units_are_those_that_were_not_active_for_long_and_the_most_active_ones_come_back():
    layer = TopUnits(4, 2, dead_after=6, revived=1)
    layer(ACTIVITY, training=False)
    np.testing.assert_array_equal(layer.unused, [0, 0, 0, 0])  # only training counts
    layer(ACTIVITY, training=True)
    np.testing.assert_array_equal(layer.unused, [0, 0, 3, 0])
    np.testing.assert_array_equal(layer(ACTIVITY, mode="revive"), np.zeros((3, 4)))
    layer(ACTIVITY[:1] * 0 + [0, 0, 0, 1] * np.ones((6, 1), "float32"), training=True)
    np.testing.assert_array_equal(layer.unused, [6, 6, 9, 0])
    np.testing.assert_array_equal(layer(ACTIVITY, mode="revive"), [[0, 3, 0, 0], [5, 0, 0, 0], [0, 0, 0, 0]])
    layer(ACTIVITY, training=True)
    np.testing.assert_array_equal(layer.unused, [0, 0, 9, 0])


def test_vectors_of_a_dictionary_keep_length_one_and_have_no_gradient_along_them(random):
    layer = Dictionary(5, 3)
    code, target = (tf.constant(random.normal(size=(8, n)), tf.float32) for n in (5, 3))
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(layer(code, training=True) - target))
    gradient = tape.gradient(loss, layer.kernel.value)
    along = np.sum(np.asarray(gradient) * np.asarray(layer.kernel), axis=1)
    np.testing.assert_allclose(along, 0, atol=1e-6)
    keras.optimizers.SGD(1.0).apply([gradient], [layer.kernel])
    np.testing.assert_allclose(np.linalg.norm(layer.kernel, axis=1), 1, rtol=1e-5)


@pytest.fixture
def vectors(random):
    """Sums of two of 12 vectors of 6 numbers, around a mean."""
    amounts = np.zeros((600, 12))
    for row in amounts:
        row[random.choice(12, 2, replace=False)] = random.uniform(1, 2, 2)
    atoms = random.normal(size=(12, 6))
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    return (amounts @ atoms + [3, 0, 0, 0, -2, 0]).astype("float32")


@pytest.mark.parametrize("variant", [TopK(None, 24, k=2), BatchTopK(None, 24, k=2), Sparse(None, 24)])
def test_the_encoder_begins_tied_to_the_dictionary_around_the_mean(variant, vectors):
    heads = variant.build(SPEC)
    variant.initialize(heads, lambda: vectors)
    kernel = np.asarray(heads.decoder.get_layer("decoder_dictionary").kernel)
    centered = np.maximum((vectors - vectors.mean(axis=0)) @ kernel.T, 0)
    units = keras.Model(heads.encoder.inputs, heads.encoder.get_layer("encoder_units").output)
    np.testing.assert_allclose(units.predict(vectors, verbose=0), centered, atol=1e-5)
    nothing = apply(heads.decoder, {"code": np.zeros((1, 24), "float32")})["reconstruction"]
    np.testing.assert_allclose(nothing[0], vectors.mean(axis=0), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(variant.patterns(heads), kernel)


def trained(variant, examples, epochs):
    keras.utils.set_random_seed(0)
    heads = variant.build(SPEC)
    variant.initialize(heads, lambda: examples)
    trainer = Trainer(
        heads.trained,
        on_reconstruction(squared_error),
        variant.terms(),
        split_metrics=variant.split_metrics(heads),
    )
    trainer.compile(optimizer=keras.optimizers.Adam(0.01))
    named = {"inputs": examples, "targets": examples, "seeds": np.zeros((len(examples), 2), "int64")}
    batches = tf.data.Dataset.from_tensor_slices((named, examples)).batch(100)
    history = trainer.fit(batches, epochs=epochs, verbose=0, shuffle=False)
    return heads, history.history, trainer.evaluate(batches, return_dict=True, verbose=0)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [TopK, BatchTopK])
def test_two_units_explain_what_two_components_do_not(kind, vectors):
    heads, _, metrics = trained(kind(None, 24, k=2, dead_after=600), vectors, 150)
    assert metrics["l0"] == pytest.approx(2, abs=0.2)
    assert metrics["explained_variance"] > 0.9
    of_components = PCA().fit(vectors).explained_variance_ratio_[:2].sum()
    assert metrics["explained_variance"] > of_components + 0.2
    kernel = np.asarray(heads.decoder.get_layer("decoder_dictionary").kernel)
    np.testing.assert_allclose(np.linalg.norm(kernel, axis=1), 1, rtol=1e-5)


def test_dead_units_learn_what_the_others_leave_over(vectors):
    variant = TopK(None, 16, k=2, dead_after=1, auxiliary_units=8)
    heads = variant.build(SPEC)
    units = heads.encoder.get_layer("encoder_units")
    before = units.bias.numpy()
    before[8:] = -0.01  # these are less active than others, and so dead
    units.kernel.assign(np.concatenate([units.kernel[:, :8], 0.01 * units.kernel[:, 8:]], axis=1))
    outputs = apply(heads.trained, {"inputs": vectors}, training=True)
    outputs = apply(heads.trained, {"inputs": vectors}, training=True)
    [auxiliary] = [term for term in variant.terms() if term.name == "auxiliary"]
    with tf.GradientTape() as tape:
        outputs = apply(heads.trained, {"inputs": vectors}, training=True)
        value = tf.reduce_mean(auxiliary.value(outputs))
    gradient = np.abs(tape.gradient(value, units.kernel.value)).max(axis=0)
    dead = np.asarray(heads.encoder.get_layer("encoder_code").unused) > 0
    assert dead.any()
    assert gradient[dead].max() > 0
    assert not gradient[~dead].any()  # what they leave over is not theirs to change


def test_there_is_no_auxiliary_loss_without_dead_units():
    residual, nothing = np.ones((3, 4), "float32"), np.zeros((3, 4), "float32")
    [auxiliary] = [term for term in TopK().terms() if term.name == "auxiliary"]
    np.testing.assert_array_equal(auxiliary.value({"residual": residual, "revived": nothing}), [0, 0, 0])
    np.testing.assert_allclose(auxiliary.value({"residual": residual, "revived": nothing + 0.5}), [0.25] * 3)


def test_metrics_of_a_split_are_those_of_all_its_examples(random):
    targets = random.normal(size=(50, 3, 2)).astype("float32") + 1000
    outputs = (targets + 0.3 * random.normal(size=targets.shape)).astype("float32")
    code = np.zeros((50, 4), "float32")
    code[3, 1] = code[40, 2] = 0.5
    metrics = ExplainedVariance((None, 3, 2)), DeadFraction(4), DeadFraction(4, least=1)
    for rows in (slice(7), slice(7, 8), slice(8, 50)):
        for metric in metrics:
            metric.update_state(targets[rows], {"reconstruction": outputs[rows], "code": code[rows]})
    expected = 1 - np.sum((targets - outputs) ** 2) / np.sum((targets - targets.mean(axis=0)) ** 2)
    assert float(metrics[0].result()) == pytest.approx(expected, abs=1e-4)
    assert [float(metric.result()) for metric in metrics[1:]] == [0.5, 1]
    metrics[1].reset_state()
    assert float(metrics[1].result()) == 1
    np.testing.assert_array_equal(active_units({"code": code[[0, 3]]}), [0, 1])


def test_the_trainer_reports_metrics_of_the_whole_split(vectors):
    with eagerly():
        _, history, metrics = trained(BatchTopK(None, 24, k=2), vectors, 2)
    assert {"dead_fraction", "explained_variance", "l0", "auxiliary"} <= set(metrics) & set(history)
    assert history["l0"][-1] == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize(
    ("variant", "spec", "message"),
    [
        (
            TopK(None),
            Spec((6,), (6,), UNIT),
            "without a backbone .* are real values; received unit",
        ),
        (
            Sparse(None),
            Spec((6,), (5,), REAL),
            r"have one shape; received \(6,\) and \(5,\)",
        ),
    ],
)
def test_data_that_no_sum_of_vectors_can_be_need_a_backbone(variant, spec, message):
    with pytest.raises(InputError, match=message):
        variant.build(spec)
    dataclasses.replace(variant, backbone=DenseBackbone((4,))).build(spec)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"latent_dim": 8, "k": 9}, "k must be at most latent_dim, 8; received 9"),
        ({"k": 0}, "k must be at least 1"),
        ({"dead_after": 0}, "dead_after must be at least 1"),
        ({"auxiliary_units": 0}, "auxiliary_units must be at least 1"),
        ({"auxiliary_weight": -1}, "auxiliary_weight must be at least 0"),
    ],
)
def test_values_out_of_range_are_refused(fields, message):
    with pytest.raises(InputError, match=message):
        TopK(**fields)


def test_a_baseline_has_as_many_numbers_as_units_are_active():
    assert TopK().active_dim({"l0": 8.6}) == 9
    assert Sparse().active_dim({"l0": 0.2}) == 1
