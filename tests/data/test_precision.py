"""The rule of numeric precision: columns that float32 blurs or flattens, and others that pass."""

import re
import time

import numpy as np
import pandas as pd
import pytest

from keras_ae.data.memory import Arrays
from keras_ae.data.precision import FARTHEST, as_float32, precision_of, precisions_of, standardized
from keras_ae.data.series.windows import SeriesFile
from keras_ae.data.tables.frames import Frame
from keras_ae.errors import InputError

NORMAL = np.random.default_rng(0).normal(size=400)


def marked(values, mark, count=1):
    """Values of which some are a mark for missing ones."""
    return np.where(np.arange(len(values)) < count, mark, values)


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        (1e6 + 1e-3 * NORMAL, "varies by less than a millionth"),
        (1.7e9 + 5 * NORMAL, "varies by less than a millionth"),
        (1_700_000_000 + np.arange(400), "origin such as 1700000200 from it"),
        (-1.7e12 + 1e3 * NORMAL, "varies by less than a millionth"),
        (marked(NORMAL, 1e300), r"holds 1 value of 1e\+300, more than float32 can"),
        (marked(np.arange(400), np.iinfo(np.int64).max), r"1 value of 9.22337e\+18 so far away"),
        (marked(NORMAL, -1e30, 7), r"7 values of -1e\+30 so far away"),
        (marked(NORMAL, 1e30, 240), r"240 values of 1e\+30"),
        (marked(1.7e9 + 5 * NORMAL, 0, 12), "12 values of 0 so far away"),
    ],
)
def test_what_float32_cannot_tell_is_found(values, fault):
    assert re.search(fault, precision_of(values, "remove them").fault)


def test_many_columns_are_told_as_each_of_them_is(random):
    columns = [1e6 + 1e-3 * NORMAL, marked(np.arange(400), np.iinfo(np.int64).max), 1e-320 * NORMAL]
    columns += [marked(NORMAL, -1e30, 7), marked(NORMAL, 1e30, 240), marked(NORMAL, 1e300), 1e-33 * NORMAL]
    columns += [np.full(400, 0.1), marked(np.full(400, 0.1), 0.5), marked(np.full(400, 0.5), 0.1, 399)]
    columns += [NORMAL, np.exp(4 * NORMAL), np.where(NORMAL > 2.5, 255, 0), 1e30 * NORMAL, 1e5 + NORMAL]
    for size, mark in random.integers(-8, 9, (100, 2)).tolist():
        origin = random.choice([0, 1]) * 10.0 ** random.integers(-8, 8)
        columns.append(marked(NORMAL * 10.0**size + origin, 10.0**mark, random.integers(0, 200)))
    each = [precision_of(column, "remove them") for column in columns]
    assert precisions_of(np.stack(columns, axis=1), "remove them") == each
    assert sum(bool(precision.fault) for precision in each) > 20


def test_many_columns_cost_no_more_than_a_few_passes_over_them(random):
    values = random.normal(size=(500, 20_000)).astype(np.float32)
    began = time.process_time()
    assert not any(precision.fault or precision.note for precision in precisions_of(values, ""))
    assert time.process_time() - began < 1.5  # 0.3 on a quiet processor, 3 of each column by itself


def test_equal_values_with_one_other_pass():
    for value in (0.1, 0.3, 1 / 3):  # the standard deviation of equal ones is not always 0
        for count in (3, 10, 50, 100):
            assert not precision_of(marked(np.full(count + 1, value), 5), "").fault


@pytest.mark.parametrize("spread", [0.05, 0.5, 7, 1e4])
def test_the_origin_that_is_advised_is_enough(spread):
    values = 1.7e12 + spread * NORMAL
    origin = float(re.search(r"such as (\S+) from", precision_of(values, "").fault)[1])
    assert not precision_of(values - origin, "").fault


@pytest.mark.parametrize(
    ("values", "note"),
    [
        (marked(NORMAL, -9999, 20), "20 values of -9999"),
        (marked(NORMAL, -9999, 300), "300 values of -9999"),
        (1e-33 * NORMAL, "counts as constant: multiply it"),
        (1e-320 * NORMAL, "counts as constant: multiply it"),
    ],
)
def test_what_is_hardly_learned_is_told(values, note):
    precision = precision_of(values, "remove them")
    assert not precision.fault
    assert note in precision.note


