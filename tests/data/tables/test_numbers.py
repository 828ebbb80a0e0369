"""Numbers as people and programs write them, with one format for a whole file."""

import math

import numpy as np
import pytest

from keras_ae.data.series.windows import SeriesFile
from keras_ae.data.tables import dialect
from keras_ae.data.tables.number_format import NumberFormat
from keras_ae.data.tables.numbers import (
    choose_format,
    is_number,
    parse_numbers,
    says_missing,
)
from keras_ae.data.tables.reading import read_table
from keras_ae.data.tables.tables import TableFile, columns_of_file
from keras_ae.data.tables.writing import UNKNOWN, Writing
from keras_ae.errors import InputError

POINT, COMMA, GERMAN, ENGLISH = (
    NumberFormat(),
    NumberFormat(","),
    NumberFormat(",", "."),
    NumberFormat(".", ","),
)
SWISS, FRENCH = NumberFormat(".", "'"), NumberFormat(",", " ")


@pytest.fixture
def read(tmp_path):
    """Reads a table of lines."""

    def read(*lines, **settings):
        file = tmp_path / "table.csv"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return read_table(file, **settings)

    return read


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("12", POINT, 12),
        ("-12.5", POINT, -12.5),
        ("+.5", POINT, 0.5),
        ("5.", POINT, 5),
        ("1.5e3", POINT, 1500),
        ("1.5E-03", POINT, 0.0015),
        ("1.5D+03", POINT, 1500),
        ("-1.5d2", POINT, -150),
        ("1,5E+03", COMMA, 1500),
        ("\u22123,25", COMMA, -3.25),
        ("\u2013 3,25", COMMA, -3.25),
        ("1.204,70", GERMAN, 1204.7),
        ("1.234.567", GERMAN, 1234567),
        ("975", GERMAN, 975),
        ("1250,5", GERMAN, 1250.5),
        ("1,204.70", ENGLISH, 1204.7),
        ("12,34,567.5", ENGLISH, 1234567.5),
        ("1'250.5", SWISS, 1250.5),
        ("1\u2019250\u2019000", SWISS, 1250000),
        ("1\u00a0250,5", FRENCH, 1250.5),
        ("1\u202f250\u2009000", FRENCH, 1250000),
        ("(1,250.50)", ENGLISH, -1250.5),
        ("(5)", POINT, -5),
        ("12.5-", POINT, -12.5),
        ("12.5 -", POINT, -12.5),
        ("$1,250.50", ENGLISH, 1250.5),
        ("-$5.50", POINT, -5.5),
        ("$ -5.50", POINT, -5.5),
        ("1.250,50 \u20ac", GERMAN, 1250.5),
        ("US$ 5", POINT, 5),
        ("EUR 5,50", COMMA, 5.5),
        ("12.5%", POINT, 12.5),
        ("12.5 %", POINT, 12.5),
        ("'-2.50", POINT, -2.5),
        ("20.5 \u00b0C", POINT, 20.5),
        ("5 kWh/m2", POINT, 5),
        ("5 mm Hg", POINT, 5),
        ("1e999", POINT, math.inf),
        ("-Infinity", POINT, -math.inf),
        ("\u221e", POINT, math.inf),
    ],
)
def test_numbers_of_many_forms_are_read(text, form, expected):
    parsed = parse_numbers([text], form)
    np.testing.assert_array_equal(parsed.values, [expected])
    assert not parsed.wrong.any()
    assert is_number(text) or math.isinf(expected)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("1.25,5", GERMAN),
        ("12.50", GERMAN),
        ("0.250", GERMAN),
        ("1,25", ENGLISH),
        ("1,250", POINT),
        ("1.250", COMMA),
        ("1 25", FRENCH),
        ("1250 500", FRENCH),
        ("12,345,67", ENGLISH),
        ("(5", POINT),
        ("+-5", POINT),
        ("(-5)", POINT),
        ("1_000", POINT),
        ("0x1f", POINT),
        ("10:30", POINT),
        ("2024-01-31", POINT),
        ("192.168.1.1", POINT),
        ("A3", POINT),
        ("3/4", POINT),
        ("1.2.3", GERMAN),
        ("5,", COMMA),
    ],
)
def test_other_texts_are_no_numbers(text, form):
    assert parse_numbers([text], form).wrong.all()


