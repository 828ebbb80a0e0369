"""What reading a large file costs, beside pandas."""

import statistics
import time

import numpy as np
import pandas as pd
import pytest

from keras_ae.data.tables.reading import read_table

ROWS, COLUMNS = 200_000, 10


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
