"""How a file is written, where a setting or an earlier file decides what it does not tell itself."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from keras_ae.data.series.resample import series_in_table
from keras_ae.data.series.roles import SeriesRoles
from keras_ae.data.series.windows import SeriesFile
from keras_ae.data.tables.dialect import detect_dialect
from keras_ae.data.tables.reading import read_table
from keras_ae.data.tables.tables import TableFile
from keras_ae.data.tables.writing import Writing, setting_of
from keras_ae.errors import InputError
from keras_ae.formats import to_json
from keras_ae.formats.sounds.waveforms import Waveforms
from keras_ae.runs.series_facts import SeriesFacts
from keras_ae.serving.columns import read_columns

TWO_WAYS = [f"2024-01-{day:02} 00:00:00,2{day}" for day in range(1, 29)]
TWO_HEADERS = ["Logger;SN4711", "Channels;3", "Status;x", *(f"ok;{row}.5" for row in range(20))]


@pytest.fixture
def file(tmp_path):
    """Writes lines into a file."""

    def file(*lines, name="rows.csv"):
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return str(tmp_path / name)

    return file


def test_where_two_separators_part_all_rows_alike_a_setting_decides(file):
    path = file(*TWO_WAYS)
    with pytest.raises(InputError, match="may be separated by ',' .2 cells a line. or by blanks") as error:
        read_table(path)
    assert 'SET="data.separator=,"' in str(error.value)
    assert 'SET="data.separator=blanks"' in str(error.value)
    assert list(TableFile(path, separator=",").table().columns["column_2"].values[:2]) == [21, 22]
    assert SeriesFile(path, separator="blanks").table().columns["column_2"].kind == "time"
    again = read_table(path, in_doubt=Writing(","))
    assert again.columns["column_2"].values[0] == 21
    assert "which it does not tell, as in training" in again.notes[0]
    assert "as in training" not in read_table(file("a;b", "1;2"), in_doubt=Writing(",")).notes[0]


def test_where_two_lines_may_be_the_header_a_setting_decides(file):
    path = file(*TWO_HEADERS)
    with pytest.raises(InputError, match=r"line 1 of .* \(Logger, SN4711\) or in line 3 .*data.header=3"):
        read_table(path)
    assert list(TableFile(path, header=3).table().columns["x"].values[:2]) == [0.5, 1.5]
    with pytest.raises(InputError, match="column 'SN4711' .* row 2 of values holds 'x'"):
        TableFile(path, header=1).table()
    again = read_table(path, in_doubt=Writing(header=3))
    assert len(again) == 20
    assert "as in training" in again.notes[0]


def test_a_header_is_where_it_is_said_to_be(file):
    path = file("1;2", "°C;V", "3;4", "5;6")
    assert list(read_table(path, known=Writing(header=0)).columns) == ["column_1", "column_2"]
    table = read_table(path, known=Writing(header=1))
    assert list(table.columns["2"].values) == [4, 6]
    assert table.columns["2"].unit == "V"
    with pytest.raises(InputError, match="expected names of columns in line 9 of"):
        read_table(path, known=Writing(header=9))


@pytest.mark.parametrize("separator", ["tab", "\t", "blanks", ";", "|", "/", "none"])
def test_a_separator_is_named_in_a_setting(file, separator):
    sign = {"tab": "\t", "blanks": " ", "none": "\x1f"}.get(separator, separator)
    between = "," if separator == "none" else sign
    path = file(*(between.join(row) for row in [("a", "b"), ("1", "2"), ("3", "4")]))
    dialect = detect_dialect(path, TableFile(path, separator=separator).writing)
    assert dialect.separator == sign
    assert setting_of(sign) in (separator, "tab")
    assert len(dialect.names) == 1 + (separator != "none")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"separator": "a"}, "received separator='a'"),
        ({"separator": ";;"}, "received separator=';;'"),
        ({"separator": '"'}, "expected a separator such as"),
        ({"decimal": ";"}, "decimal must be one of"),
        ({"header": -1}, "header must be at least 0"),
    ],
)
def test_other_settings_are_refused(settings, reason):
    for kind in (TableFile, SeriesFile):
        with pytest.raises(InputError, match=reason):
            kind("rows.csv", **settings)


@pytest.mark.parametrize(
    ("lines", "decimal"),
    [
        (["a;b", "1,5;2"], ","),
        (["a;b", "1.5;2"], "."),
        (["a;b", "1.250;2"], "."),
        (["a;b", "1.250;2", "975;2", "12.000;3"], ","),
        (["a;b", "1 250;975"], ""),
        (["a;b", "1;2"], ""),
        (["a;b", "1.250,5 V;2"], ","),
    ],
)
def test_the_mark_before_decimals_is_kept_where_a_file_has_one(file, lines, decimal):
    table = read_table(file(*lines))
    assert table.written.decimal == decimal
    assert Writing.from_text(str(table.written)) == table.written


def test_rows_for_a_head_of_other_inputs_are_refused_with_what_it_takes(file):
    specs = {"inputs": {"shape": [None, None], "dtype": "float32"}}
    with pytest.raises(InputError, match="the rows of a series are read by keras-ae encode"):
        read_columns(file("a;b", "1;2"), specs)
    sounds = {"format": json.loads(to_json(Waveforms(8000)))}
    with pytest.raises(InputError, match=r"expected arrays of inputs, .*; give those, or sounds \(.*\.wav"):
        read_columns(file("a;b", "1;2"), specs, sounds)


def test_a_later_file_of_a_table_is_read_as_that_of_its_training(file):
    rows = [f"{index % 7 + 1}.{100 + index},5;{index * 37 % 11}" for index in range(100)]
    data = TableFile(file("a;b", *rows)).load()
    written = data.preprocessor.written
    assert (written.separator, written.header, written.decimal) == (";", 1, ",")
    later = file("a;b", "1.250;1", "2.375;2", name="later.csv")
    specs = {name: {"shape": [None], "dtype": "float32"} for name in "ab"}
    assert list(read_columns(later, specs)["a"]) == [1.25, 2.375]
    card = {"written": vars(written)}
    assert list(read_columns(later, specs, card)["a"]) == [1250, 2375]
    told = read_table(later, in_doubt=written).notes
    assert "1.250 is read as 1250, which the file does not tell, as in training" in told
    other = file("a;b", "1.25;1", "2.375;2", name="other.csv")
    assert list(read_columns(other, specs, card)["a"]) == [1.25, 2.375]


@pytest.mark.parametrize(
    ("header", "cells", "counts", "scale"),
    [
        ("time", [1.7e9 + 60 * row for row in range(200)], "epoch", 10**9),
        ("ts", [1.7e12 + 60_000 * row for row in range(200)], "epoch", 10**6),
        ("time", [5 * row for row in range(200)], "number", 1),
        ("time", [f"{row // 24 + 1:02}/02/2024 {row % 24:02}:00" for row in range(200)], "", 1),
    ],
)
def test_a_series_keeps_what_its_times_count(file, header, cells, counts, scale):
    path = file(f"{header};v", *(f"{cell};{index % 7},5" for index, cell in enumerate(cells)))
    facts = SeriesFacts.of(SeriesFile(path, window=8).load().points)
    again = SeriesFacts.from_arrays({name: np.array(value) for name, value in facts.arrays().items()})
    assert again.roles == SeriesRoles(header, ("v",), written=facts.roles.written)
    written = again.roles.written
    assert (written.decimal, written.counts, written.scale) == (",", counts, scale)
    assert written.order == ("" if counts else "dmy")


@pytest.mark.parametrize(
    ("before", "first", "kind"),
    [
        (Writing(counts="number"), 4e8, "number"),  # milliseconds since a beginning, five days later
        (Writing(), 4e8, "epoch"),
        (Writing(counts="epoch", scale=10**9), 1e8, "epoch"),  # 1973
        (Writing(), 1e8, "number"),
        (Writing(counts="epoch", scale=10**6), 1.7e9, "epoch"),
    ],
)
def test_numbers_count_what_they_did_in_training(file, before, first, kind):
    table = read_table(file("time;v", *(f"{first + 60 * row:.0f};{row % 7}" for row in range(50))))
    each, _ = series_in_table(table, SeriesRoles("time", ("v",), written=before))
    form = each[""].form
    assert form.kind == kind
    assert form.scale == (10**9 if kind == "epoch" else 1)  # a range that tells seconds tells them


def test_settings_are_those_of_files(file):
    settings = SimpleNamespace(separator="tab", header=2, decimal=",", dayfirst=True)
    assert Writing.of(settings) == Writing("\t", 2, ",", "dmy")