@pytest.mark.parametrize(
    "text",
    [
        *"-- --- ---.- * *** . ... ? # n.a. N/A #N/A #DIV/0! #VALUE! #REF! NULL None nan".split(),
        *"NaN <NA> Bad bad Missing".split(),
        "No Data",
        "Bad Input",
        "I/O Timeout",
        "unavailable",
        "Pt Created",
        "[-11059] No Good Data For Calculation",
        "-nan",
        "—",
        "\\N",
        "1.#QNAN",
        "invalid",
    ],
)
def test_what_loggers_and_spreadsheets_write_for_missing_numbers_is_missing(text, read):
    assert says_missing(text)
    table = read("a;b", *(f"{row / 4};x" for row in range(30)), f"{text};y")
    np.testing.assert_array_equal(table.columns["a"].missing.nonzero()[0], [30])
    assert "missing values: a 1" in table.notes


def test_words_are_words_although_they_stand_for_missing_numbers_elsewhere(read):
    table = read("quality;value", "Good;1", "Bad;2", "invalid;3", "Good;Bad")
    assert table.columns["quality"].words == ("Good", "Bad", "invalid")
    assert "read as missing: Bad (1)" in table.notes


@pytest.mark.parametrize(
    ("columns", "separator", "form", "doubtful"),
    [
        ([["1.250", "975"], ["0,80"]], ";", GERMAN, False),
        ([["1,250", "975"], ["0.80"]], ",", ENGLISH, False),
        ([["1.5", "2"]], ";", POINT, False),
        ([["1,5", "2"]], ";", COMMA, False),
        ([["1.250.000"]], ";", GERMAN, False),
        ([["1,250"], ["1234.5"]], "\t", ENGLISH, False),
        ([["1'250.5", "3"]], ",", SWISS, False),
        ([["1 250,5", "3"]], ";", FRENCH, False),
        ([["1.250", "975", "12.000"]], ";", GERMAN, True),
        ([["1.255", "975"]], ";", POINT, True),
        ([["1.250", "1.375"]], ";", POINT, True),
        ([["1.250", "975"]], ",", POINT, False),
        ([["1,250", "975"]], ",", ENGLISH, False),
        ([["12"]], ";", POINT, False),
        ([], ";", POINT, False),
    ],
)
def test_one_format_fits_all_numbers_of_a_file(columns, separator, form, doubtful):
    counted = [dict.fromkeys(cells, 1) for cells in columns]
    assert choose_format(counted, separator) == (form, doubtful)


@pytest.mark.parametrize(
    ("lines", "expected", "note"),
    [
        (["a;b", "1.250;0,80", "975;0,5"], {"a": [1250, 975], "b": [0.8, 0.5]}, "points between thousands"),
        (
            ["a;b", "1.250,5;0,80", "975;0,5"],
            {"a": [1250.5, 975], "b": [0.8, 0.5]},
            "decimal commas and points",
        ),
        (["a,b", '"1,250",0.8', "975,0.5"], {"a": [1250, 975], "b": [0.8, 0.5]}, "commas between thousands"),
        (["a;b", "1'250.5;1", "2'000;2"], {"a": [1250.5, 2000]}, "apostrophes between thousands"),
        (["a;b", "1 250,5;1", "2 000;2"], {"a": [1250.5, 2000]}, "blanks between thousands"),
        (["a;b", "(1,250.00);1", "5.50;2"], {"a": [-1250, 5.5]}, "commas between thousands"),
        (
            ["a;b", "1.250;1", "975;2"],
            {"a": [1250, 975]},
            '1.250 is read as 1250, which the file does not tell (SET="data.decimal=." for the other)',
        ),
        (["a,b", "1.250,1", "975,2"], {"a": [1.25, 975]}, "2 rows, read as 2 columns"),
        (["a;b", "1.250;0.5", "975;2"], {"a": [1.25, 975]}, "2 rows, read as 2 columns"),
    ],
)
def test_all_numbers_of_a_file_tell_its_format(read, lines, expected, note):
    table = read(*lines)
    for name, values in expected.items():
        np.testing.assert_array_equal(table.columns[name].values, values)
    assert any(note in one for one in table.notes), table.notes


