"""Rows of text files: separators, quotes, line ends, and lines that are no rows."""

import numpy as np
import pytest

from keras_ae.data.tables import blocks
from keras_ae.data.tables.blocks import read_rows
from keras_ae.data.tables.dialect import detect_dialect
from keras_ae.data.tables.reading import read_table
from keras_ae.errors import InputError

ROWS = [(f"2024-01-{day:02}", f"{day + 0.25:.2f}", f"{990 - day}") for day in range(1, 29)]
BODY = [",".join(row) for row in ROWS]


@pytest.fixture
def read(tmp_path):
    """Reads a table of lines."""

    def read(*lines, end="\n", encoding="utf-8"):
        file = tmp_path / "table.csv"
        file.write_bytes((end.join(lines) + end).encode(encoding))
        table = read_table(file)
        assert len(list(read_rows(file, detect_dialect(file)))) >= len(table)
        return table

    return read


def values(table, name="T"):
    return table.columns[name].values.tolist()


EXPECTED = [float(row[1]) for row in ROWS]


@pytest.fixture(params=[2**23, 100], ids=["at once", "in parts"])
def parts(request, monkeypatch):
    """Files that are read at once, and some lines at a time."""
    monkeypatch.setattr(blocks, "BLOCK", request.param)


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_line_ends_and_encodings_do_no_harm(read, end, encoding):
    lines = [f"{line},{'è' if row % 3 else ''}à" for row, line in enumerate(BODY)]
    table = read("time,T,P,né", *lines, end=end, encoding=encoding)
    assert values(table) == EXPECTED
    assert table.columns["né"].words == ("à", "èà")


def test_bytes_that_are_no_utf8_far_behind_the_beginning_are_windows_ones(read):
    table = read("time,T,note", *["2024-01-01,1,fine"] * 10_000, "2024-01-02,2,20 °C …", encoding="cp1252")
    assert table.columns["note"].words == ("fine", "20 °C …")
    assert "encoding cp1252" in table.notes[0]


@pytest.mark.parametrize("inside", ["\u2028", "\u0085", "\v", "\f", "\x1c", "\u2029"])
def test_only_line_feeds_and_carriage_returns_end_lines(read, inside):
    table = read("time,T,note", *(f"{day},{t},a{inside}b" for day, t, _ in ROWS))
    assert values(table) == EXPECTED
    assert table.columns["note"].words == (f"a{inside}b",)


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("time,T,tags", '{0},{1},"red;blue;green"'),
        ("time,T,tags", "{0},{1},red;blue"),
        ("time,T,agent", "{0},{1},Mozilla/5.0 (X11; Linux x86_64)"),
        ("time;T;what", "{0};{1};a, b, c"),
        ("time;T;what", '{0};{1};"a; b ""quoted"" c"'),
        ("time,T,size", '{0},{1},5" pipe'),
        ("time,T,what", '{0},{1},"two\nlines"'),
        ('"time";"T";"P"', '"{0}";"{1}";"{2}"'),
        ("time, T, P", '{0}, {1}, "{2}"'),
        ("time|T|P", "{0}|{1}|{2}"),
        ("time\tT\tnote", "{0}\t{1}\tone, two; three | four"),
        ("time T P", "{0} {1} {2}"),
        ("  time      T    P", "  {0}   {1}\t {2}  "),
        ("time;T;ip", "{0};{1};192.168.1.1"),
        ("time,T,list", "{0},{1},[1 2 3]"),
    ],
)
def test_the_separator_is_the_one_that_parts_all_rows_alike(read, header, row):
    table = read(header, *(row.format(*cells) for cells in ROWS))
    assert values(table) == EXPECTED
    assert len(table.columns) == 3
    assert table.columns["time"].kind == "time"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a;b", "1,5;2,5", "1,25;3,5"], {"a": [1.5, 1.25], "b": [2.5, 3.5]}),
        (["1,5;2", "2,5;3"], {"column_1": [1.5, 2.5], "column_2": [2, 3]}),
        (["a", "1,5", "2,25"], {"a": [1.5, 2.25]}),
        (["a", "1.5", "2.25"], {"a": [1.5, 2.25]}),
        (["a b", "1,5 2,5", "1,25 3,5"], {"a": [1.5, 1.25], "b": [2.5, 3.5]}),
        (["a\tb", "1,5\t2", "2,5\t3"], {"a": [1.5, 2.5], "b": [2, 3]}),
        (["a,b", '"1,5",2', '"2,5",3'], {"a": [1.5, 2.5], "b": [2, 3]}),
        (["time,T", "Jan 5, 2024,1.5", "Feb 6, 2024,2.5"], {"T": [1.5, 2.5]}),
    ],
)
def test_decimal_commas_do_not_part_cells(read, lines, expected):
    table = read(*lines)
    assert {name: values(table, name) for name in expected} == expected
    assert set(table.columns) == {"time"} | set(expected) if "time" in lines[0] else set(expected)


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(
    ("between", "note"),
    [
        (["time,T,P"], "left out 1 line from above the rows (line 12)"),
        (["", "# Station 7", "", "time,T,P"], "left out 2 lines from above the rows (lines 13, 15)"),
        (["# restarted"], "left out 1 remark (line 12)"),
        (["#"], "left out 1 remark (line 12)"),
        (["", "   "], None),
    ],
)
def test_headers_remarks_and_blank_lines_among_the_rows_are_no_rows(read, between, note):
    table = read("# Station 7", "time,T,P", *BODY[:9], *between, *BODY[9:])
    assert values(table) == EXPECTED
    assert note is None or note in table.notes
    assert table.columns["time"].kind == "time"


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(
    ("below", "note"),
    [
        (["", "Mean;10;990", "End of export"], "left out"),
        (["", "Mean;cold;990"], "left out 1 line below the rows (line 31)"),
        (["Total;1000;5000"], "left out 1 row of totals at the end (Total)"),
        (["Mean:;10.5;990", "Sum;1;2"], "left out 2 rows of totals at the end (Mean:)"),
        (["# end"], "left out 1 remark (line 30)"),
        (["-- 28 rows --"], "left out 1 line below the rows (line 30)"),
        (["", "", "checked by;B.", "on;Monday"], "left out 2 lines below the rows (lines 32, 33)"),
        (["\x1a"], None),
        (["", "", ""], None),
    ],
)
def test_what_stands_below_the_rows_is_left_out_and_told(read, below, note):
    table = read("time;T;P", *(";".join(row) for row in ROWS), *below)
    assert values(table) == EXPECTED
    assert note is None or any(one.startswith(note) for one in table.notes)
    assert [column.kind for column in table.columns.values()] == ["time", "number", "number"]


