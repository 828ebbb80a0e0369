"""Headers of tables: lines before them, units below them, names that are numbers, and row names."""

import numpy as np
import pytest

from keras_ae.data.tables import dialect
from keras_ae.data.tables.reading import read_table
from keras_ae.errors import InputError

ROWS = [(f"2024-01-{day:02}", f"{day + 0.25:.2f}", f"{990 - day}") for day in range(1, 29)]


@pytest.fixture
def read(tmp_path):
    """Reads a table of lines."""

    def read(*lines, **settings):
        file = tmp_path / "table.csv"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return read_table(file, **settings)

    return read


def body(separator=","):
    return [separator.join(row) for row in ROWS]


def check(table, names=("time", "T", "P")):
    """Whether a table holds all of the rows, and nothing else."""
    assert tuple(table.columns) == names
    np.testing.assert_array_equal(table.columns[names[-2]].values, [float(row[1]) for row in ROWS])
    np.testing.assert_array_equal(table.columns[names[-1]].values, [float(row[2]) for row in ROWS])


@pytest.mark.parametrize(
    ("above", "separator", "note"),
    [
        (["# station 7", "#", "# hourly; checked", "time;T;P"], ";", "3 lines before the header"),
        (["% station 7, Hall 3", "time,T,P"], ",", "1 line before the header"),
        (["// exported", "", "time\tT\tP"], "\t", "1 line before the header"),
        (["Weather of January", "", "time,T,P"], ",", "1 line before the header"),
        (["Report: weather, hourly", "time,T,P"], ",", "1 line before the header"),
        (["Logger;SN4711", "Place;Hall 3", "Start;2024-01-01", "time;T;P"], ";", "3 lines before"),
        (["Logger;SN4711;v2", "", "time;T;P"], ";", "1 line before the header"),
        (["", "  ", "time,T,P", ""], ",", "read as 3 columns"),
        (["sep=;", "time;T;P"], ";", "read as 3 columns"),
        (['"sep=|"', "time|T|P"], "|", "read as 3 columns"),
        (["# time,T,P"], ",", "read as 3 columns"),
        (["# made by numpy", "#time T P"], " ", "1 line before the header"),
        (["time;T;P", "-----;---;---"], ";", "read as 3 columns"),
        (["Samples,10,20", "time,T,P"], ",", "1 line before the header"),
        (["# a,b"] * 5000 + ["time;T;P"], ";", "5000 lines before the header"),
    ],
)
def test_the_header_stands_below_other_lines(read, above, separator, note):
    table = read(*above, *body(separator))
    check(table)
    assert note in table.notes[0]
    assert "no header" not in table.notes[0]


@pytest.mark.parametrize(
    "units",
    [
        [";°C;hPa"],
        ["date;degC;mbar"],
        ["[-];[°C];[hPa]"],
        [";%;%"],
        ["TS;Deg C;hPa", ";Avg;Smp"],
        ["UTC;µg/m³;W/m2"],
        [";l/min;count/s"],
        ["yyyy-mm-dd;m/s;1/min"],
        [";foo;foo"],
    ],
)
def test_units_below_the_header_are_units(read, units):
    table = read("time;T;P", *units, *body(";"))
    check(table)
    cells = units[0].split(";")
    assert (table.columns["T"].unit, table.columns["P"].unit) == (cells[1], cells[2])
    assert f"units: T {cells[1]}, P {cells[2]}" in table.notes


@pytest.mark.parametrize(
    "above",
    [
        ['"#NAMES"', '"time","T","P"', '"#TYPES"', '"date","D","I"', '"#ROWS","28"'],
        ["time,T,P", "datetime,float,int", "T,,"],
        ["time,T,P", "time,T1,T1", "date,,"],
        ["time,T,P", ",point1,point2", ",INT,INT", ",S16,US16", ",,"],
        ["time,T,P", "datetime,float64,int64"],
    ],
)
def test_types_and_flags_below_names_are_none(read, above):
    table = read(*above, *body())
    check(table)
    assert "no header" not in table.notes[0]


