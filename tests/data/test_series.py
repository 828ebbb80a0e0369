"""Series: what becomes of the rows of a file, and windows that give their scores back to the points."""

import numpy as np
import pytest

from keras_ae.data.series.resample import (
    cut_windows,
    mean_over_windows,
    series_from_table,
    spans,
    window_starts,
)
from keras_ae.data.tables.reading import read_table
from keras_ae.errors import InputError


@pytest.fixture
def series(tmp_path):
    """The series of a file of given lines."""

    def series(*lines, **settings):
        file = tmp_path / "series.csv"
        file.write_text("\n".join(lines) + "\n")
        return series_from_table(read_table(file), **settings)

    return series


def hours(*pairs):
    return ["time,value", *(f"2024-01-01 {hour:02}:00,{value}" for hour, value in pairs)]


def test_rows_are_put_in_order_doubles_averaged_and_short_gaps_bridged(series):
    found = series(*hours((2, 5), (0, 1), (1, 2), (1, 4), (5, 8), (6, "")))
    np.testing.assert_array_equal(found.values[:, 0], [1, 3, 5, 6, 7, 8, np.nan])
    assert found.rows.tolist() == [2, 0, 1, 1, 5, 6]
    assert np.diff(found.times).tolist() == [3600 * 10**9] * 6
    told = "; ".join(found.notes)
    assert "1 rows are earlier than the row before" in told
    assert "1 rows repeat a time" in told
    assert "2 missing steps bridged" in told
    assert "1 steps in longer gaps have no value, and no score" in told


def test_a_long_gap_stays_missing(series):
    found = series(*hours((0, 1), (1, 2), (2, 3), (8, 9), (9, 9.5), (10, 8)))
    assert np.isnan(found.values[3:8]).all()
    assert np.isfinite(found.values[[0, 1, 2, 8, 9, 10]]).all()


def test_uneven_steps_are_averaged_over_the_usual_one(series):
    random = np.random.default_rng(0)
    stamps = np.cumsum(random.uniform(0.5, 1.5, 200))
    found = series("t,x", *(f"{stamp:.6f},{stamp:.6f}" for stamp in stamps))
    assert "uneven steps: averaged" in "; ".join(found.notes)
    grid = (found.times - found.times[0]) / 1e9 + stamps[0]
    there = np.isfinite(found.values[:, 0])
    np.testing.assert_allclose(found.values[there, 0], grid[there], atol=1.0)


def test_columns_of_text_constants_and_nothing_are_left_out_and_labels_found(series):
    found = series("a,b,c,d,is_anomaly", "1,x,7,,0", "2,y,7,,1", "3,z,7,,0")
    assert found.names == ("a",)
    assert found.labels.tolist() == [False, True, False]
    assert "left out b (holds text such as 'x'), c (never changes), d (has no value)" in found.notes
    assert "labels from is_anomaly: 1 of 3 rows are anomalies" in found.notes
    found = series("a,label", "1,0", "2,1", "3,", "5,")
    assert found.labels.tolist() == [False, True, False, False]
    assert "labels from label: 1 of 4 rows are anomalies; 2 without a label count as normal" in found.notes


def test_columns_can_be_named(series):
    found = series("w,a,b,mark", "5,1,4,1", "6,2,6,0", "8,3,5,1", time="w", values=["b"], label="mark")
    assert found.names == ("b",)
    np.testing.assert_array_equal(found.values[:, 0], [4, 6, 5.5, 5])
    assert found.labels.tolist() == [True, False, False, True]


@pytest.mark.parametrize(
    ("lines", "settings", "message"),
    [
        (["a", "x", "y"], {}, "numbers that vary, received a .holds text such as 'x'"),
        (["a,m", "1,up", "2,down"], {"label": "m"}, "above 0 for anomalies or words .* words such as 'up'"),
        (["a", "4", "4"], {}, r"received a \(never changes\)"),
        (["a,b", "1,2", "2,2"], {"values": ["b"]}, r"received b \(never changes\)"),
        (["a,b", "1,2", "2,3"], {"values": ["c"]}, "no column 'c'; the columns are a, b"),
        (["t,b", "1,2", "1,3"], {}, "received 2 of one time; to number the rows in its place: .*left_out=t"),
        (["time,b", "2024-01-01,2", ",3", "2024-01-03,3"], {}, "a time in every row of 'time', .* 1 rows"),
        (["t,b", *(f"{row},{row}" for row in range(5)), "90000,1"], {}, "there would be 90,001 for 6 rows"),
    ],
)  # fmt: skip
def test_what_is_no_series_is_refused(series, lines, settings, message):
    with pytest.raises(InputError, match=message):
        series(*lines, **settings)


def test_no_window_holds_a_missing_value_and_the_last_point_is_in_one():
    values = np.arange(20.0)[:, None]
    values[7] = np.nan
    starts = window_starts(values, 4, 3)
    assert starts.tolist() == [0, 3, 9, 12, 15, 16]
    assert np.isfinite(cut_windows(values, starts, 4)).all()
    assert cut_windows(values, starts, 4).shape == (6, 4, 1)
    assert len(window_starts(values[:3], 4)) == 0


def test_scores_of_windows_come_back_as_the_mean_of_each_point():
    starts = np.array([0, 1, 5])
    scores = np.array([[1.0, 2.0], [4.0, 8.0], [1.0, 1.0]])
    np.testing.assert_array_equal(
        mean_over_windows(scores, starts, 8), [1, 3, 8, np.nan, np.nan, 1, 1, np.nan]
    )


def test_spans_are_runs_of_flags():
    assert spans(np.array([1, 1, 0, 0, 1, 0, 1], bool)) == [(0, 2), (4, 5), (6, 7)]
    assert spans(np.zeros(3, bool)) == []
