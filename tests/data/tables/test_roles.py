"""Columns of tables that tell rows apart, and columns of labels."""

import numpy as np
import pytest

from keras_ae.data.tables.labels import label_columns
from keras_ae.data.tables.numeric_times import (
    is_even,
    is_id_name,
    is_time_name,
    numbers_rows,
    times_of_numbers,
)
from keras_ae.data.tables.reading import read_table
from keras_ae.data.tables.tables import TableFile
from keras_ae.data.tables.time_form import format_time
from keras_ae.errors import InputError


@pytest.mark.parametrize(
    "name", ["Time (s)", "timestamp_ms", "elapsedTime", "Datum", "T", "ds", "unix time", "时间"]
)
def test_names_of_times(name):
    assert is_time_name(name)


@pytest.mark.parametrize("name", ["temperature", "datalogger", "timer2x", "rate [s]", "", "load"])
def test_names_of_other_values(name):
    assert not is_time_name(name)


@pytest.mark.parametrize(
    ("name", "expected"), [("customerId", True), ("No.", True), ("#", True), ("humid", False), ("3", False)]
)
def test_names_of_ids(name, expected):
    assert is_id_name(name) == expected


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("x", np.arange(30), True),
        ("x", np.arange(1, 31), True),
        ("x", np.arange(5), False),
        ("index", np.arange(5), True),
        ("x", np.arange(2, 32), False),
        ("x", np.arange(0, 60, 2), False),
        ("user_id", np.arange(90, 30, -2), True),
        ("user_id", np.array([3, 3, 4]), False),
        ("user_id", np.array([3.5, 4, 5]), False),
        ("number_of_calls", np.array([7, 3, 5]), False),
    ],
)
def test_an_index_is_told_from_values(name, values, expected):
    assert numbers_rows(name, values.astype(float)) == expected


@pytest.mark.parametrize(
    ("name", "values", "first"),
    [
        ("date", [20240229, 20240301], "2024-02-29"),
        ("date", [20230229, 20230301], "20230229"),
        ("id", [20240229, 20240301], None),
        ("x", [20240229, 20240301, 20240302, 20240303], "2024-02-29"),
        ("month", [202401, 202402], "2024-01"),
        ("x", [202401, 202402, 202403], None),
        ("time", [202401310930, 202401310931], "2024-01-31 09:30:00"),
        ("time", [20240131093059, 20240131093100], "2024-01-31 09:30:59"),
        ("time", [2024013109, 2024013110], "2024-01-31 09:00:00"),
        ("time", [1700000000, 1600000000], "1700000000"),
        ("x", [1.2e9, 1.2e9 + 1, 1.2e9 + 7, 1.2e9 + 8.5], None),
        ("time", [0.5, 1.5], "0.5"),
        ("time", [1.5, 0.5], None),
        ("time", [np.nan, 0.5], None),
        ("temp", [0.5, 1.5], None),
        ("year", [1700, 1701], "1700"),
        ("year", [1600, 1601], "1600"),
        ("date", [1818.0 + 1.5 / 365, 1818.0 + 2.5 / 365], "1818-01-02"),
        ("hour", [0] * 20 + [1] * 20, None),
    ],
)
def test_numbers_are_times_by_what_they_hold(name, values, first):
    found = times_of_numbers(name, np.array(values, float))
    assert (None if found is None else format_time(found[0][0], found[1])) == first


def test_even_numbers_rise_by_one_step():
    assert is_even(np.array([1.0, 1.1, 1.2, 1.3, 1.9]))
    assert not is_even(np.array([1.0, 1.5, 1.2]))
    assert not is_even(np.array([1.0, 2.0, 4.0, 8.0, 16.0]))


