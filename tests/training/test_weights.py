"""Weights of examples: an example of weight 2 counts as two, one of weight 0 as none."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from conftest import eagerly

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.examples import Split
from keras_ae.data.pipeline import Autoencoding, PairedData
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.replicas import Replicas
from keras_ae.training.examples import completed
from keras_ae.training.session import build_trainer
from keras_ae.variants.adversarial import Adversarial
from keras_ae.variants.importance_weighted import ImportanceWeighted
from keras_ae.variants.undercomplete import Undercomplete
from keras_ae.variants.variational import Variational

WEIGHTS = np.array([2, 0, 1, 0, 3, 0, 0, 1, 1, 0, 4, 0], np.float32)


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).normal(size=(12, 5)).astype(np.float32)


def test_batches_end_with_weights_around_one(rows):
    split = Split(rows, weights=WEIGHTS)
    data = Data("rows", split, split.take(slice(6)), split, "real")
    paired = PairedData(data, Autoencoding())
    batch = next(iter(paired.training_batches(4)[0]))
    of_row = {tuple(row): weight for row, weight in zip(rows, WEIGHTS, strict=True)}
    expected = [of_row[tuple(row)] for row in batch[1].numpy()]
    np.testing.assert_allclose(batch[2].numpy(), np.array(expected) / WEIGHTS.mean(), rtol=1e-6)
    held_back = next(iter(paired.validation_batches()))
    np.testing.assert_allclose(held_back[2].numpy(), WEIGHTS[:6] / WEIGHTS[:6].mean(), rtol=1e-6)
    assert len(next(iter(paired.test_batches()))) == 2  # which nothing is trained by
    part = next(iter(paired.training_batches(4, part=(1, 2))[0]))
    np.testing.assert_array_equal(part[2], batch[2][2:])
    with pytest.raises(InputError, match="all 2 examples of one have the weight 0"):
        PairedData(replace(data, validation=split.take([1, 3])), Autoencoding()).validation_batches()
    joined = split.take(slice(0, 3)).joined(split.take(slice(3, 6)))
    np.testing.assert_array_equal(joined.weights, WEIGHTS[:6])


@pytest.mark.parametrize(
    "variant",
    [
        Undercomplete(DenseBackbone((8,)), 2),
        Variational(DenseBackbone((8,)), 2),
        ImportanceWeighted(DenseBackbone((8,)), 2, samples=3),
    ],
    ids=lambda variant: type(variant).__name__,
)
def test_an_example_counts_as_often_as_its_weight_says(rows, variant):
    trainer = build_trainer(variant, rows)
    trainer.compile("adam", run_eagerly=True)
    tensors, targets = completed(rows, {"seeds"}, trainer.examples)
    outputs = trainer(tensors)
    repeated = np.repeat(np.arange(len(rows)), WEIGHTS.astype(int))

    def of(value):
        each = np.asarray(value)
        by_row = each.reshape(len(rows), -1, *each.shape[1:])
        return tf.constant(by_row[repeated].reshape(-1, *each.shape[1:]))

    weighted = trainer.compute_loss(y=targets, y_pred=outputs, sample_weight=WEIGHTS / WEIGHTS.mean())
    metrics = {name: float(tracker.result()) for name, tracker in trainer.trackers.items()}
    for tracker in trainer.trackers.values():
        tracker.reset_state()
    alike = trainer.compute_loss(y=of(rows), y_pred={name: of(value) for name, value in outputs.items()})
    assert float(weighted) == pytest.approx(float(alike), rel=1e-5)  # float32 sums in another order
    assert metrics == pytest.approx(
        {name: float(tracker.result()) for name, tracker in trainer.trackers.items()}, rel=1e-5
    )


def test_weights_reach_the_objective_from_arrays_and_from_batches(rows):
    trainer = build_trainer(Undercomplete(DenseBackbone((8,)), 2), rows)
    trainer.compile("sgd", run_eagerly=True)
    initial = trainer.get_weights()
    batches = tf.data.Dataset.from_tensors((rows, rows, WEIGHTS))
    learned = []
    for data in (
        {"x": rows, "sample_weight": WEIGHTS},
        {"x": rows, "y": rows, "sample_weight": WEIGHTS},
        {"x": batches},
        {"x": rows},
    ):
        trainer.set_weights(initial)
        trainer.fit(**data, batch_size=None if data["x"] is batches else 12, shuffle=False, verbose=0)
        learned.append(trainer.get_weights()[0])
    np.testing.assert_allclose(learned[1], learned[0], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(learned[2], learned[0], rtol=1e-5, atol=1e-7)
    assert np.abs(learned[3] - learned[0]).max() > 1e-4
    one = np.eye(12)[0] * 12  # the loss of the first row alone
    held_back = trainer.fit(rows, validation_data=(rows, None, one), verbose=0).history["val_loss"]
    assert held_back[0] == pytest.approx(
        trainer.evaluate(rows[:1], verbose=0, return_dict=True)["loss"], rel=1e-5
    )


def test_the_trimmed_objective_leaves_out_the_highest_losses_with_their_weights(rows):
    trainer = build_trainer(Undercomplete(DenseBackbone((8,)), 2), rows)
    trainer.trim = 0.25
    losses, weights = np.arange(8, dtype=np.float32)[::-1].copy(), np.arange(8, dtype=np.float32)
    kept = trainer._trimmed(tf.constant(losses), tf.constant(weights), Replicas())
    np.testing.assert_array_equal(kept, [0 * 7, 1 * 6, 2 * 5, 3 * 4, 4 * 3, 5 * 2])


def test_weights_by_hand_are_checked(rows):
    trainer = build_trainer(Undercomplete(DenseBackbone((8,)), 2), rows)
    for weights, message in (
        (np.ones(5), r"12 numbers of at least 0, one for each example; received shape \(5,\)"),
        (-np.ones(12), "received -1 among them; leave those examples out"),
        (np.zeros(12), "received zero for all"),
        (["heavy"] * 12, "received list"),
    ):
        with pytest.raises(InputError, match=message):
            trainer.fit(rows, sample_weight=weights)


def test_an_adversary_takes_weights(rows):
    trainer = build_trainer(Adversarial(DenseBackbone((8,)), 2), rows)
    with eagerly():
        trainer.compile("adam")
        logs = trainer.fit(rows, batch_size=12, sample_weight=WEIGHTS, verbose=0).history
    assert np.isfinite(logs["loss"]).all()