def test_a_last_line_that_is_cut_off_is_left_out(tmp_path):
    file = tmp_path / "table.csv"
    file.write_text("time,T,P\n" + "\n".join(BODY) + "\n2024-01-29,1")
    table = read_table(file)
    assert values(table) == EXPECTED
    assert "left out 1 line below the rows (line 30)" in table.notes


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2024-02-01,5", "expected 3 cells separated by ',' .* line 12 has 2; correct"),
        ("2024-02-01,5,990,7", "line 12 has 4; correct"),
        ("cold", "line 12 has 1; correct"),
        ('2024-02-01,"1,990', "a quoted cell that does not end, from line 12 on|line 12 has 2"),
    ],
)
def test_a_row_of_another_width_is_refused_by_its_line(read, line, message):
    with pytest.raises(InputError, match=message):
        read("time,T,P", *BODY[:10], line, *BODY[10:])


def test_rows_of_other_widths_at_the_end_are_refused(read):
    with pytest.raises(InputError, match="line 30 has 2"):
        read("time,T,P", *BODY, "2024-02-01,5")
    with pytest.raises(InputError, match="line 30 has 1"):
        read("time,T,P", *BODY, *["and so on"] * 20)


def test_a_line_without_end_is_refused(read, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 64)
    monkeypatch.setattr(blocks, "MOST_LINE", 1000)
    with pytest.raises(InputError, match=r"lines of at most 1,000 characters .*; one is longer"):
        read("time,T,P", *BODY, "2024-02-01," + "1" * 5000 + ",1")


@pytest.mark.usefixtures("parts")
def test_empty_rows_are_rows_but_at_the_end(read):
    table = read("a,b,c", "1,2,3", ",,", "4,5,", "NA,NA,NA", ",,", '"","",', " , ,")
    np.testing.assert_array_equal(table.columns["a"].values, [1, np.nan, 4, np.nan])
    assert "left out 3 empty rows at the end (lines 6, 7, 8)" in table.notes
    assert len(read("a,b,c", *["1,2,3"] * 30, *[",,"] * 200)) == 30
    assert len(read("a", "1", "", "3", "")) == 4
