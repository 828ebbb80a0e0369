"""Missing values of tables: in training now and then, and in the rows that a detector scores."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.table_output import RowActivation
from keras_ae.data.examples import Split
from keras_ae.data.pipeline import PairedData
from keras_ae.data.types import Data
from keras_ae.domains import domain_of
from keras_ae.errors import InputError
from keras_ae.heads import batched
from keras_ae.tasks.anomaly import Anomaly
from keras_ae.tasks.anomaly_scores import Mahalanobis, ReconstructionProbability
from keras_ae.tasks.corruption import Masking, MissingNowAndThen
from keras_ae.variants.undercomplete import Undercomplete
from keras_ae.variants.variational import Variational

DOMAIN = domain_of("table(n*3,w2)")
LAYOUT = DOMAIN.layout


def table(random, count):
    """Normal rows: three numbers alike, and whether they are above 0 in a word."""
    rows = np.zeros((count, len(LAYOUT.groups)), np.float32)
    own = random.normal(size=count)
    for start in LAYOUT.starts[:3]:
        rows[:, start] = own + random.normal(0, 0.1, count)
    rows[np.arange(count), LAYOUT.starts[3] + 2 + (own > 0)] = 1
    return rows


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(0)
    splits = {name: Split(table(random, 200)) for name in ("train", "validation", "test", "calibration")}
    return Data("rows", **splits, domain=DOMAIN)


def seeds_of(count):
    return tf.stack([tf.zeros(count, tf.int64), tf.range(count, dtype=tf.int64)], axis=1)


def gone(rows):
    """Which values are missing."""
    return np.asarray(rows)[:, LAYOUT.flags] == 1


@pytest.mark.parametrize("corruption", [Masking(0.25), MissingNowAndThen(0.25)])
def test_values_are_taken_as_the_preprocessing_of_missing_ones_does(corruption, random):
    rows, corruption = table(random, 2000), tf.function(corruption)  # row by row it would take seconds
    lacking = np.asarray(corruption(rows, seeds_of(2000), DOMAIN))
    missing = gone(lacking)[:, LAYOUT.groups]
    np.testing.assert_array_equal(lacking, np.where(missing, LAYOUT.nothing, rows))
    assert gone(lacking).mean() == pytest.approx(0.25, abs=0.02)  # 8,000 values: 4 standard deviations
    np.testing.assert_array_equal(corruption(rows, seeds_of(2000), DOMAIN), lacking)


def test_about_every_second_row_stays_whole(random):
    rows = table(random, 2000)
    missing = gone(MissingNowAndThen(0.3)(rows, seeds_of(2000), DOMAIN))
    assert missing.any(axis=1).mean() == pytest.approx(0.5 * (1 - 0.4**4), abs=0.045)
    assert MissingNowAndThen(0.0)(rows, seeds_of(2000), DOMAIN) is rows
    assert MissingNowAndThen(0.3)(rows, seeds_of(2000), "real") is rows
    with pytest.raises(InputError, match=r"rate"):
        MissingNowAndThen(0.6)


def test_training_takes_values_from_the_inputs_and_not_from_the_targets(data):
    inputs, targets = Anomaly().pair(data.train.examples, seeds_of(200), DOMAIN)
    np.testing.assert_array_equal(targets, data.train.examples)
    assert gone(inputs).any()
    inputs, _ = Anomaly(missing=MissingNowAndThen(0.0)).pair(data.train.examples, seeds_of(200), DOMAIN)
    np.testing.assert_array_equal(inputs, data.train.examples)


@pytest.fixture(scope="module")
def heads(data):
    """Heads that were trained for a moment."""
    keras.utils.set_random_seed(0)
    built = Undercomplete(DenseBackbone((16,)), latent_dim=1).build(PairedData(data, Anomaly()).spec)
    seeds, loss = seeds_of(200), DOMAIN.loss
    optimizer = keras.optimizers.Adam(0.02)

    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(loss(targets, built.end_to_end({"inputs": inputs})["reconstruction"]))
        weights = built.end_to_end.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(value, weights), weights, strict=True))

    for number in range(300):
        step(*Anomaly().pair(tf.constant(data.train.examples), seeds + number, DOMAIN))
    return built


@pytest.fixture(scope="module")
def detector(heads, data):
    return Anomaly().detector(heads, data)[0]


def scored(detector, rows):
    return {name: np.asarray(value) for name, value in detector({"inputs": tf.constant(rows)}).items()}


def test_a_row_is_scored_on_what_it_has(detector, data):
    whole = np.asarray(data.test.examples)
    odd = whole.copy()
    odd[:, 4] = -3 * np.sign(odd[:, 0])  # the third number against the others
    lacking = odd.copy()
    lacking[:, LAYOUT.groups == 2] = LAYOUT.nothing[LAYOUT.groups == 2]
    normal, flagged, without = (scored(detector, rows) for rows in (whole, odd, lacking))
    assert normal["is_anomaly"].mean() < 0.12
    assert flagged["is_anomaly"].mean() > 0.9
    assert without["is_anomaly"].mean() < 0.2
    np.testing.assert_array_equal(without["contributions"][:, 2], 0)
    np.testing.assert_allclose(flagged["contributions"].sum(axis=1), flagged["score"], rtol=1e-4, atol=1e-5)


def test_a_word_that_training_did_not_have_is_a_surprise(detector, data):
    rows = np.asarray(data.test.examples).copy()
    before = scored(detector, rows)["contributions"][:, 3]
    rows[:, LAYOUT.groups == 3] = [1, 0, 0, 0]
    after = scored(detector, rows)["contributions"][:, 3]
    assert (after - before > 0).mean() > 0.9
    usual = float(detector.get_layer("contributions").usual[3])
    np.testing.assert_allclose(after, (np.log(201) - usual) / 4, rtol=1e-4)


def test_a_row_of_which_nothing_is_known_is_no_anomaly(detector):
    nothing = scored(detector, LAYOUT.nothing[None])
    assert not nothing["is_anomaly"][0]
    assert nothing["p_value"][0] == pytest.approx(0.5, abs=0.02)
    np.testing.assert_array_equal(nothing["contributions"], 0)


def test_each_score_takes_rows_that_lack_values(data):
    heads = Variational(DenseBackbone((8,)), 2).build(PairedData(data, Anomaly()).spec)
    assert isinstance(heads.decoder.get_layer("reconstruction"), RowActivation)
    rows = np.asarray(Masking(0.5)(data.test.examples, seeds_of(200), DOMAIN))
    for score in (ReconstructionProbability(4), Mahalanobis()):
        found = batched(Anomaly(score).detector(heads, data)[0], {"inputs": rows})
        assert np.isfinite(found["score"]).all()
        nothing = gone(rows).all(axis=1)
        assert nothing.any()
        assert not found["is_anomaly"][nothing].any()


def test_rows_whose_label_says_normal_may_lack_values_too(data):
    lacking = Split(np.asarray(Masking(0.3)(data.train.examples, seeds_of(200), DOMAIN)))
    few = dataclasses.replace(data, train=lacking, validation=lacking, calibration=lacking)
    heads = Undercomplete(DenseBackbone((8,)), 1).build(PairedData(few, Anomaly()).spec)
    found = batched(Anomaly().detector(heads, few)[0], {"inputs": lacking.examples})
    assert np.isfinite(found["score"]).all()
    assert found["is_anomaly"].mean() <= 0.05