@pytest.mark.parametrize(
    "values",
    [
        NORMAL,
        1e-20 * NORMAL,
        1e30 * NORMAL,
        np.exp(4 * NORMAL),
        np.random.default_rng(0).standard_cauchy(100_000),
        np.where(NORMAL > 2.5, 255, 0),
        np.where(NORMAL > 1, np.abs(NORMAL) * 1e5, 0),
        1e5 + NORMAL,
        20 + 1e-3 * NORMAL,
    ],
)
def test_other_columns_pass_without_a_word(values):
    assert precision_of(values, "") == precision_of(NORMAL, "")


@pytest.mark.parametrize(
    "values", [np.full(9, 0.1), np.array([0.1 + 0.2, 0.3] * 5), np.empty(0), np.zeros(5)]
)
def test_equal_values_are_constant_but_for_their_rounding(values):
    precision = precision_of(values, "")
    assert precision.constant
    assert not precision.fault + precision.note


def test_a_transform_is_looked_through():
    skewed = marked(np.abs(NORMAL), 1e12)
    assert precision_of(skewed, "").fault
    assert not precision_of(skewed, "", np.log1p).fault


def test_standardized_values_stay_finite():
    values = np.array([[1.0, 1e300], [np.nan, -1e300], [3.0, 0.0]])
    scaled = standardized(values, np.float32([1, 0]), np.float32([2, 1]))
    assert scaled.dtype == np.float32
    np.testing.assert_array_equal(scaled[:, 0], [0, np.nan, 1])
    np.testing.assert_array_equal(scaled[:, 1], [FARTHEST, -FARTHEST, 0])


def test_numbers_beyond_float32_are_refused_with_their_example():
    np.testing.assert_array_equal(as_float32(np.array([[1, 2]]), "x"), np.float32([[1, 2]]))
    with pytest.raises(InputError, match=r"in x, .* up to 3.4e38; example 11 holds -1e\+39; replace it"):
        as_float32(np.array([[0.0, 1], [1, -1e39]]), "x", first=10)


BLURRED = 1.7e9 + 5 * np.tile(NORMAL, 2)


def test_arrays_tables_and_series_have_the_same_rule(tmp_path):
    """In memory, in frames and in files: refused, or left out if there are others, with the same reason."""
    reason = (
        r"varies by less than a millionth of its size, which float32 cannot tell: subtract an origin such as"
    )
    with pytest.raises(InputError, match=f"x\\[..., 1\\] {reason}"):
        Arrays(np.c_[np.tile(NORMAL, 2), BLURRED]).load()
    frame = pd.DataFrame({"a": np.tile(NORMAL, 2), "b": BLURRED})
    notes = Frame(frame).load().notes
    assert any(re.search(f"left out: b \\({reason}", note) for note in notes)
    frame.assign(time=pd.date_range("2024-01-01", periods=800, freq="h")).to_csv(
        tmp_path / "a.csv", index=False
    )
    notes = SeriesFile(str(tmp_path / "a.csv"), window=8).load().notes
    assert any(re.search(f"left out b \\({reason}", note) for note in notes)
    with pytest.raises(InputError, match=f"b {reason}"):
        SeriesFile(str(tmp_path / "a.csv"), values=("b",), window=8).load()


def test_marks_of_missing_values_are_told_in_tables_and_series(tmp_path):
    frame = pd.DataFrame({"a": np.tile(NORMAL, 2), "b": marked(np.tile(NORMAL, 2), -9999, 30)})
    told = "b holds 30 values of -9999 so far away"
    assert any(told in note for note in Frame(frame).load().notes)
    frame.assign(time=pd.date_range("2024-01-01", periods=800, freq="h")).to_csv(
        tmp_path / "a.csv", index=False
    )
    assert any(told in note for note in SeriesFile(str(tmp_path / "a.csv"), window=8).load().notes)


def test_small_units_of_a_table_are_no_constants():
    """Picofarads in farads: a spread of 1e-12 was taken for none."""
    loaded = Frame(pd.DataFrame({"a": NORMAL, "farads": 1e-12 * (3 + NORMAL)})).load()
    assert loaded.train.examples[:, 2].std() == pytest.approx(1, abs=1e-3)
