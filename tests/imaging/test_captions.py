"""Captions of sheets: each at its row, column or cell, within its room, and the images as they were."""

import numpy as np
import pytest

from keras_ae.apps.generation.sheet import MAX_SHEET, Sheet
from keras_ae.imaging import captions
from keras_ae.imaging.captions import CAPTION_HEIGHT, GROUND, with_captions
from keras_ae.imaging.contact_sheet import GAP, LABELED, contact_sheet

WHITE = 255


def ink(part):
    """How many pixels of a part hold letters."""
    return int((part < GROUND).sum())


@pytest.mark.parametrize("channels", [1, 3])
def test_rows_have_names_on_the_left_and_columns_above(channels):
    sheet = np.full((120, 300, channels), WHITE, np.uint8)
    labeled = with_captions(sheet, ["input", "error", ""], ["one", "", "three"])
    top, left = labeled.shape[0] - 120, labeled.shape[1] - 300
    assert top == CAPTION_HEIGHT
    assert 30 < left < 80
    np.testing.assert_array_equal(labeled[top:, left:], sheet)
    margin = labeled[top:, :left]
    assert [ink(margin[row : row + 40]) > 0 for row in (0, 40, 80)] == [True, True, False]
    titles = labeled[:top, left:]
    assert [ink(titles[:, column : column + 100]) > 0 for column in (0, 100, 200)] == [True, False, True]
    assert with_captions(sheet).shape == sheet.shape


def test_letters_of_other_scripts_are_written_and_a_name_is_written_alike_everywhere():
    sheet = np.full((80, 40, 3), WHITE, np.uint8)
    names = ["größe", "Ж λ"]
    labeled = with_captions(sheet, names)
    first, second = labeled[:40, :-40], labeled[40:, :-40]
    assert ink(first) > 0 < ink(second)
    twice = with_captions(sheet, [names[0]] * 2)
    np.testing.assert_array_equal(twice[:40], twice[40:])


@pytest.mark.parametrize("room", [20, 60, 100])
def test_long_names_keep_their_beginning_and_their_end(room):
    short = captions._shortened("photograph_of_a_temple_000123", room)
    assert captions._width(short) <= room
    first, _, last = short.partition("…")
    assert "photograph_of_a_temple_000123".startswith(first)
    assert "photograph_of_a_temple_000123".endswith(last)
    assert captions._shortened("short", 100) == "short"
    assert captions._shortened("wide", 2) == ""


def test_a_caption_stands_below_its_cell():
    tiles = [np.full((60, 60, 1), WHITE, np.uint8)] * 5
    sheet = contact_sheet(tiles, 3, captions=["001", "002", "", "004", "a_name_that_is_too_long"])
    assert sheet.shape == (2 * (60 + CAPTION_HEIGHT + GAP) + GAP, 3 * (60 + GAP) + GAP, 3)
    down, across = 60 + CAPTION_HEIGHT + GAP, 60 + GAP
    below = [
        sheet[GAP + row * down + 60 : (row + 1) * down, GAP + column * across : (column + 1) * across]
        for row in range(2)
        for column in range(3)
    ]
    assert [ink(part) > 0 for part in below] == [True, True, False, True, True, False]
    assert (sheet[GAP : GAP + 60, GAP : GAP + 60] == WHITE).all()
    assert (sheet[:, across : across + GAP] == GROUND).all()  # nothing is written between cells


def test_small_images_below_names_of_columns_are_large_enough_for_them():
    sheet = contact_sheet([np.zeros((28, 28, 1), np.uint8)] * 2, 2, (), ("000",), ("input", "reconstruction"))
    assert sheet.shape[0] == LABELED + 2 * GAP + CAPTION_HEIGHT
    assert captions._shortened("reconstruction", LABELED) == "reconstruction"


def test_examples_without_rows_and_columns_of_a_name_have_their_own():
    examples = {f"{number:03d}": np.zeros((56, 56, 1), np.uint8) for number in range(MAX_SHEET + 1)}
    own = Sheet().render(examples, lambda example: example)
    named = Sheet(20, row_names=tuple(map(str, range(30)))).render(examples, lambda example: example)
    assert own.shape[0] == 20 * (56 + CAPTION_HEIGHT + GAP) + GAP
    assert named.shape[0] == 20 * (56 + GAP) + GAP
    cells = Sheet(2, cells=("000", "", "001")).render(examples, lambda example: example)
    assert cells.shape[:2] == (2 * (56 + CAPTION_HEIGHT + GAP) + GAP, 2 * (56 + GAP) + GAP)
