"""Which columns of a file are a series: times, indices, labels, groups, by what they hold."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from keras_ae.data.series.clock import format_times, parse_normal_part
from keras_ae.data.series.resample import series_in_table
from keras_ae.data.series.roles import SeriesRoles
from keras_ae.data.series.windows import SeriesFile
from keras_ae.data.tables.reading import read_table
from keras_ae.errors import InputError

START = datetime(2024, 1, 1)
HOURS = [START + timedelta(hours=index) for index in range(120)]


def wave(index):
    return f"{5 + 2 * np.sin(index / 3) + 0.1 * np.sin(index * index):.3f}"


@pytest.fixture
def read(tmp_path):
    """The series in a file of given rows, whose last column is added: a wave."""

    def read(header, rows, **settings):
        file = tmp_path / "series.csv"
        lines = [",".join([*map(str, row), wave(index)]) for index, row in enumerate(rows)]
        file.write_text("\n".join([f"{header},load"] * (header is not None) + lines) + "\n")
        each, notes = series_in_table(read_table(file), SeriesRoles(**settings))
        if list(each) != [""]:
            return each, notes
        return each[""], (*notes, *each[""].notes)

    return read


def steps(series):
    return set(np.diff(series.times).tolist())


@pytest.mark.parametrize(
    ("header", "write"),
    [
        ("Date,Time", lambda t: [f"{t:%d/%m/%Y}", f"{t:%H:%M:%S}"]),
        ("Date,Time", lambda t: [f"{t:%d/%m/%Y}", f"{t:%H.%M.%S}"]),
        ("hour,day", lambda t: [f"{t:%I %p}", f"{t:%Y-%m-%d}"]),
        ("date,hour", lambda t: [f"{t:%Y-%m-%d}", t.hour]),
        ("date,hour", lambda t: [f"{t:%d/%m/%y}", t.hour]),
        ("date,HH", lambda t: [f"{t:%Y-%m-%d}", f"{t:%H:%M}"]),
        ("<DATE>,<TIME>", lambda t: [f"{t:%Y%m%d}", f"{t:%H%M%S}"]),
        ("date,time", lambda t: [f"{t:%Y%m%d}", int(f"{t:%H%M}")]),
        ("year,month,day,hour", lambda t: [t.year, t.month, t.day, t.hour]),
    ],
)
def test_a_day_and_a_time_of_day_in_columns_of_their_own_are_joined(read, header, write):
    series, notes = read(header, [write(time) for time in HOURS])
    assert series.names == ("load",)
    assert len(series) == 120
    assert series.times[0] == np.datetime64("2024-01-01", "ns").astype(np.int64)
    assert steps(series) == {3600 * 10**9}
    assert any(note.startswith("times from ") and " and " in note for note in notes)


@pytest.mark.parametrize(
    ("header", "write", "step", "last"),
    [
        ("Month", lambda i: f"{1990 + i // 12}-{i % 12 + 1:02}", None, "1999-12"),
        ("q", lambda i: f"{1990 + i // 4}Q{i % 4 + 1}", None, "2019Q4"),
        ("date", lambda i: f"{1990 + i // 12}-{i % 12 + 1:02}-01", None, "1999-12-01"),
        ("date", lambda i: f"{datetime(1990 + i // 12, i % 12 + 1, 1 + i % 4):%Y-%m-%d}", None, "1999-12-04"),
        ("year", lambda i: 1900 + i, None, "2019"),
        ("when", lambda i: 1900 + i, None, "2019"),
        ("time", lambda i: f"{1990 + (i + 0.5) / 12:.3f}", None, "1999-12"),
        ("week", lambda i: f"{START + timedelta(7 * i):%G-W%V}", 7 * 24 * 3600 * 10**9, "2026-W16"),
        ("day", lambda i: f"{START + timedelta(i):%Y%m%d}", 24 * 3600 * 10**9, "2024-04-29"),
        ("ts", lambda i: 1553424480 + 60 * i, 60 * 10**9, "1553431620"),
        ("x", lambda i: (1553424480 + 60 * i) * 1000, 60 * 10**9, "1553431620000"),
        (None, lambda i: (1553424480 + 60 * i) * 10**6, 60 * 10**9, "1553431620000000"),
        ("Timestamp [ns]", lambda i: (1553424480 + 60 * i) * 10**9, 60 * 10**9, "1553431620000000000"),
        ("epoch", lambda i: 1553424480.25 + i, 10**9, "1553424599.25"),
        ("time", lambda i: f"{i * 0.01:.2f}", 10**7, "1.19"),
        ("Zeit (s)", lambda i: 5 * i, 5, "595"),
        ("clock", lambda i: f"{i * 12 // 60 % 24}:{i * 12 % 60:02}", 720 * 10**9, "23:48:00"),
        ("clock", lambda i: f"{i // 4 % 24}:{i % 4 * 15:02}", 900 * 10**9, "1 d 05:45:00"),
    ],
)
def test_times_are_found_by_what_they_are_and_keep_their_form(read, header, write, step, last):
    series, _ = read(header, [[write(index)] for index in range(120)])
    assert series.names == ("load" if header else "column_2",)
    assert len(series) == 120
    assert format_times(series, [-1]) == [last]
    if step is None:  # calendar steps: none is a day longer or shorter than its months
        assert len(steps(series)) > 1
    else:
        assert steps(series) == {step}


@pytest.mark.parametrize(
    ("header", "write", "last"),
    [
        ("Year,Month", lambda i: [1990 + i // 12, i % 12 + 1], "1999-12"),
        ("year,month", lambda i: [1990 + i // 12, f"{datetime(2000, i % 12 + 1, 1):%B}"], "1999-12"),
        ("month,year", lambda i: [f"{datetime(2000, i % 12 + 1, 1):%b}", 1990 + i // 12], "1999-12"),
        ("year,quarter", lambda i: [1990 + i // 4, i % 4 + 1], "2019Q4"),
        ("year,week", lambda i: [*(START + timedelta(7 * i)).isocalendar()[:2]], "2026-W16"),
    ],
)
def test_the_parts_of_a_date_in_columns_of_their_own_are_joined(read, header, write, last):
    series, _ = read(header, [write(index) for index in range(120)])
    assert series.names == ("load",)
    assert (len(series), format_times(series, [-1])) == (120, [last])


def test_a_day_and_a_time_that_are_named_are_joined_though_no_day_repeats(read):
    rows = [[START.date() + timedelta(index), f"{index % 24:02}:00"] for index in range(120)]
    series, _ = read("day,clock", rows, time="day,clock")
    assert series.times[1] - series.times[0] == 25 * 3600 * 10**9
    assert series.roles.time == "day,clock"


@pytest.mark.parametrize("name", ["machine_hours", "year_to_date", "hour_meter"])
def test_values_that_rise_and_are_called_otherwise_than_times_are_learned(read, name):
    series, _ = read(f"time,{name}", [[time, 100 + index * 1.25] for index, time in enumerate(HOURS)])
    assert series.names == (name, "load")


def test_times_of_which_some_are_missing_are_refused_or_left_out(read):
    epochs = ["" if index == 7 else 1553424480 + 60 * index for index in range(120)]
    with pytest.raises(InputError, match="a time in every row of 'ts', received 1 rows without"):
        read("ts", [[epoch] for epoch in epochs])
    series, notes = read("time,ts", [[time, epoch] for time, epoch in zip(HOURS, epochs, strict=True)])
    assert series.names == ("load",)
    assert "left out ts (a time)" in notes


def test_rows_that_repeat_a_time_are_averaged_with_advice(read):
    rows = [[time, "on" if index % 9 else "off"] for time in HOURS[:60] for index in (0, 1)]
    series, notes = read("time,x", [[time, 7] for time, _ in rows])
    assert len(series) == 60
    assert any('averaged with the others of it; SET="data.group=..." keeps' in note for note in notes)
    rows = [[time, "up"] for time in HOURS] + [[time, "down"] for time in HOURS[:9]]
    assert len(read("time,state", rows)[0]) == 120  # so few are no series of their own


def test_jitter_of_rounded_times_does_not_add_up(read):
    series, notes = read("t", [[f"{index / 30:.3f}"] for index in range(3000)])
    assert len(series) == 3000
    assert "uneven" not in "".join(notes)


@pytest.mark.parametrize(
    "write", [lambda i: 2 * i + 7, lambda i: 10**8 + 3 * i, lambda i: 20150101 + 30 * i, lambda i: 1500 + i]
)
def test_numbers_that_rise_evenly_and_are_no_times_stay_values_and_are_told(read, write):
    series, notes = read("meter", [[write(index)] for index in range(120)])
    assert series.names == ("meter", "load")
    assert any(
        'meter rises evenly and is learned as a value; SET="data.time=meter"' in note for note in notes
    )
    series, _ = read("meter", [[write(index)] for index in range(120)], time="meter")
    assert series.names == ("load",)
    assert read("meter", [[write(i)] for i in range(120)], left_out=("meter",))[0].names == ("load",)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("", lambda i: i),
        ("Unnamed: 0", lambda i: i + 800),
        ("rownames", lambda i: i + 1),
        ("anything", lambda i: i + 1),
        ("sensor_id", lambda i: 997 * i % 120),
    ],
)
@pytest.mark.parametrize("dated", [False, True])
def test_an_index_is_left_out_and_told(read, name, write, dated):
    rows = [[write(index), *([time] if dated else [])] for index, time in enumerate(HOURS)]
    series, notes = read(",".join([name, *(["time"] if dated else [])]), rows)
    assert series.names == ("load",)
    assert any(f"left out {name or 'column_1'} (numbers the rows)" in note for note in notes)
    assert steps(series) == {3600 * 10**9 if dated else 1}


def test_what_is_named_comes_before_what_is_found(read):
    rows = [[index, time, 10 * index] for index, time in enumerate(HOURS)]
    series, _ = read("n,time,metre", rows, values=("n", "load"))
    assert series.names == ("n", "load")
    series, _ = read("n,time,metre", rows, time="metre")
    assert steps(series) == {10}
    series, _ = read("n,time,metre", rows, left_out=("time", "metre"))
    assert series.names == ("load",)
    assert steps(series) == {1}
    with pytest.raises(InputError, match="there is no column 'x'; the columns are n, time, metre, load"):
        read("n,time,metre", rows, left_out=("x",))
    with pytest.raises(InputError, match="dates and times of day in n and load, which make no times"):
        read("n,time,metre", rows, time="n,load")
    with pytest.raises(InputError, match="there is no column 'day'"):
        read("n,time,metre", rows, time="day")


def test_the_times_of_rows_are_those_that_differ(read):
    rows = [["2020-05-17", time, time + timedelta(minutes=5)] for time in HOURS]
    series, notes = read("installed,begin,end", rows)
    assert steps(series) == {3600 * 10**9}
    assert "times from begin" in notes
    assert "left out installed (a time), end (a time)" in notes


@pytest.mark.parametrize(
    ("name", "normal", "anomaly", "note"),
    [
        ("anomaly", "False", "True", ""),
        ("Is Outlier", "no", "yes", " (all but no)"),
        ("Normal/Attack", "Normal", "Attack", " (all but Normal)"),
        ("label", "1", "-1", " (-1, the rarer of -1 and 1)"),
        ("anomaly", "0.0", "1.0", ""),
        ("class", "ok", "broken", " (all but ok)"),
    ],
)
def test_labels_are_numbers_or_words(read, name, normal, anomaly, note):
    rows = [[time, anomaly if 50 <= index < 55 else normal] for index, time in enumerate(HOURS)]
    series, notes = read(f"time,{name}", rows)
    assert np.flatnonzero(series.labels).tolist() == [50, 51, 52, 53, 54]
    assert f"labels from {name}: 5 of 120 rows are anomalies{note}" in notes
    assert series.names == ("load",)


def test_one_of_several_labels_is_taken_and_none_is_a_value(read):
    rows = [[int(index > 99), index % 2, time, index % 2, 3.5 * index] for index, time in enumerate(HOURS)]
    series, notes = read("label,changepoint,time,is_anomaly,outlier", rows)
    assert series.names == ("load",)
    assert series.labels.sum() == 60
    left_out = "left out is_anomaly (another label)" if "labels from label" in "".join(notes) else "left out "
    assert any(left_out in note and "changepoint (marks changes)" in note for note in notes)
    series, _ = read("label,changepoint,time,is_anomaly,outlier", rows, label="label")
    assert series.labels.sum() == 20
    assert series.names == ("load",)


def test_change_points_alone_are_neither_labels_nor_values(read):
    series, notes = read("time,changepoint", [[time, 0] for time in HOURS])
    assert series.labels is None
    assert "left out changepoint (marks changes)" in notes


def test_rows_of_several_machines_are_series_of_their_own(read, tmp_path):
    rows = [[time, name, "up"] for time in HOURS for name in "CAB"]
    each, notes = read("time,machine,state", rows)
    assert list(each) == ["C", "A", "B"]
    assert "3 series, one for each entry of machine: C, A, B" in notes
    assert [len(series) for series in each.values()] == [120] * 3
    np.testing.assert_array_equal(each["A"].values[:3, 0], [float(wave(index)) for index in (1, 4, 7)])
    assert each["A"].rows[:5].tolist() == [-1, 0, -1, -1, 1]
    data = SeriesFile(str(tmp_path / "series.csv"), window=4).load()
    assert data.points.parts == (("C", 0, 120), ("A", 120, 240), ("B", 240, 360))
    assert [group.name for group in data.points.groups] == ["C", "A", "B"]
    assert data.train.shape == (4, 1)
    assert abs(data.train.examples.mean()) < 0.2


def test_ids_of_machines_part_rows_too_and_times_that_begin_anew(read):
    each, _ = read("time,site_id", [[time, site] for site in (7, 9) for time in HOURS])
    assert list(each) == ["7", "9"]
    each, _ = read("engine,cycle", [[engine, cycle] for engine in (1, 2, 3) for cycle in range(40)])
    assert list(each) == ["1", "2", "3"]
    assert steps(each["2"]) == {1}
    each, _ = read(
        "plant,unit,time", [[p, u, t] for p in "PQ" for u in "UV" for t in HOURS], group="plant,unit"
    )
    assert list(each) == ["P U", "P V", "Q U", "Q V"]


def test_a_group_that_is_too_short_is_left_out(read, tmp_path):
    read(
        "time,machine",
        [[time, name] for index, time in enumerate(HOURS) for name in "AB"[: 2 - (index > 20)]],
    )
    data = SeriesFile(str(tmp_path / "series.csv"), window=4).load()
    assert [group.name for group in data.points.groups] == ["A"]
    assert any(note.startswith("left out B: expected a normal part of at least 53") for note in data.notes)
    with pytest.raises(InputError, match="2 series have too little to learn from; A: expected a normal part"):
        SeriesFile(str(tmp_path / "series.csv"), window=64).load()


def test_variables_and_values_are_channels(tmp_path):
    file = tmp_path / "tidy.csv"
    rows = [
        f"{time},{name},{wave(index + 7 * k)}"
        for k, name in enumerate("pq")
        for index, time in enumerate(HOURS)
    ]
    file.write_text("\n".join(["time,variable,value", *rows]) + "\n")
    each, notes = series_in_table(read_table(file), SeriesRoles())
    assert each[""].names == ("p", "q")
    assert each[""].values.shape == (120, 2)
    assert each[""].values[5].tolist() == [float(wave(5)), float(wave(12))]
    assert "variable names the 2 channels, value holds their values" in notes
    again, _ = series_in_table(read_table(file), SeriesRoles(variable="variable,value", values=("q",)))
    assert again[""].names == ("q",)
    with pytest.raises(InputError, match="expected rows of r in column 'variable', it holds p, q"):
        series_in_table(read_table(file), SeriesRoles(variable="variable,value", values=("r",)))
    with pytest.raises(InputError, match="expected numbers in column 'time'"):
        series_in_table(read_table(file), SeriesRoles(variable="variable,time"))


def test_hours_that_daylight_saving_repeats_or_skips_are_told(read):
    clock = [datetime(2024, 10, 26) + timedelta(minutes=30 * index) for index in range(120)]
    _, notes = read("time", [[time - timedelta(hours=index >= 54)] for index, time in enumerate(clock)])
    assert any(note.startswith("an hour comes twice on 2024-10-27, as on clocks") for note in notes)
    clock = [datetime(2024, 3, 30) + timedelta(minutes=30 * index) for index in range(120)]
    _, notes = read("time", [[time + timedelta(hours=index >= 52)] for index, time in enumerate(clock)])
    assert any(note.startswith("an hour is missing on 2024-03-31, as on clocks") for note in notes)
    _, notes = read("time", [[time] for time in clock])
    assert not any("daylight" in note for note in notes)


def test_the_normal_part_is_told_in_the_form_of_the_file(read):
    days = [f"{START + timedelta(index):%d/%m/%Y}" for index in range(120)]
    series, _ = read("date", [[day] for day in days])
    assert parse_normal_part(series, "05/01/2024..04/02/2024") == (4, 35)
    with pytest.raises(InputError, match=r"received 'half'") as refused:
        parse_normal_part(series, "half")
    assert 'as times, "2024-01-01..2024-03-01"' in str(refused.value)
    series, _ = read("t", [[index * 0.25] for index in range(120)])
    assert parse_normal_part(series, "1..2.5") == (4, 11)
    series, _ = read("month", [[f"{1990 + i // 12}-{i % 12 + 1:02}"] for i in range(120)])
    assert parse_normal_part(series, "1990-03..1991") == (2, 13)
    series, _ = read("ts", [[1553424480 + 60 * index] for index in range(120)])
    assert parse_normal_part(series, "1553424600..") == (2, 120)
    assert parse_normal_part(series, "..2019-03-24 10:50") == (0, 3)
