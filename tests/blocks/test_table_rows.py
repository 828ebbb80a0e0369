"""The layers of a table's rows: what a decoder expects of each column, and what each adds to a score."""

import keras
import numpy as np
import pytest

from keras_ae.blocks.row_scoring import ColumnContributions, MiddleOfNothing
from keras_ae.blocks.table_output import RowActivation, output_layer
from keras_ae.domains import domain_of
from keras_ae.heads import Spec
from keras_ae.table_layout import TableLayout

TEXT = "table(w2,n*2,w3,w0,n)"
LAYOUT = TableLayout.parse(TEXT)
FEATURES = len(LAYOUT.groups)


def rows_of(random, count=6):
    """Rows of known values."""
    rows = np.zeros((count, FEATURES), np.float32)
    rows[:, LAYOUT.numbers > 0] = random.normal(size=(count, 3))
    for start, column in zip(LAYOUT.starts, LAYOUT.columns, strict=True):
        if column.words is not None:
            place = random.integers(2, 2 + column.words, count) if column.words else 0
            rows[np.arange(count), start + place] = 1
    return rows


def test_words_are_probabilities_that_sum_to_one_and_nothing_is_expected_to_be_missing(random):
    logits = random.normal(0, 20, (5, FEATURES)).astype(np.float32)
    given = np.asarray(RowActivation(TEXT, 0.01)(logits))
    assert given.shape == logits.shape
    np.testing.assert_array_equal(given[:, LAYOUT.numbers > 0], logits[:, LAYOUT.numbers > 0])
    np.testing.assert_array_equal(given[:, LAYOUT.flags], 0)
    words = given * LAYOUT.classes @ LAYOUT.of_column
    np.testing.assert_allclose(words[:, ~LAYOUT.is_number], 1, rtol=1e-5)
    assert given.min(where=LAYOUT.classes > 0, initial=1) >= 0
    np.testing.assert_allclose(given[:, LAYOUT.starts[[0, 3, 4]]], [[0.01, 0.01, 1]] * 5, rtol=1e-6)


def test_a_single_word_has_what_the_unknown_ones_leave():
    given = np.asarray(RowActivation("table(w1,n)", 0.25)(np.full((1, 5), 7.0, np.float32)))
    np.testing.assert_allclose(given, [[0.25, 0, 0.75, 7, 0]])


def test_an_unknown_word_is_as_probable_as_one_example_more():
    layer = output_layer(Spec((FEATURES,), (FEATURES,), domain_of(TEXT), train_examples=99))
    assert layer.unknown == pytest.approx(0.01)
    assert output_layer(Spec((4,), (4,), domain_of("unit"))).activation is keras.activations.sigmoid


def test_contributions_are_nats_above_the_usual_ones_of_the_known_columns(random):
    normal, rows = rows_of(random, 40), rows_of(random)
    expected = np.asarray(RowActivation(TEXT, 0.01)(np.zeros((40, FEATURES))))
    layer = ColumnContributions(TEXT).fitted(normal, expected)
    found = np.asarray(layer(normal, expected))
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-6)
    rows[0, 4] = 4.0  # a number four standard deviations away
    own = np.asarray(layer(rows, expected[:6]))
    assert own[0].argmax() == 1
    assert own[0, 1] * 6 == pytest.approx(8 - float(layer.usual[1]), rel=1e-5)
    lacking = rows.copy()
    gone = LAYOUT.groups == 1
    lacking[:, gone] = LAYOUT.nothing[gone]
    without = np.asarray(layer(lacking, expected[:6]))
    np.testing.assert_array_equal(without[:, 1], 0)
    others = np.arange(6) != 1
    np.testing.assert_allclose(without[:, others], own[:, others] * 6 / 5, rtol=1e-5)
    np.testing.assert_array_equal(layer(LAYOUT.nothing[None], expected[:1]), np.zeros((1, 6)))


def test_an_unknown_word_counts(random):
    rows = rows_of(random, 2)
    expected = np.asarray(RowActivation(TEXT, 0.001)(np.zeros((2, FEATURES))))
    layer = ColumnContributions(TEXT).fitted(rows, expected)
    rows[1, :4] = [1, 0, 0, 0]
    own = np.asarray(layer(rows, expected))
    assert own[1, 0] == pytest.approx((np.log(1000) - np.log(2 / 0.999)) / 6, rel=1e-4)


def test_a_row_of_which_nothing_is_known_has_the_middle_score(random):
    rows = np.concatenate([rows_of(random, 1), LAYOUT.nothing[None]])
    np.testing.assert_array_equal(MiddleOfNothing(TEXT, 0.3)(rows, np.float32([7, 9])), np.float32([7, 0.3]))


def test_the_layers_survive_a_keras_file(random, tmp_path):
    inputs = keras.Input((FEATURES,), name="inputs")
    expected = RowActivation(TEXT, 0.01)(keras.layers.Dense(FEATURES)(inputs))
    rows = rows_of(random)
    parts = ColumnContributions(TEXT).fitted(rows, rows)(inputs, expected)
    score = MiddleOfNothing(TEXT, 0.3)(inputs, keras.ops.sum(parts, axis=-1))
    model = keras.Model({"inputs": inputs}, {"score": score})
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    # the same graph in another model, whose last digits may differ
    np.testing.assert_allclose(again({"inputs": rows})["score"], model({"inputs": rows})["score"], rtol=1e-5)
