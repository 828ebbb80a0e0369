"""Each variant of flat examples on the rows of a table: probabilities, gradients, and a file."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.domains import domain_of
from keras_ae.heads import Spec, apply
from keras_ae.losses import on_reconstruction
from keras_ae.training.trainer import Trainer
from keras_ae.variants.adversarial import Adversarial
from keras_ae.variants.contractive import Contractive
from keras_ae.variants.importance_weighted import ImportanceWeighted
from keras_ae.variants.undercomplete import Undercomplete
from keras_ae.variants.vamp_prior import VampPrior
from keras_ae.variants.variational import Variational
from keras_ae.variants.vector_quantized import VectorQuantized

DOMAIN = domain_of("table(n*2,w3,n0.5~0.2,w1)")
LAYOUT = DOMAIN.layout
SPEC = Spec((14,), (14,), DOMAIN, train_examples=99)
SMALL = {"backbone": DenseBackbone((8,)), "latent_dim": 2}
VARIANTS = {
    kind.__name__: kind(**SMALL)
    for kind in (
        Adversarial,
        Contractive,
        ImportanceWeighted,
        Undercomplete,
        VampPrior,
        Variational,
        VectorQuantized,
    )
} | {
    "linear path": Undercomplete(**SMALL, linear_below=1000),
    "fixed variances": Variational(**SMALL, likelihood="unit_gaussian"),
}


@pytest.fixture
def rows(random):
    """Rows, of which the first lacks its first number and its first word."""
    rows = np.zeros((8, 14), np.float32)
    rows[:, LAYOUT.numbers > 0] = random.normal(size=(8, 3))
    rows[np.arange(8), 6 + random.integers(0, 3, 8)] = rows[:, 13] = 1
    for column in (0, 2):
        own = LAYOUT.groups == column
        rows[0, own] = LAYOUT.nothing[own]
    return rows


@pytest.mark.parametrize("name", VARIANTS)
def test_rows_are_reconstructed_by_the_likelihoods_of_their_columns(name, rows):
    variant = VARIANTS[name]
    keras.utils.set_random_seed(0)
    heads = variant.build(SPEC)
    variant.initialize(heads, lambda: rows)
    found = np.asarray(heads.end_to_end({"inputs": rows})["reconstruction"])
    words = (found * LAYOUT.classes @ LAYOUT.of_column)[:, ~LAYOUT.is_number]
    np.testing.assert_allclose(words, 1, rtol=1e-5)
    np.testing.assert_array_equal(found[:, LAYOUT.flags], 0)
    named = variant.likelihood
    loss = on_reconstruction(DOMAIN.loss) if named is None else DOMAIN.likelihood_by_name(named)
    tensors = {"inputs": tf.constant(rows), "targets": tf.constant(rows), "seeds": tf.zeros((8, 2), tf.int64)}
    with tf.GradientTape() as tape:
        outputs = apply(heads.trained, tensors, training=True)
        each = loss(tf.repeat(tf.constant(rows), heads.samples, axis=0), outputs)
    assert each.shape == (8 * heads.samples,)
    weight = heads.decoder.trainable_variables[-1]
    assert np.isfinite(tape.gradient(each, weight)).all()
    trainer = Trainer(heads.trained, loss, variant.terms(), samples=heads.samples)
    trainer.compile("sgd")
    outputs = apply(heads.trained, tensors)
    assert np.isfinite(float(trainer.compute_loss(y=tf.constant(rows), y_pred=outputs)))


@pytest.mark.parametrize("name", ["Undercomplete", "linear path", "Variational", "VampPrior"])
def test_what_is_missing_pulls_at_nothing(name, rows):
    """The loss of a row does not depend on what is expected where it has no value."""
    variant = dataclasses.replace(VARIANTS[name])
    heads = variant.build(SPEC)
    named = variant.likelihood
    loss = on_reconstruction(DOMAIN.loss) if named is None else DOMAIN.likelihood_by_name(named)
    outputs = dict(apply(heads.end_to_end, {"inputs": rows}))
    before = np.asarray(loss(rows, outputs))
    gone = np.isin(LAYOUT.groups, (0, 2))
    outputs["reconstruction"] = np.where(gone, 0.123, outputs["reconstruction"]).astype(np.float32)
    after = np.asarray(loss(rows, outputs))
    assert after[0] == pytest.approx(before[0], rel=1e-5)
    assert abs(after[1:] - before[1:]).min() > 1e-4


@pytest.mark.parametrize("name", ["linear path", "VampPrior", "Variational"])
def test_heads_of_rows_survive_a_keras_file(name, rows, tmp_path):
    heads = VARIANTS[name].build(SPEC)
    heads.end_to_end.save(tmp_path / "heads.keras")
    again = keras.models.load_model(tmp_path / "heads.keras", safe_mode=True)
    # the same weights in other graphs, whose last digits may differ
    for output, value in heads.end_to_end({"inputs": rows}).items():
        np.testing.assert_allclose(again({"inputs": rows})[output], value, rtol=1e-5, atol=1e-6)