@pytest.fixture
def table(tmp_path):
    """The data in a table of given columns, beside two of random numbers."""

    def table(settings=None, **columns):
        random = np.random.default_rng(0)
        columns |= {"a": random.normal(size=200), "b": random.normal(size=200)}
        file = tmp_path / "rows.csv"
        rows = zip(*columns.values(), strict=True)
        file.write_text("\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]) + "\n")
        return TableFile(str(file), **(settings or {})).load()

    return table


DAYS = [20200101 + 100 * (row // 28 % 12) + row % 28 for row in range(200)]


@pytest.mark.parametrize(
    ("name", "values", "fault"),
    [
        ("Unnamed: 0", range(200), "numbers the rows"),
        ("rownames", range(1, 201), "numbers the rows"),
        ("anything", range(200), "numbers the rows"),
        ("customer_id", [7919 * row % 1009 for row in range(200)], "numbers the rows"),
        ("ts", [1553424480 + 7 * (row * row % 200) for row in range(200)], "a time"),
        ("date", DAYS, "a time"),
        ("Time", [row**1.5 for row in range(200)], "a time"),
        ("month", [f"2024-{row % 12 + 1:02}" for row in range(200)], "a time"),
        ("opens", [f"{row % 24:02}:30" for row in range(200)], "a time"),
        ("changepoint", [row % 2 for row in range(200)], "marks changes"),
    ],
)
def test_columns_that_tell_rows_apart_are_left_out_of_a_table(table, name, values, fault):
    found = table(**{name: values})
    assert set(found.preprocessor.columns) == {"a", "b"}
    assert f"left out: {name} ({fault})" in found.notes
    if not isinstance(values[0], str) and name != "ts":  # which varies too little for its size
        assert name in table({"numbers": (name,)}, **{name: values}).preprocessor.columns


def test_numbers_that_rise_evenly_stay_in_a_table_and_are_told(table):
    found = table(dose=[0.5 * row + 3 for row in range(200)])
    assert "dose" in found.preprocessor.columns
    assert any(note.startswith("dose rises evenly from row to row; leave it out") for note in found.notes)


def test_one_of_several_labels_is_used_and_no_other_learned(table):
    labels = ["True" if row % 20 == 0 else "False" for row in range(200)]
    found = table(anomaly=labels, label=labels)
    assert set(found.preprocessor.columns) == {"a", "b"}
    assert "anomaly says which rows are normal: False in 190 of 200 rows" in found.notes
    assert "left out: label (another label)" in found.notes
    found = table({"label": "label", "words": ("anomaly",)}, anomaly=labels, label=labels)
    assert "anomaly" in found.preprocessor.columns


def test_a_table_of_an_index_alone_is_refused(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("id\n" + "".join(f"{row}\n" for row in range(50)))
    with pytest.raises(InputError, match=r"received id \(numbers the rows\); use another file"):
        TableFile(str(file)).load()


@pytest.mark.parametrize("name", ["Attack LABLE (1:No Attack, -1:Attack)", "attack_label", "Fraud Flag"])
def test_names_made_of_words_of_labels_are_those_of_labels(tmp_path, name):
    file = tmp_path / "rows.csv"
    file.write_text(f'a,"{name}"\n' + "".join(f"{row % 17},{1 - 2 * (row % 9 == 0)}\n" for row in range(90)))
    data = TableFile(str(file)).load()
    assert tuple(data.preprocessor.columns) == ("a",)
    assert f"{name} says which rows are normal: 1 in 80 of 90 rows" in data.notes


def test_a_kind_of_anomaly_beside_a_label_is_not_learned(tmp_path):
    file = tmp_path / "rows.csv"
    rows = [f"{row % 17},{'Fuzzers' if row % 9 == 0 else ''},{int(row % 9 == 0)}\n" for row in range(90)]
    file.write_text("a,attack_cat,label\n" + "".join(rows))
    data = TableFile(str(file)).load()
    assert tuple(data.preprocessor.columns) == ("a",)
    assert "left out: attack_cat (another label)" in data.notes
    file.write_text("a,attack_rate,target speed\n" + "".join(f"{row},{row % 7},1\n" for row in range(9)))
    assert label_columns(read_table(file).columns) == ()


def test_columns_of_less_clear_names_are_labels_if_they_hold_such(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("fault,attack,Ground Truth\n0.5,normal,0\n1.5,dos,1\n")
    assert label_columns(read_table(file).columns) == ("attack", "Ground Truth")


def test_a_nameless_column_of_normal_and_other_words_is_one_of_labels(tmp_path):
    file = tmp_path / "kddcup.data"
    rows = [f"{row % 17},tcp,{'smurf.' if row % 9 == 0 else 'normal.'}\n" for row in range(90)]
    file.write_text("".join(rows))
    data = TableFile(str(file)).load()
    assert tuple(data.preprocessor.columns) == ("column_1", "column_2")
    assert "column_3 says which rows are normal: normal. in 80 of 90 rows" in data.notes
