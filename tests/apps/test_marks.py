"""The lists in which a person marks false alarms."""

import numpy as np
import pytest

from keras_ae.apps.detection.marks import Mark, points_of, read_marks
from keras_ae.errors import InputError

HEADER = "series,from,to,row,last_row,false_alarm"


@pytest.fixture
def saved(tmp_path):
    def saved(*lines):
        (tmp_path / "spans.csv").write_text("\n".join(lines) + "\n", "utf-8")
        return tmp_path / "spans.csv"

    return saved


def test_marks_are_read_by_row_and_series(saved):
    path = saved(
        HEADER, "a,1,2,11,12,x", "b,1,2,21,21, Yes ", "a,3,4,31,32,", "a,5,6,41,42,0", "a,7,8,51,52,no"
    )
    assert read_marks(path) == [Mark(10, 11, "a"), Mark(20, 20, "b")]


def test_a_list_saved_by_a_spreadsheet_is_read(saved):
    path = saved("row;score;false_alarm", "3;1,5;x", "4;1,2;")
    assert read_marks(path) == [Mark(2, 2)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_list_in_the_encoding_of_a_spreadsheet_is_read(tmp_path, encoding):
    (tmp_path / "top.csv").write_text("row\tcity\tfalse_alarm\n3.0\tMünchen\tx\n", encoding)
    assert read_marks(tmp_path / "top.csv") == [Mark(2, 2)]


def test_separators_at_the_ends_of_lines_and_blanks_around_names_are_passed_over(saved):
    assert read_marks(saved("row, score ,false_alarm ", "3,1.5,x,", "3,1.5,x,", "4,1.2,,")) == [Mark(2, 2)]


def test_a_column_of_the_searched_file_that_is_called_row_is_not_that_of_the_number(saved):
    assert read_marks(saved("row_7,row,load,score,false_alarm", "3,900,1,2,x")) == [Mark(2, 2)]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((HEADER, "a,1,2,11,12,"), "nothing is marked in .*write x into the column false_alarm"),
        (("time,load", "1,2"), "there is no row and no false_alarm; search the file with detect"),
        ((HEADER, "a,1,2,twelve,12,x"), "expected numbers of rows from 1 .*received 'twelve' and '12'"),
        ((HEADER, "a,1,2,12,11,x"), "received '12' and '11'"),
        (("row,false_alarm", "²,x"), "expected numbers of rows from 1 .*received '²'"),
        (("row,false_alarm", f"{'9' * 5000},x"), "expected numbers of rows from 1"),
        (("row,false_alarm", "0,x"), "received '0'"),
        (("",), "cannot be read"),
    ],
)
def test_other_lists_are_refused(saved, lines, message):
    with pytest.raises(InputError, match=message):
        read_marks(saved(*lines))


def test_a_list_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_marks(tmp_path / "spans.csv")


@pytest.mark.parametrize(
    ("rows", "mark", "points"),
    [
        ([0, 1, 2, 3, 4, 5], Mark(2, 3), (2, 4)),
        ([5, 4, 3, 2, 1, 0], Mark(2, 3), (2, 4)),  # the newest first
        ([0, -1, 1, -1, 2, -1, 3, -1], Mark(2, 4), (1, 3)),  # rows of another series between
        ([3, 0, 5, 2, 4, 1], Mark(0, 3), (2, 4)),  # in no order
    ],
)
def test_a_mark_is_of_the_points_of_its_span(rows, mark, points):
    assert points_of(mark, np.array(rows), "load.csv", [(0, 1), (2, 4)]) == points


def test_rows_that_are_those_of_no_span_are_refused():
    rows = np.array([3, 0, 5, 2, 4, -1])
    with pytest.raises(InputError, match=r"rows 1 to 4 of load\.csv are in no order of time, .*sort"):
        points_of(Mark(0, 3), rows, "load.csv", [(0, 1)])
    with pytest.raises(InputError, match=r"row 7 is marked, load\.csv has 6"):
        points_of(Mark(0, 6), rows, "load.csv", [])
    with pytest.raises(InputError, match="row 6 of load.csv has no time or no values"):
        points_of(Mark(5, 5), rows, "load.csv", [])
