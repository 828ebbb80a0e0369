"""Tables in files: detection of their dialect, and refused files."""

import numpy as np
import pytest

from keras_ae.data.tables import blocks, dialect, gathering
from keras_ae.data.tables.columns import MISSING, distinct_names
from keras_ae.data.tables.reading import read_table
from keras_ae.data.tables.writing import Writing
from keras_ae.errors import InputError


@pytest.fixture
def read(tmp_path):
    """Reads a table of given text or bytes."""

    def read(text, only=None, needed=(), **kinds):
        file = tmp_path / "table.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_table(file, kinds, only, needed)

    return read


PLAIN = "when,value,kind\n2024-01-01 00:00,1.5,a\n2024-01-01 01:00,,b\n2024-01-01 02:00,-2e3,a\n"


def test_kinds_names_and_missing_values_are_found_out(read):
    table = read(PLAIN)
    assert {name: column.kind for name, column in table.columns.items()} == {
        "when": "time", "value": "number", "kind": "text",
    }  # fmt: skip
    np.testing.assert_array_equal(table.columns["value"].values, [1.5, np.nan, -2000])
    np.testing.assert_array_equal(np.diff(table.columns["when"].values), [3600 * 10**9] * 2)
    assert (table.columns["kind"].values.tolist(), table.columns["kind"].words) == ([0, 1, 0], ("a", "b"))
    assert table.notes == ("3 rows, read as 3 columns separated by ','", "missing values: value 1")
    assert table.columns["value"].missing.tolist() == [False, True, False]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_another_separator_gives_the_same_table(read, separator):
    table, same = read(PLAIN), read(PLAIN.replace(",", separator))
    assert list(same.columns) == list(table.columns)
    for name, column in same.columns.items():
        np.testing.assert_array_equal(column.values, table.columns[name].values)


def test_decimal_commas_are_understood_and_told(read):
    table = read("a;b\n1,5;2\n1.234,25;3\n")
    np.testing.assert_array_equal(table.columns["a"].values, [1.5, 1234.25])
    assert "decimal commas" in table.notes[0]
    assert read("a;b\n1.5;2\n").columns["a"].values == [1.5]


def test_a_table_without_a_header_keeps_its_first_row_and_says_so(read):
    table = read("1,2.5\n3,4\n")
    assert list(table.columns) == ["column_1", "column_2"]
    assert len(table) == 2
    assert "no header" in table.notes[0]
    assert len(read("5\n6\n7\n")) == 3


def test_names_that_are_repeated_or_empty_are_discrimination(read):
    assert list(read("a,,a\n1,2,3\n").columns) == ["a", "column_2", "a_3"]


def test_words_for_missing_values_may_be_names(read):
    assert list(read('NA,None,"T\n(°C)",-\n1,2,3,4\n5,6,7,8\n').columns) == ["NA", "None", "T (°C)", "-"]


def test_no_name_is_given_twice():
    assert distinct_names(["a", "a_3", "a", "", "column_4"]) == (
        "a",
        "a_3",
        "a_3_3",
        "column_4_4",
        "column_4",
    )


@pytest.mark.parametrize("missing", MISSING)
def test_every_way_to_say_missing_is_missing(read, missing):
    table = read(f"a,b,c\n1,x,2024-01-01\n{missing},{missing},{missing}\n1,x,2024-01-01\n")
    assert [column.missing.tolist() for column in table.columns.values()] == [[False, True, False]] * 3


def test_a_byte_order_mark_quotes_and_other_encodings_do_no_harm(read):
    assert list(read("\ufeffa,b\n1,2\n").columns) == ["a", "b"]
    assert read('a,b\n"x, y",2\n').columns["a"].words == ("x, y",)
    assert read("a,b\nK\u00f6ln,2\n".encode("latin-1")).columns["a"].words == ("K\u00f6ln",)


def test_blank_lines_are_passed_over_but_of_a_single_column(read):
    assert len(read("\n\na,b\n1,2\n\n3,4\n")) == 2
    np.testing.assert_array_equal(read("\na\n1\n\n3\n").columns["a"].values, [1, np.nan, 3])


def test_a_kind_can_be_corrected(read):
    table = read("id,x\n1,2\n7,3\n", id="text")
    assert table.columns["id"].words == ("1", "7")


def test_many_rows_are_read_some_at_a_time(read, monkeypatch):
    text = "a,b\n" + "".join(f"{row},w{row % 7}\n" for row in range(1000))
    whole = read(text)
    monkeypatch.setattr(blocks, "BLOCK", 300)
    parts = read(text)
    for name, column in parts.columns.items():
        np.testing.assert_array_equal(column.values, whole.columns[name].values)
        assert column.words == whole.columns[name].words


def test_a_file_longer_than_its_beginning_is_understood_by_that(read, monkeypatch):
    monkeypatch.setattr(dialect, "LOOKED_AT", 45)
    assert len(read(PLAIN)) == 3