def test_a_first_row_of_missing_values_and_another_word_is_a_row(read):
    rows = [f"{day},{day % 7},{'2' if day % 5 else 'a b'}" for day in range(1, 29)]
    table = read("T,P,class", "?,?,a b", *rows)
    assert list(table.columns) == ["T", "P", "class"]
    assert len(table) == 29


def test_names_of_groups_over_several_columns_are_joined(read):
    rows = [f"2024-01-{day:02},{day},2,{day},3" for day in range(1, 29)]
    table = read("Price,Close,Close,High,High", "Ticker,AB,CD,AB,CD", "Date,,,,", *rows)
    assert list(table.columns) == ["Price Ticker", "Close AB", "Close CD", "High AB", "High CD"]
    rows = [f"2024-01-{day:02};{day},5;2;{day},1;3" for day in range(1, 29)]
    table = read("time;Boiler 1;;Boiler 2;", ";T;P;T;P", ";°C;bar;°C;bar", *rows)
    assert list(table.columns) == ["time", "Boiler 1 T", "Boiler 1 P", "Boiler 2 T", "Boiler 2 P"]
    assert table.columns["Boiler 2 P"].unit == "bar"


def test_the_four_lines_of_a_campbell_logger_are_understood(read):
    above = [
        '"TOA5","hut","CR1000X","11520","CR1000X.Std.05","CPU:hut.CR1X","6130","min10"',
        '"TIMESTAMP","RECORD","AirTC_Avg","RH"',
        '"TS","RN","Deg C","%"',
        '"","","Avg","Smp"',
    ]
    table = read(*above, *(f'"{day} 00:10:00",{index},{t},{p}' for index, (day, t, p) in enumerate(ROWS)))
    check(table, ("TIMESTAMP", "RECORD", "AirTC_Avg", "RH"))
    assert "units: RECORD RN, AirTC_Avg Deg C, RH %" in table.notes


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("2019;2020;2021", "{a};{b};{a}"),
        ("country;2019;2020;2021", "DE;{a};{b};{a}"),
        ("2019;2020", "{a};{b}"),
        ("0,1,2,3", "{a},{b},{a},{b}"),
        ("time,0,1", "2024-01-01,{a},{b}"),
        ("id,a,7", "{b},{a},{b}"),
    ],
)
def test_numbers_are_names_of_columns_where_rows_are_no_count(read, header, row):
    rows = [row.format(a=day + 0.5, b=3 * day % 7) for day in range(20)]
    table = read(header, *rows)
    assert "no header" not in table.notes[0]
    assert len(table) == 20
    assert list(table.columns) == header.replace(";", ",").split(",")


@pytest.mark.parametrize(
    "rows",
    [
        ["1,2,3", "4,5,6", "7,8,9"],
        ["1553424480,nan,14.5,0", "1553424540,nan,14.6,0"],
        ["2024-01-01,2,3", "2024-01-02,4,5"],
        ["1,a", "2,b"],
        ["NA,2", "3,4"],
        ["0.5,1.5,2.5", "1,2,4"],
    ],
)
def test_a_table_without_a_header_keeps_its_first_row(read, rows):
    table = read(*rows)
    assert len(table) == len(rows)
    assert next(iter(table.columns)) == "column_1"


@pytest.mark.parametrize("separator", [",", ";", " ", "\t"])
@pytest.mark.parametrize("first", [str, lambda row: f'"{row * 3}"', lambda row: f'"row {row}"'])
def test_row_names_of_r_do_not_shift_columns(read, separator, first):
    header = separator.join('"date" "T" "P"'.split())
    rows = [separator.join([first(row + 1), f'"{day}"', t, p]) for row, (day, t, p) in enumerate(ROWS)]
    table = read(header, *rows)
    check(table, ("date", "T", "P"))
    assert "row names, for which the header has no name, are left out" in table.notes
    only = read(header, *rows, only=("T",), needed=("T",))
    assert list(only.columns) == ["T"]


