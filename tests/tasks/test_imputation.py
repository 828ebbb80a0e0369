"""Missing values: what training hides, the factors that tell them, their intervals, and what is refused."""

import dataclasses

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.factor_path import FactorPosterior, factor_analysis, inverse
from keras_ae.blocks.imputing import FilledRows, ValueIntervals
from keras_ae.data.memory import Arrays
from keras_ae.data.tables.frames import Frame
from keras_ae.data.tables.original_numbers import OriginalNumbers
from keras_ae.data.tables.whole_rows import WholeRows
from keras_ae.domains import domain_of
from keras_ae.errors import InputError
from keras_ae.heads import Spec, batched
from keras_ae.table_losses import known_columns
from keras_ae.tasks.conformal_values import conformal_widths, hidden_values, without
from keras_ae.tasks.imputation import Imputation
from keras_ae.tasks.imputation_metrics import BASELINES, imputation_table
from keras_ae.variants.factor_analysis import FactorAnalysis
from keras_ae.variants.tabular import Tabular
from keras_ae.variants.undercomplete import Undercomplete

DOMAIN = domain_of("table(n*3,w2)")
LAYOUT = DOMAIN.layout


def normal_rows(random, count):
    """Rows of three numbers with two factors, and a word that tells the sign of the first."""
    codes = random.normal(size=(count, 2))
    numbers = codes @ [[1.0, 0.8, -0.6], [0.0, 0.5, 0.7]] + 0.3 * random.normal(size=(count, 3))
    rows = np.zeros((count, 10), np.float32)
    rows[:, LAYOUT.numbers > 0] = numbers
    rows[np.arange(count), 8 + (numbers[:, 0] > 0)] = 1
    return rows


@pytest.fixture(scope="module")
def table():
    """Rows of numbers that skew, words and a date, some values of which are missing."""
    random = np.random.default_rng(0)
    size = random.normal(size=240)
    frame = pd.DataFrame(
        {
            "size": (20 + 5 * size).round(2),
            "price": np.exp(2 * size + 0.1 * random.normal(size=240)).round(3),
            "kind": np.where(size > 0, "large", "small"),
            "noise": random.normal(size=240).round(4),
        }
    )
    frame = frame.mask(random.random(frame.shape) < 0.1)
    return WholeRows(Frame(frame), transform="spread", few=2).load()


@pytest.fixture(scope="module")
def heads(table):
    """Heads of the factors alone, which need no steps."""
    keras.utils.set_random_seed(0)
    width = table.train.shape
    variant = FactorAnalysis(DenseBackbone((4,)), latent_dim=4)
    built = variant.build(Spec(width, width, table.domain, train_examples=len(table.train)))
    variant.initialize(built, lambda: np.asarray(table.train.examples))
    return built


@pytest.fixture(scope="module")
def imputer(heads, table):
    return Imputation(passes=2).imputer(heads, table)


def test_what_is_hidden_was_known_and_what_is_left_is_the_rest(random):
    rows = without(normal_rows(random, 64), random.random((64, 4)) < 0.3, LAYOUT)
    seeds = tf.stack([tf.zeros(64, tf.int64), tf.range(64, dtype=tf.int64)], axis=1)
    task = Imputation(lowest=0.2, highest=0.6)
    inputs, targets = (np.asarray(each) for each in task.pair(rows, seeds, str(DOMAIN)))
    known, left, hidden = (np.asarray(known_columns(LAYOUT, each)) for each in (rows, inputs, targets))
    np.testing.assert_array_equal(left + hidden, known)
    assert 0.2 < hidden.sum() / known.sum() < 0.6
    for part, features in ((left, inputs), (hidden, targets)):
        own = part[:, LAYOUT.groups] > 0
        np.testing.assert_array_equal(features[own], rows[own])
    again, _ = task.pair(rows[10:], seeds[10:], str(DOMAIN))  # whatever else is in the batch
    np.testing.assert_array_equal(again, inputs[10:])


def test_an_inverse_is_that_of_numpy(random):
    roots = random.normal(size=(5, 7, 7)).astype(np.float32)
    matrices = roots @ roots.swapaxes(1, 2) + np.eye(7, dtype=np.float32)
    # float32, of condition numbers up to some hundreds
    np.testing.assert_allclose(inverse(matrices), np.linalg.inv(matrices), rtol=2e-3, atol=1e-4)