def test_the_format_is_judged_by_all_of_a_file(read, monkeypatch):
    monkeypatch.setattr(dialect, "LOOKED_AT", 1000)
    lines = ["975;3"] * 1000 + ["1.250;3", "2.000;5"]
    np.testing.assert_array_equal(read("a;b", *lines).columns["a"].values[-3:], [975, 1250, 2000])
    lines += ["1;0,5"]
    table = read("a;b", *lines)
    np.testing.assert_array_equal(table.columns["a"].values[-3:], [1250, 2000, 1])
    np.testing.assert_array_equal(table.columns["b"].values[-3:], [3, 5, 0.5])
    lines[-1] = "1;0.5"
    assert read("a;b", *lines).columns["a"].values[-2] == 2


def test_a_column_in_another_format_than_the_others_is_read_in_its_own_and_told(read):
    table = read("a;b", *(f"{row}.5;{row},25" for row in range(30)))
    np.testing.assert_array_equal(table.columns["b"].values[:2], [0.25, 1.25])
    np.testing.assert_array_equal(table.columns["a"].values[:2], [0.5, 1.5])
    assert "numbers of b are written decimal commas" in table.notes


@pytest.mark.parametrize(
    ("cells", "unit"),
    [
        (["20.5 °C", "21 °C"], "°C"),
        (["5%", "6 %"], "%"),
        (["$5", "$6.50", "(7)"], "$"),
        (["5 m3/h", "7 m3/h"], "m3/h"),
    ],
)
def test_a_unit_that_all_cells_share_is_told(read, cells, unit):
    table = read("a;b", *(f"{cell};1" for cell in cells), "NA;1", "--;2")
    assert (table.columns["a"].kind, table.columns["a"].unit) == ("number", unit)
    assert f"units: a {unit}" in table.notes


@pytest.mark.parametrize(
    "cells", [["12a", "13", "14b"], ["5 kg", "5 g"], ["1st", "2nd", "3rd"], ["€5", "$5"]]
)
def test_numbers_of_different_units_are_words(read, cells):
    table = read("a;b", *(f"{cell};1" for cell in cells))
    assert table.columns["a"].kind == "text"
    assert any(
        note.startswith("a is read as words: what stands beside its numbers differs (")
        for note in table.notes
    )


def test_times_with_letters_are_no_numbers_with_units(read):
    table = read("a;b;c", "1 AM;5 Jan 2024;2024Q2", "2 AM;6 Jan 2024;2024Q2")
    assert table.columns["b"].kind == table.columns["c"].kind == "time"
    assert table.columns["a"].kind != "number"


def test_infinite_numbers_are_missing_and_told(read):
    table = read("a;b;c", "1;inf;1,5", "-Infinity;2;∞", "1e999;3;2,5")
    missing = [column.missing.tolist() for column in table.columns.values()]
    assert missing == [[False, True, True], [True, False, False], [False, True, False]]
    assert "read as missing: inf (3), ∞ (1)" in table.notes


def test_truth_values_are_ones_and_zeros(read):
    table = read("a;b;c", "True;TRUE;true", "False;FALSE;maybe", "NA;TRUE;false")
    np.testing.assert_array_equal(table.columns["a"].values, [1, 0, np.nan])
    np.testing.assert_array_equal(table.columns["b"].values, [1, 0, 1])
    assert table.columns["c"].words == ("true", "maybe", "false")
    assert "True is read as 1, False as 0: a, b" in table.notes
    assert read("a;b", "True;1", "False;2", kinds={"a": "text"}).columns["a"].words == ("True", "False")
    assert read("a;b", "True;1", "False;2", kinds={"a": "number"}).columns["a"].values.tolist() == [1, 0]