def test_row_names_that_are_times_or_asked_for_are_kept(read):
    rows = [",".join([f'"{day}"', t, p]) for day, t, p in ROWS]
    table = read('"T","P"', *rows)
    check(table, ("row_names", "T", "P"))
    assert table.columns["row_names"].kind == "time"
    assert read(
        '"T"', *(f"{row},{t}" for row, (_, t, _) in enumerate(ROWS)), kinds={"row_names": "text"}
    ).columns["row_names"].words[:2] == ("0", "1")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["time,T", *body()], "a name for each of 3 columns in the header .* received 2 .time, T.; add"),
        (["a,b", "1.5,2,3", "1.5,3,4"], "a name for each of 3 columns"),
        (["a,b", "1,2,3", "1,3,4"], "a name for each of 3 columns"),
        (["a,b,c,d,e", *body()], "a name for each of 3 columns in the header .* received 5"),
    ],
)
def test_a_header_with_other_names_than_columns_is_refused(read, lines, message):
    with pytest.raises(InputError, match=message):
        read(*lines)


@pytest.mark.parametrize(
    ("header", "end"),
    [("time,T,P", ","), ("time,T,P,", ","), ("time,T,P,", ""), ("time,T,P", ",  "), ("time,T,P, ", ",")],
)
def test_separators_at_the_ends_of_lines_are_no_columns(read, header, end):
    check(read(header, *(line + end for line in body())))


def test_separators_at_the_ends_of_some_lines_are_no_columns(read):
    lines = body()
    lines[3:7] = [line + "," for line in lines[3:7]]
    check(read("time,T,P", *lines))
    lines = [line + "," for line in body()]
    lines[3] = lines[3].rstrip(",")
    check(read("time,T,P", *lines))


def test_a_column_with_a_name_and_without_values_stays(read):
    table = read("time,T,P,note", *(line + "," for line in body()))
    assert table.columns["note"].missing.all()


def test_line_ends_and_blanks_in_names_are_one_blank(read):
    assert list(read('"time","Temp\n  (°C)"', "2024-01-01,2").columns) == ["time", "Temp (°C)"]


def test_a_header_that_begins_with_a_number_sign_is_none_of_remarks(read):
    above = ['"Plot Title: 10345"', '"#","Date Time, GMT+01:00","T, °C","RH, %"']
    table = read(*above, *(f"{row},{day} 10:00,{t},{p}" for row, (day, t, p) in enumerate(ROWS)))
    check(table, ("#", "Date Time, GMT+01:00", "T, °C", "RH, %"))


def test_more_of_a_file_is_looked_at_where_lines_are_long(read, monkeypatch):
    monkeypatch.setattr(dialect, "LOOKED_AT", 1000)
    names = [f"column {index}" for index in range(500)]
    table = read(",".join(names), *[",".join(["1.5"] * 500)] * 3)
    assert tuple(table.columns) == tuple(names)


@pytest.mark.parametrize(
    ("above", "names"),
    [
        (["Title of it"], ("column_1", "column_2")),
        (["Title of it", "T;P"], ("T", "P")),
        (["Logger;1", "Hall;2", "", "T;P"], ("T", "P")),
        (["Logger;1", "", "T;P", ""], ("T", "P")),
        (["Logger;1;2", "Hall;2;3", ""], ("column_1", "column_2")),
    ],
)
def test_lines_like_rows_above_two_columns_are_no_rows(read, above, names):
    check(read(*above, *(f"{t};{p}" for _, t, p in ROWS)), names)


def test_lines_above_rows_without_a_header_name_no_columns(read):
    check(read("Logger;1", "Hall;2", "", *body(";")), ("column_1", "column_2", "column_3"))