def test_factors_tell_missing_values_as_the_normal_distribution_does(random):
    rows = normal_rows(random, 500)
    layer = FactorPosterior(str(DOMAIN), 3)
    layer(rows[:1])
    layer.fitted(without(rows, random.random((500, 4)) < 0.2, LAYOUT))
    mean, spread, noise, loadings = (weight.astype(np.float64) for weight in layer.get_weights())
    gone = np.array([[True, False, False, False]])
    _, filled, deviation = layer(without(rows[:1], gone, LAYOUT))
    used = np.flatnonzero(noise > 0)  # not the flags, nor the unknown word
    np.testing.assert_array_equal(used, [0, 2, 4, 8, 9])
    covariance = loadings[used] @ loadings[used].T + np.diag(noise[used])
    others = ((rows[0, used] - mean[used]) / spread[used])[1:]
    solved = np.linalg.solve(covariance[1:, 1:], covariance[1:, 0])
    assert float(filled[0, 0]) == pytest.approx(mean[0] + spread[0] * solved @ others, rel=1e-3, abs=1e-4)
    variance = covariance[0, 0] - solved @ covariance[1:, 0]
    assert float(deviation[0, 0]) == pytest.approx(spread[0] * variance**0.5, rel=1e-3)
    np.testing.assert_array_equal(np.delete(filled, [0, 1], 1), np.delete(rows[:1], [0, 1], 1))


def test_factor_analysis_finds_the_covariance_through_holes(random):
    rows = normal_rows(random, 4000)[:, LAYOUT.numbers > 0].astype(np.float64)
    holed = np.where(random.random(rows.shape) < 0.2, np.nan, rows)
    mean, loadings, noise = factor_analysis(holed, 2, prior=1.0)
    found = loadings @ loadings.T + np.diag(noise)
    # a covariance of 1 from 4,000 rows has a standard error of .02, and holes add to it
    np.testing.assert_allclose(found, np.cov(rows.T), atol=0.1)
    np.testing.assert_allclose(mean, rows.mean(axis=0), atol=0.05)


def test_known_values_stay_and_have_no_interval(random):
    rows = without(normal_rows(random, 6), np.eye(6, 4, dtype=bool), LAYOUT)
    expected = random.random((6, 10)).astype(np.float32)
    filled = np.asarray(FilledRows(str(DOMAIN))(rows, expected))
    known = np.asarray(known_columns(LAYOUT, rows)) > 0
    np.testing.assert_array_equal(filled[known[:, LAYOUT.groups]], rows[known[:, LAYOUT.groups]])
    np.testing.assert_array_equal(filled[:, LAYOUT.flags], 0)
    layer = ValueIntervals(str(DOMAIN), 0.9).fitted(np.array([2.0, 2, 2, 0], np.float32))
    lower, upper, probability, gone = map(np.asarray, layer(rows, filled, np.full((6, 10), 0.5, np.float32)))
    np.testing.assert_array_equal(gone, ~known)
    numbers = known.copy()
    numbers[:, 3] = False
    np.testing.assert_array_equal(lower[numbers], upper[numbers])
    np.testing.assert_allclose((upper - lower)[~known & LAYOUT.is_number], 2.0, rtol=1e-6)
    np.testing.assert_array_equal(probability[known], 1)
    assert probability[3, 3] == pytest.approx(expected[3, 8:].max())


def test_intervals_and_sets_hold_as_many_values_as_they_say(random):
    inputs = keras.Input((10,), name="inputs")
    ones = keras.ops.ones_like(inputs)
    filler = keras.Model({"inputs": inputs}, {"expected": 0.5 * ones, "deviation": ones})
    rows, new = normal_rows(random, 3000), normal_rows(random, 3000)
    widths, _ = conformal_widths(filler, hidden_values(rows, LAYOUT, (0.2, 0.5), 3), LAYOUT, 0.9)
    inside = (np.abs(new[:, LAYOUT.numbers > 0] - 0.5) <= widths[:3]).mean(axis=0)
    np.testing.assert_allclose(inside, 0.9, atol=0.02)  # standard error .008 with that of the quantile
    assert widths[3] == 0


