"""Splits of tables and data frames by groups, time and lists: nothing is on two sides."""

import numpy as np
import pandas as pd
import pytest

from keras_ae.data.tables.frames import Frame
from keras_ae.data.tables.tables import TableFile
from keras_ae.errors import InputError


@pytest.fixture
def visits(random):
    """300 visits of 20 patients, in no order."""
    count = 300
    return pd.DataFrame(
        {
            "patient": [f"p{number}" for number in random.integers(0, 20, count)],
            "day": pd.to_datetime("2024-01-01") + pd.to_timedelta(random.permutation(count), "D"),
            "dose": np.sqrt(np.arange(count)),
            "pulse": random.normal(70, 5, count).round(2),
        }
    )


@pytest.fixture
def file(visits, tmp_path):
    visits.to_csv(tmp_path / "visits.csv", index=False)
    return str(tmp_path / "visits.csv")


def rows_of(data):
    """The row of each test example."""
    return np.rint(data.raw["dose"] ** 2).astype(int)


def all_rows(data):
    """The number of rows of each split."""
    return {name: len(split) for name, split in data.splits.items()}


def test_no_patient_is_in_two_splits_of_a_table(visits, file):
    patients = visits["patient"].to_numpy()
    for data in (TableFile(file, group="patient").load(), Frame(visits, group="patient").load()):
        assert "patient" not in data.preprocessor.columns
        tested = rows_of(data)
        assert set(patients[tested]).isdisjoint(patients[np.setdiff1d(np.arange(300), tested)])
        assert data.rule.startswith("by patient: none of its 20 groups is in two splits")
        assert f"split {data.rule}" in data.notes
    assert set(patients[rows_of(TableFile(file).load())]) & set(patients[:50])  # by content they are


def test_the_last_days_of_a_table_are_its_test_split(visits, file):
    last = visits.sort_values("day").index[-60:]
    for data in (TableFile(file, split="time").load(), Frame(visits, split="time").load()):
        assert sorted(rows_of(data)) == sorted(last)
        assert data.rule == "by time (day): the last 60 examples are the test split"
    untimed = Frame(visits.drop(columns="day"), split="time").load()
    assert sorted(rows_of(untimed)) == list(range(240, 300))
    assert "no column of times: the order of the rows" in untimed.rule
    by_number = Frame(visits.assign(second=np.arange(300)[::-1]), split="time", time="second").load()
    assert sorted(rows_of(by_number)) == list(range(60))
    assert "second" not in by_number.preprocessor.columns


def test_a_list_of_rows_or_of_groups_is_the_test_split_of_a_table(visits, file, tmp_path):
    (tmp_path / "test.txt").write_text("\n".join(map(str, range(5, 25))))
    assert sorted(rows_of(TableFile(file, test_list=str(tmp_path / "test.txt")).load())) == list(range(5, 25))
    (tmp_path / "test.txt").write_text("p3\np7\n")
    data = TableFile(file, group="patient", test_list=str(tmp_path / "test.txt")).load()
    assert set(visits["patient"][rows_of(data)]) == {"p3", "p7"}
    assert "the others by patient: none of its 18 groups" in data.rule
    (tmp_path / "test.txt").write_text("300\n")
    with pytest.raises(InputError, match="numbers of rows from 0 in .*, such as '0'; received 1 .* '300'"):
        TableFile(file, test_list=str(tmp_path / "test.txt")).load()


def test_a_data_frame_to_test_on_may_be_given(visits):
    data = Frame(visits[:200], validation=visits[200:230], test=visits[230:]).load()
    assert all_rows(data) == {"train": 200, "validation": 30, "test": 70}
    assert data.rule == "validation is the validation split; test is the test split"
    tested = Frame(visits[:200], test=visits[200:]).load()
    assert tested.rule.startswith("test is the test split; the others by content")
    assert all_rows(tested)["test"] == 100
    with pytest.raises(InputError, match="each of patient in one split alone; .* in the others and in test"):
        Frame(visits[:200], test=visits[200:], group="patient").load()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"split": "random"}, "split must be one of content, time; received 'random'"),
        (
            {"split": "time", "group": "patient"},
            "last rows as the test split, received a group or a",
        ),
        ({"time": "day"}, "time=day is the column that split=time splits by; give both"),
        ({"group": "ward"}, "has no column 'ward'"),
        ({"split": "time", "time": "patient"}, "0 rows without and values of kind text"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(file, settings, message):
    with pytest.raises(InputError, match=message):
        TableFile(file, **settings).load()


def test_rows_without_a_group_or_a_time_are_refused(visits):
    visits.loc[3, "patient"] = None
    visits.loc[3, "day"] = None
    with pytest.raises(InputError, match="a group in every row of 'patient', 1 rows have none"):
        Frame(visits, group="patient").load()
    with pytest.raises(InputError, match="a time in every row of 'day', received 1 rows without"):
        Frame(visits, split="time").load()
    with pytest.raises(InputError, match="split=time makes the splits, received test too"):
        Frame(visits, split="time", test=visits)