@pytest.mark.parametrize("value", ["-9999", "-999.99", "9999", "-99", "-200", "-32768"])
def test_numbers_that_may_stand_for_missing_ones_are_told_and_kept(read, value):
    table = read("a;b", *(f"{row % 10};1" for row in range(40)), f"{value};1", f"{value};1")
    assert (table.columns["a"].values == float(value)).sum() == 2
    assert any(note.startswith(f"a is {value} in 2 rows, far from") for note in table.notes)
    assert not any("far from" in note for note in read("a;b", "99;1", "60;2", "98;3").notes)


@pytest.mark.parametrize(("bad", "count"), [("abc", 1), ("12x5", 1), ("1.2.3", 2)])
def test_a_few_words_among_numbers_are_refused_and_many_make_words(read, bad, count):
    cells = [f"{row / 8}" for row in range(100)]
    cells[7 : 7 + count] = [bad] * count
    message = rf"a number in column 'a' .*, row 8 of values holds '{bad}' \({count} such"
    with pytest.raises(InputError, match=message):
        read("a;b", *(f"{cell};1" for cell in cells))
    assert read("a;b", *(f"{cell};1" for cell in cells), kinds={"a": "text"}).columns["a"].kind == "text"
    cells[20:30] = [bad] * 10
    table = read("a;b", *(f"{cell};1" for cell in cells))
    assert table.columns["a"].kind == "text"
    assert f"a is read as words: {10 + count} cells are no numbers ({bad})" in table.notes


def test_numbers_that_are_words_keep_their_digits(read):
    assert read("id;x", "007;1", "1.50;2", kinds={"id": "text"}).columns["id"].words == ("007", "1.50")


def test_whole_numbers_of_any_size_are_numbers(read):
    table = read("a;b", "99999999999999999999;18446744073709551615", "1;-3")
    np.testing.assert_array_equal(table.columns["a"].values, [1e20, 1])
    np.testing.assert_array_equal(table.columns["b"].values, [18446744073709551615.0, -3])


@pytest.mark.parametrize(
    ("cells", "decimal", "expected"),
    [
        (["1.250", "975"], ",", 1250),
        (["1.250", "975"], ".", 1.25),
        (["1,250", "975"], ",", 1.25),
        (["1,250", "975"], ".", 1250),
        (["1.250,5", "975"], ",", 1250.5),
        (["2", "975"], ",", 2),
    ],
)
def test_a_setting_tells_the_decimal_mark(read, cells, decimal, expected):
    table = read("a;b", *(f"{cell};1" for cell in cells), known=Writing(decimal=decimal))
    assert table.columns["a"].values[0] == expected
    assert not any("does not tell" in note for note in table.notes)


def test_the_setting_reaches_files_of_tables_and_series(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("time;a\n" + "".join(f"2024-01-{day:02};{day}.250\n" for day in range(1, 29)))
    for kind in (TableFile, SeriesFile):
        assert kind(str(file)).table().columns["a"].values[1] == 2.25
        assert kind(str(file), decimal=",").table().columns["a"].values[1] == 2250
        with pytest.raises(InputError, match="decimal must be one of"):
            kind(str(file), decimal=";")
    for known, in_doubt in ((Writing(decimal=","), UNKNOWN), (UNKNOWN, Writing(decimal=","))):
        assert columns_of_file(str(file), ("a",), (), known, in_doubt)["a"][1] == 2250


def test_faults_in_columns_that_are_not_used_are_none(tmp_path):
    file = tmp_path / "rows.csv"
    lines = [f"2024-01-{day:02};{day};{day if day != 5 else 'broken'}" for day in range(1, 29)]
    file.write_text("\n".join(["time;a;b", *lines]) + "\n")
    with pytest.raises(InputError, match="row 5 of values holds 'broken'"):
        SeriesFile(str(file)).table()
    assert SeriesFile(str(file), values=("a",)).table().columns["b"].kind == "text"
    assert SeriesFile(str(file), left_out=("b",)).table().columns["b"].kind == "text"
    assert TableFile(str(file), left_out=("b",)).table().columns["b"].kind == "text"
    assert TableFile(str(file), words=("b",)).table().columns["b"].kind == "text"