def test_dots_in_a_file_of_decimal_commas_are_of_thousands_dates_and_addresses(read):
    table = read("t;v;ip\n01.01.2024;1,5;192.168.1.1\n02.01.2024;1.234,5;10.0.0.1\n")
    assert [column.kind for column in table.columns.values()] == ["time", "number", "text"]
    assert table.columns["v"].values.tolist() == [1.5, 1234.5]
    with pytest.raises(InputError, match="row 20001 of values holds '12.5'"):
        read("a;b\n" + "1,5;2\n" * 20000 + "12.5;2\n")


@pytest.mark.parametrize(
    ("dates", "second", "doubtful"),
    [
        (("01/02/2024", "13/02/2024"), "2024-02-13", False),
        (("01/02/2024", "01/13/2024"), "2024-01-13", False),
        (("01/02/2024", "03/02/2024"), "2024-03-02", True),
        (("01.02.2024", "03.02.2024"), "2024-02-03", True),
        (("2024-02-01", "2024-02-03"), "2024-02-03", False),
    ],
)
def test_the_day_and_the_month_of_a_file_are_in_one_order(read, dates, second, doubtful):
    table = read("t,v\n" + "".join(f"{date},1\n" for date in dates))
    assert str(table.columns["t"].values.astype("datetime64[ns]")[1])[:10] == second
    assert ("which they do not tell" in table.notes[0]) == doubtful


def test_a_date_against_the_order_of_the_others_is_refused(read):
    with pytest.raises(InputError, match="row 8001 of values holds '13/02/2024'"):
        read("t,v\n" + "01/20/2024,1\n" * 8000 + "13/02/2024,1\n")


def test_columns_that_are_not_asked_for_may_hold_anything(read):
    table = read("a,b\n" + "1,2\n" * 20000 + "1,x\n", only=("a",))
    assert list(table.columns) == ["a"]
    with pytest.raises(InputError, match="has no column 'c'; its columns are a, b"):
        read("a,b\n1,2\n", only=("a",), needed=("a", "c"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an empty file"),
        ("\n\n", "an empty file"),
        (b"PK\0\0", "is binary; save it"),
        ("a,b\n", "found a header alone"),
        ("a,b\n1,2\n" * 30 + "1,2,3\n", "expected 2 cells separated by .* line 61 has 3"),
        ("a,b\n" + "1,2\n" * 20000 + "1,x\n", "a number in column 'b' .*, row 20001 of values holds 'x'"),
        ("a,t\n1,2024-01-01\n1,9999-01-01\n", "row 2 of values holds '9999-01-01'"),
        ("a,t\n" + "1,2024-01-01\n" * 8000 + "1,soon\n", "a time in column 't' .* 8001 .* 'soon'"),
    ],
)
def test_what_is_no_table_is_refused_with_the_row(read, text, message):
    with pytest.raises(InputError, match=message):
        read(text)


def test_a_wrong_column_or_kind_is_refused(read, tmp_path):
    with pytest.raises(InputError, match="no column 'c'; its columns are a, b"):
        read("a,b\n1,2\n", c="text")
    with pytest.raises(InputError, match="one of number, text, time; received 'float'"):
        read("a,b\n1,2\n", a="float")
    with pytest.raises(InputError, match=r"nowhere.csv cannot be read \(No such file"):
        read_table(tmp_path / "nowhere.csv")


def test_what_does_not_fit_the_memory_is_refused(read, monkeypatch):
    monkeypatch.setattr(gathering, "LARGEST", 100)
    with pytest.raises(InputError, match="more than .* GiB of values"):
        read("a,b\n" + "1,2\n" * 10)
    monkeypatch.setattr(dialect, "MOST_COLUMNS", 1)
    with pytest.raises(InputError, match="at most 1 columns, found 2"):
        read("a,b\n1,2\n")


def test_what_follows_the_quoted_cells_that_lines_begin_with_is_the_separator(read):
    lines = [f'"[[host]]";"2024-01-{day:02}T00:00:00+11:00";{day},721,992,142.283' for day in range(1, 29)]
    table = read("\n".join(['"Series";"Time";"Value"', *lines]) + "\n")
    assert list(table.columns) == ["Series", "Time", "Value"]
    np.testing.assert_allclose(table.columns["Value"].values[:2], [1721992142.283, 2721992142.283])


def test_single_quotes_around_all_names_or_numbers_are_none_of_them(read):
    rows = [f"'2024-01-{day:02}','{day / 4}','it''s',{day}" for day in range(1, 29)]
    table = read("\n".join(["'time','a b','word','n'", "'d','mV','','mV'", *rows]) + "\n")
    assert list(table.columns) == ["time", "a b", "word", "n"]
    assert [column.kind for column in table.columns.values()] == ["time", "number", "text", "number"]
    assert table.columns["n"].unit == "mV"
    assert table.columns["a b"].values[0] == 0.25


@pytest.mark.parametrize("text", ["time,load\n", '"time";"load"\n', "time\tload"])
def test_a_header_alone_is_told_where_columns_are_needed(tmp_path, text):
    (tmp_path / "rows.csv").write_text(text)
    with pytest.raises(InputError, match="found a header alone; add rows"):
        read_table(tmp_path / "rows.csv", needed=("load",), in_doubt=Writing(","))
