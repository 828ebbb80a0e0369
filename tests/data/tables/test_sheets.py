"""Sheets of Excel, read by the rules of texts."""

import sys
from datetime import date, datetime, time, timedelta

import numpy as np
import pytest

from keras_ae.data.tables import sheets
from keras_ae.data.tables.blocks import read_rows
from keras_ae.data.tables.dialect import detect_dialect
from keras_ae.data.tables.reading import read_table
from keras_ae.errors import InputError

START = datetime(2024, 1, 1)


@pytest.fixture
def workbook(tmp_path):
    """Writes sheets, {name: rows}, and returns the path."""
    openpyxl = pytest.importorskip("openpyxl")

    def workbook(hidden=(), **content):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in content.items():
            sheet = book.create_sheet(name)
            sheet.sheet_state = "hidden" if name in hidden else "visible"
            for row in rows:
                sheet.append(row)
        book.save(tmp_path / "book.xlsx")
        return tmp_path / "book.xlsx"

    return workbook


@pytest.mark.extras
def test_a_sheet_is_a_table_with_lines_above_and_below_it(workbook):
    rows = [
        [None, START + timedelta(hours=hour), hour + 0.25, 990 + hour, hour % 2 == 0] for hour in range(30)
    ]
    above = [[], [None, "Weather of Hall 3"], [None, "made", START], [], [None, "time", "T", "P", "on"]]
    units = [None, None, "°C", "hPa"]
    file = workbook(
        ("Notes",), Notes=[["a"], ["b"]], Empty=[], Data=[*above, units, *rows, [None, "Mean", 3]]
    )
    table = read_table(file)
    assert (
        table.notes[0] == "30 rows, read as 4 columns of sheet 'Data' (one of 2), 2 lines before the header"
    )
    assert "left out 1 row of totals at the end (Mean)" in table.notes
    assert [column.kind for column in table.columns.values()] == ["time", "number", "number", "number"]
    np.testing.assert_array_equal(table.columns["time"].values[:2], [1704067200 * 10**9, 1704070800 * 10**9])
    np.testing.assert_array_equal(table.columns["T"].values, [row[2] for row in rows])
    np.testing.assert_array_equal(table.columns["on"].values, [row[4] for row in rows])
    assert (table.columns["T"].unit, table.columns["P"].unit) == ("°C", "hPa")
    assert next(read_rows(file, detect_dialect(file))) == ["2024-01-01 00:00:00", "0.25", "990", "True"]


@pytest.mark.extras
def test_texts_in_cells_follow_the_rules_of_texts(workbook):
    names = ["number", "commas", "day", "clock", "span", "missing", "text"]
    rows = [[1.5 + row, f"{row},25", date(2024, 1, 1 + row), time(10, row), timedelta(minutes=row),
             "#DIV/0!" if row == 3 else row, "a;b, c\nd"] for row in range(25)]  # fmt: skip
    columns = read_table(workbook(Sheet=[names, *rows])).columns
    assert [column.kind for column in columns.values()] == [
        "number", "number", "time", "time", "number", "number", "text"
    ]  # fmt: skip
    np.testing.assert_array_equal(columns["commas"].values[:2], [0.25, 1.25])
    np.testing.assert_array_equal(columns["span"].values[:2], [0, 60])
    assert columns["missing"].missing.sum() == 1
    assert columns["text"].words == ("a;b, c\nd",)


@pytest.mark.extras
def test_what_is_no_workbook_is_refused(workbook, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="found empty sheets"):
        read_table(workbook(Sheet=[[], []]))
    file = tmp_path / "false.xlsx"
    file.write_bytes(b"a,b\n1,2\n")
    with pytest.raises(InputError, match="cannot be read as a workbook"):
        read_table(file)
    file = workbook(Sheet=[["a", "b"], [1, 2]])
    monkeypatch.setattr(sheets, "LARGEST", 1000)
    with pytest.raises(InputError, match="GiB unpacked; use fewer"):
        sheets._read(str(file), 0)


@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [
        ("a.xlsx", "openpyxl", "excel"),
        ("a.parquet", "pyarrow", "parquet"),
        ("a.feather", "pyarrow", "parquet"),
    ],
)
def test_a_missing_extra_is_named(tmp_path, monkeypatch, name, module, extra):
    for one in [key for key in sys.modules if key.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, one)
    monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / name).write_bytes(b"PK")
    with pytest.raises(InputError, match=rf"{name} needs {module}: .*{extra}.*; or save it as CSV"):
        read_table(tmp_path / name)


def test_a_missing_workbook_is_refused(tmp_path):
    with pytest.raises(InputError, match="none.xlsx cannot be read .No such file"):
        read_table(tmp_path / "none.xlsx")