def test_an_imputer_beats_the_mean_and_the_nearest_rows(imputer, table):
    found = imputation_table(imputer, table, 0)
    assert set(found) == {"model", *BASELINES}
    assert found["model"]["rmse"] < min(found["mean"]["rmse"], found["5 nearest rows"]["rmse"])
    assert found["model"]["words_right"] > found["mean"]["words_right"] + 0.1
    assert 0.8 < found["model"]["coverage"] < 0.97  # of about 130 values: standard error .03
    rows = np.asarray(table.test.examples)
    outputs = batched(imputer, {"inputs": rows})
    known = np.asarray(known_columns(table.domain.layout, rows))
    np.testing.assert_array_equal(outputs["known"], known.sum(axis=1))
    columns = list(table.preprocessor.columns_of(rows).values())
    for number in (0, 1, 3):
        own = known[:, number] > 0
        for name in ("lower", "upper"):  # float32 there and back, through a logarithm
            np.testing.assert_allclose(outputs[name][own, number], columns[number][own], rtol=1e-4, atol=1e-4)


def test_original_numbers_are_those_of_the_preprocessing(table):
    layer = OriginalNumbers.of(table.preprocessor, "original_numbers")
    layer = OriginalNumbers.from_config(layer.get_config())
    starts = table.domain.layout.starts
    rows = np.asarray(table.test.examples)
    found = np.asarray(layer(rows[:, starts]))
    for number, column in enumerate(table.preprocessor.columns_of(rows).values()):
        expected = np.zeros(len(rows)) if number == 2 else column
        own = np.asarray(known_columns(table.domain.layout, rows))[:, number] > 0
        np.testing.assert_allclose(found[own, number], expected[own].astype(float), rtol=1e-5, atol=1e-5)


def test_the_imputer_survives_a_keras_file(imputer, table, tmp_path):
    imputer.save(tmp_path / "imputer.keras")
    again = keras.models.load_model(tmp_path / "imputer.keras", safe_mode=True)
    rows = np.asarray(table.test.examples[:9])
    for name, value in again({"inputs": rows}).items():
        np.testing.assert_allclose(value, imputer({"inputs": rows})[name], rtol=1e-5, atol=1e-5)


@pytest.mark.slow  # seconds for each
@pytest.mark.parametrize("variant", [Tabular, Undercomplete])
def test_other_variants_fill_in_too(variant, table):
    width = table.train.shape
    built = variant(DenseBackbone((4,)), latent_dim=2).build(Spec(width, width, table.domain))
    imputer = Imputation(passes=1).imputer(built, table)
    rows = np.asarray(table.test.examples)
    found = batched(imputer, {"inputs": rows})
    np.testing.assert_array_equal(np.asarray(known_columns(table.domain.layout, found["reconstruction"])), 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lowest": 0.6, "highest": 0.5}, "below highest, received 0.6 and 0.5"),
        ({"passes": 0}, "passes must be at least 1"),
        ({"level": 1.0}, "level"),
    ],
)
def test_settings_are_checked(settings, message):
    with pytest.raises(InputError, match=message):
        Imputation(**settings)


def test_other_data_are_refused(table):
    with pytest.raises(InputError, match="expected rows of a table to fill in"):
        Imputation().prepare(Arrays(np.eye(40, dtype=np.float32)).load())
    layout = dataclasses.replace(
        table.domain.layout,
        columns=tuple(
            dataclasses.replace(one, conditional=number == 2)
            for number, one in enumerate(table.domain.layout.columns)
        ),
    )
    with pytest.raises(InputError, match=r'is a condition, .* SET="data.condition="'):
        Imputation().prepare(dataclasses.replace(table, domain=domain_of(str(layout))))
    with pytest.raises(InputError, match="expected rows of a table to fill in, received real values"):
        Imputation().pair(np.zeros((2, 3), np.float32), np.zeros((2, 2)), "real")
    with pytest.raises(InputError, match='expected rows of a table.* SET="variant=Undercomplete"'):
        FactorAnalysis().build(Spec((4,), (4,), "real"))
