"""Levels as text: line breaks, blanks, marks and separators as editors and corpora write them."""

import codecs

import numpy as np
import pytest

from keras_ae.errors import InputError
from keras_ae.formats.levels.legend import Legend
from keras_ae.formats.levels.level_text import Unknown, read_text, rows_of, unknown_tiles

LEGEND = Legend(".#")
LEVEL = [[0, 1, 1], [0, 0, 1]]


@pytest.mark.parametrize(
    "text",
    [
        ".##\n..#",
        ".##\n..#\n",
        ".##\r\n..#\r\n",
        ".##\r..#\r",
        "\ufeff.##\n..#\n",
        "\n\n.##\n..#\n\n \n\t\n",
        ".##  \n..#\t\n",
        ".\t#\t#\n.\t.\t#\n",
        ".,#,#\n.,.,#\n",
        ". # # \n. . #",
    ],
)
def test_a_level_is_its_tiles_however_its_lines_are_written(text):
    np.testing.assert_array_equal(LEGEND.level(text, "a test"), LEVEL)


def test_a_blank_that_is_a_tile_counts_also_where_an_editor_has_cut_it_off():
    blank = Legend(" #,\t")
    assert blank.level("  #\n#\n\n ##\n", "a test").tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 0], [0, 1, 1]]
    assert blank.level("\n#,\t\n", "a test").tolist() == [[0, 0, 0], [1, 2, 3]]


def test_a_column_of_tiles_and_one_row_are_levels():
    assert rows_of(".\n#\n", ".#") == [".", "#"]
    assert rows_of("..#", ".#") == ["..#"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a level of rows of tiles in a test, received none"),
        (" \n\r\n", "received none"),
        ("...\n..\n...", r"a test, line 2 is ragged: 2 tiles where the first row has 3; make all rows"),
        ("...\n..\n\n...\n", r"line 2 is ragged: 2 tiles where the first row has 3 \(2 of 4 rows differ\)"),
        (
            ".x.\n.yx\n",
            r"not in the legend '\.#': 'x' in line 1, column 2 and 1 more, 'y' in line 2, column 2;",
        ),
        (".\t#\n..#", r"'\\t' in line 1, column 2;"),
    ],
)
def test_what_is_no_level_is_refused_with_every_fault(text, message):
    with pytest.raises(InputError, match=message):
        LEGEND.level(text, "a test")


def test_tiles_that_are_unknown_are_counted():
    assert unknown_tiles(["..x", "xxé"], ".#") == {"x": Unknown(3, 1, 3), "é": Unknown(1, 2, 3)}
    assert unknown_tiles(["..#"], ".#") == {}


@pytest.mark.parametrize(
    "content",
    [
        "é#".encode(),
        "é#".encode("utf-8-sig"),
        codecs.BOM_UTF16_LE + "é#".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "é#".encode("utf-16-be"),
    ],
)
def test_text_is_read_in_every_encoding_that_says_so(tmp_path, content):
    (tmp_path / "a.txt").write_bytes(content)
    assert read_text(tmp_path / "a.txt") == "é#"


def test_what_is_no_text_is_refused(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\x80\x81")
    for name in ("a.txt", "none.txt"):
        with pytest.raises(InputError, match=rf"{name} cannot be read as text \(.*\); write it as UTF-8"):
            read_text(tmp_path / name)
