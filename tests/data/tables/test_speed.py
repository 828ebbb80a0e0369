"""What reading a large file costs, beside pandas."""

import statistics
import time

import numpy as np
import pandas as pd
import pytest

from keras_ae.data.tables.reading import read_table

ROWS, COLUMNS = 200_000, 10


def with_times(frame):
    """The frame, behind a column of times."""
    times = pd.date_range("2020-01-01", periods=len(frame), freq="min").strftime("%Y-%m-%d %H:%M:%S")
    return pd.concat([pd.Series(times, name="time"), frame], axis=1)


def with_marks(frame):
    """The frame, with a word in place of some numbers of its first column."""
    first = frame["a"].astype(object).where(np.arange(len(frame)) % 9 > 0, "Bad")
    return frame.assign(a=first)


def seconds(read, runs=5):
    """The median of a reader's seconds on all processors."""
    spent = []
    for _ in range(runs):
        began = time.process_time()
        read()
        spent.append(time.process_time() - began)
    return statistics.median(spent)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "own"),
    [({}, {}), ({"sep": ";", "decimal": ","}, {"sep": ";", "decimal": ","}), ({"quoting": 1}, {})],
)
def test_numbers_cost_at_most_about_twice_as_much_as_pandas_takes(tmp_path, random, settings, own, capsys):
    file = tmp_path / "numbers.csv"
    frame = pd.DataFrame(random.normal(size=(ROWS, COLUMNS)).round(4), columns=list("abcdefghij"))
    frame.to_csv(file, index=False, **settings)
    by_pandas, ours = seconds(lambda: pd.read_csv(file, **own)), seconds(lambda: read_table(file))
    with capsys.disabled():
        print(f"\n{ROWS:,} rows {settings}: {ours:.2f} s, {ours / by_pandas:.1f} times pandas")
    np.testing.assert_array_equal(read_table(file).columns["j"].values, frame["j"])
    assert ours < 3 * by_pandas  # 1.1 to 1.9 on two quiet processors; others may work beside it


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "own"), [(with_times, {"parse_dates": [0]}), (with_marks, {"na_values": ["Bad"]})]
)
def test_times_and_marks_cost_at_most_a_few_times_what_pandas_takes(tmp_path, random, change, own, capsys):
    file = tmp_path / "rows.csv"
    frame = pd.DataFrame(random.normal(size=(ROWS, COLUMNS)).round(4), columns=list("abcdefghij"))
    change(frame).to_csv(file, index=False)
    by_pandas, ours = seconds(lambda: pd.read_csv(file, **own)), seconds(lambda: read_table(file))
    with capsys.disabled():
        print(f"\n{ROWS:,} rows {change.__name__}: {ours:.2f} s, {ours / by_pandas:.1f} times pandas")
    table, expected = read_table(file), pd.read_csv(file, **own)
    np.testing.assert_array_equal(table.columns["a"].values, expected["a"])
    if "time" in expected:
        times = expected["time"].to_numpy("M8[ns]").astype(np.int64)
        np.testing.assert_array_equal(table.columns["time"].values, times)
    assert ours < 5 * by_pandas  # 2 to 3.3 beside other work
