"""The passage from named columns to numbers: fitted on training rows, kept with the model."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.data.tables.columns import Column
from keras_ae.data.tables.fitting import SCALINGS, fit_columns, fit_scaling
from keras_ae.data.tables.preprocessing import Number, preprocessor_of, settings_of
from keras_ae.data.tables.words import MISSING_WORD, words_of


@pytest.fixture(scope="module")
def columns():
    kinds = np.array([0, 1, 0, 1, 0, -1, 2], np.int32)
    return {
        "size": Column("size", "number", np.array([1.0, 2, 3, 4, 5, np.nan, 1e9])),
        "a kind": Column("a kind", "text", kinds, ("tcp", "udp", "icmp")),
        "flag": Column("flag", "text", np.zeros(7, np.int32), ("SF",)),
    }


@pytest.fixture(scope="module")
def preprocessor(columns):
    return preprocessor_of(fit_columns(columns, np.arange(6)))


@pytest.fixture(scope="module")
def raw(columns):
    return {
        name: column.values if column.kind == "number" else words_of(column)
        for name, column in columns.items()
    }


def test_each_feature_is_made_of_a_column(preprocessor, raw):
    seen = preprocessor.numbers_of(raw)
    assert preprocessor.columns == ("size", "a kind", "flag")
    assert seen.shape == (7, len(preprocessor.groups))
    assert preprocessor.groups.tolist() == [0] * 2 + [1] * 4 + [2] * 3
    np.testing.assert_allclose(seen[:5, 0], (np.arange(1, 6) - 3) / np.sqrt(2), rtol=1e-6)


def test_what_training_did_not_know_has_a_place_of_its_own(preprocessor, raw):
    seen = preprocessor.numbers_of(raw)
    unknown = seen[:, preprocessor.groups == 1][:, 0]
    assert unknown.tolist() == [0] * 6 + [1]
    np.testing.assert_array_equal(seen[:, preprocessor.groups == 1].sum(axis=1), 1)
    assert seen[6, 0] == SCALINGS["spread"][1]


def test_a_missing_word_has_a_place_of_its_own_though_training_had_none(preprocessor, raw):
    seen = preprocessor.numbers_of(raw)
    missing = seen[:, preprocessor.groups == 1][:, 1]
    assert missing.tolist() == [0, 0, 0, 0, 0, 1, 0]
    columns = {"flag": np.array(["SF", MISSING_WORD, "S0"], object), "a kind": raw["a kind"][:3]}
    later = preprocessor.numbers_of({**columns, "size": raw["size"][:3]})[:, preprocessor.groups == 2]
    assert later.tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]


def test_features_lie_as_the_layout_says(columns, preprocessor, raw):
    fitted = fit_columns(columns, np.arange(6))
    assert str(fitted.layout) == "table(n,w2,w1)"
    nothing = {"size": np.array([np.nan]), "a kind": np.array([MISSING_WORD], object)}
    nothing["flag"] = nothing["a kind"]
    np.testing.assert_array_equal(preprocessor.numbers_of(nothing)[0], fitted.layout.nothing)
    by_range = fit_columns(columns, np.arange(6), "range").layout.columns[0]
    assert (by_range.usual, by_range.spread) == (0.5, pytest.approx(2**0.5 / 4, rel=1e-5))


def test_a_column_that_is_always_missing_in_training_is_left_to_what_comes_later(columns):
    never = {name: Column(name, kind, values, ("a",)) for name, kind, values in (
        ("number", "number", np.full(7, np.nan)), ("word", "text", np.full(7, -1, np.int32)))}  # fmt: skip
    fitted = fit_columns(never, np.arange(7))
    assert str(fitted.layout) == "table(n,w0)"
    later = {"number": np.array([3.0, np.nan]), "word": np.array(["a", MISSING_WORD], object)}
    assert preprocessor_of(fitted).numbers_of(later).tolist() == [[3, 0, 1, 0], [0, 1, 0, 1]]


def test_what_is_expected_at_a_missing_value_is_a_value(preprocessor):
    expected = np.array([[1.0, 0, 0.1, 0, 0.3, 0.6, 0.1, 0, 0.9]], np.float32)
    columns = preprocessor.columns_of(expected)
    assert columns["size"] == pytest.approx(3 + 2**0.5)
    assert columns["a kind"][0] in ("tcp", "udp")
    assert columns["flag"][0] == "SF"


def test_a_missing_number_counts_as_the_mean_and_is_marked(preprocessor, raw):
    seen = preprocessor.numbers_of(raw)
    assert seen[5, :2].tolist() == [0.0, 1.0]
    assert seen[:5, 1].tolist() == [0.0] * 5


def test_skewed_numbers_are_taken_as_their_logarithms():
    skewed = np.append(np.ones(99), 1e6)
    assert fit_scaling(skewed).logarithm
    assert not fit_scaling(-skewed).logarithm
    assert not fit_scaling(skewed / 1e6).logarithm
    assert not fit_scaling(np.arange(100.0)).logarithm
    layer = Number(**settings_of(fit_scaling(skewed)))
    seen = layer(tf.constant(skewed[:, None], tf.float32))[:, 0]
    assert float(tf.reduce_mean(seen)) == pytest.approx(0, abs=1e-5)
    assert float(layer(tf.constant([[-5.0]]))[0, 0]) == pytest.approx(-layer.offset / layer.scale)


def test_numbers_by_their_range_stay_near_it():
    layer = Number(**settings_of(fit_scaling(np.array([2.0, 4.0, 6.0, np.nan]), "range")))
    seen = layer(tf.constant([[2.0], [6.0], [5.0], [1e9], [-1e9], [np.nan]])).numpy()
    np.testing.assert_allclose(seen[:, 0], [0, 1, 0.75, 2, -1, 0.5])
    np.testing.assert_array_equal(seen[:, 1], [0, 0, 0, 0, 0, 1])


def test_columns_that_never_change_or_are_empty_do_no_harm():
    assert (fit_scaling(np.full(5, 3.0)).offset, fit_scaling(np.full(5, 3.0)).scale) == (3.0, 1.0)
    assert fit_scaling(np.full(5, np.nan)).scale == 1.0


def test_numbers_alone_need_no_words(columns):
    preprocessor = preprocessor_of(fit_columns({"size": columns["size"]}, np.arange(6)))
    assert preprocessor.numbers_of({"size": columns["size"].values}).shape == (7, 2)


def test_it_survives_a_keras_file_and_an_export(preprocessor, raw, tmp_path):
    preprocessor.model.save(tmp_path / "preprocessor.keras")
    again = keras.models.load_model(tmp_path / "preprocessor.keras", safe_mode=True)
    named = {
        "a_kind": tf.constant(raw["a kind"][:, None].astype(str)),
        "flag": tf.constant(raw["flag"][:, None].astype(str)),
        "size": tf.constant(raw["size"][:, None], tf.float32),
    }
    # other models and graphs than the one it was, whose last digits may differ
    np.testing.assert_allclose(again(named)["inputs"], preprocessor.numbers_of(raw), rtol=1e-5, atol=1e-6)
    module = tf.Module()
    module.preprocessor = again
    takes = {name: tf.TensorSpec((None, 1), tensor.dtype, name) for name, tensor in named.items()}
    module.run = tf.function(again, input_signature=[dict(sorted(takes.items()))], autograph=False)
    tf.saved_model.save(module, str(tmp_path / "served"))
    served = tf.saved_model.load(str(tmp_path / "served"))
    np.testing.assert_allclose(
        served.run(named)["inputs"], preprocessor.numbers_of(raw), rtol=1e-5, atol=1e-6
    )


def test_columns_may_be_called_as_people_call_them():
    values = np.arange(8.0)
    columns = {
        name: Column(name, "number", values * scale) for scale, name in enumerate(("km/h", "code", "a b"), 1)
    }
    preprocessor = preprocessor_of(fit_columns(columns, np.arange(8)))
    assert preprocessor.signature == {"km_h": "km/h", "code": "code", "a_b": "a b"}
    assert preprocessor.columns == ("km/h", "code", "a b")
    seen = preprocessor.numbers_of({name: column.values for name, column in columns.items()})
    np.testing.assert_allclose(seen[:, ::2], np.repeat(seen[:, :1], 3, axis=1), rtol=1e-6)
