"""Contact sheets: every drawing in its place, rows as long as asked for; examples that are drawn on them."""

import dataclasses

import numpy as np
import pytest

from keras_ae.data.scaling import Scaler
from keras_ae.formats.images import Images
from keras_ae.formats.numbers import Numbers
from keras_ae.imaging import grid
from keras_ae.imaging.contact_sheet import GAP, GROUND, SMALLEST, WIDEST, contact_sheet
from keras_ae.tensorboard.render import MAX_RENDERED, bands_in, can_render, render_rows


def of_level(level, height=60, width=80):
    return np.full((height, width, 3), level, np.uint8)


def test_drawings_stand_row_by_row():
    sheet = contact_sheet([of_level(1), of_level(2), of_level(3)], columns=2)
    assert sheet.shape == (2 * (60 + GAP) + GAP, 2 * (80 + GAP) + GAP, 3)
    corners = ((GAP, GAP), (GAP, 2 * GAP + 80), (2 * GAP + 60, GAP))
    assert [int(sheet[corner][0]) for corner in corners] == [1, 2, 3]
    assert int(sheet[-GAP - 1, -GAP - 1, 0]) == GROUND


def test_a_sheet_is_about_square_and_small_drawings_are_enlarged_whole():
    sheet = contact_sheet([np.full((7, 7, 1), 200, np.uint8)] * 9)
    assert sheet.shape == (3 * (SMALLEST + GAP) + GAP, 3 * (SMALLEST + GAP) + GAP, 3)
    assert (sheet[GAP : GAP + SMALLEST, GAP : GAP + SMALLEST] == 200).all()


def test_a_row_that_was_asked_for_is_shrunk_rather_than_broken():
    sheet = contact_sheet([of_level(n, 100, 1000) for n in range(8)], columns=4)
    assert sheet.shape[1] <= WIDEST
    assert sheet.shape[0] < 200
    broken = contact_sheet([of_level(n, 100, 1000) for n in range(8)])
    assert broken.shape[1] <= WIDEST
    assert broken.shape[0] > 400


@dataclasses.dataclass(frozen=True)
class Plain:
    """A format whose drawing is of the level that an example begins with."""

    def render(self, example):
        return of_level(example.flat[0])


def units(domain, offset=0, scale=1):
    return Scaler(domain, np.float32(offset), np.float32(scale))


def levels_at(sheet, rows, columns, height=60, width=80):
    """The level of each place of a sheet."""
    return [
        [int(sheet[GAP + row * (height + GAP), GAP + column * (width + GAP), 0]) for column in range(columns)]
        for row in range(rows)
    ]


@pytest.mark.parametrize("format", [None, Images()])
def test_rows_of_images_are_their_pixels(format):
    bytes_of = np.arange(6, dtype=np.float32).reshape(2, 3) * 40
    rows = {str(n): np.full((3, 8, 4, 1), row[:, None, None, None]) / 255 for n, row in enumerate(bytes_of)}
    drawn = render_rows(rows, units("unit"), format)
    gap, height, width = grid.GAP, 56, 28  # enlarged sevenfold
    assert drawn.shape == (2 * (height + gap) + gap, 3 * (width + gap) + gap, 1)
    assert drawn.dtype == np.uint8
    for row in range(2):
        for column in range(3):
            top, left = gap + row * (height + gap), gap + column * (width + gap)
            assert (drawn[top : top + height, left : left + width] == bytes_of[row, column]).all()


def test_rows_of_all_else_are_drawn_by_the_medium_in_the_units_of_people():
    rows = {"first": np.arange(9.0).reshape(9, 1), "second": np.arange(20.0, 28).reshape(8, 1)}
    drawn = render_rows(rows, units("real", offset=100, scale=2), Plain())
    assert drawn.shape == (2 * (60 + GAP) + GAP, MAX_RENDERED * (80 + GAP) + GAP, 3)
    expected = [list(range(100, 112, 2)), list(range(140, 152, 2))]
    assert levels_at(drawn, 2, MAX_RENDERED) == expected


def test_rows_are_as_long_as_the_longest_and_the_others_end_in_background():
    drawn = render_rows({"a": np.ones((5, 2)), "b": np.full((3, 2), 2.0)}, units("unit"), Plain())
    assert levels_at(drawn, 2, 5) == [[1] * 5, [2, 2, 2, 128, 128]]
    assert drawn.shape[1] == 5 * (80 + GAP) + GAP
    images = {"a": np.zeros((1, 60, 50, 1)), "b": np.ones((3, 60, 50, 1))}
    drawn = render_rows(images, units("unit"), None)
    assert drawn.shape == (2 * 62 + 2, 3 * 52 + 2, 1)
    assert (drawn[2:62, 54:] == 128).all()


@pytest.mark.parametrize("classes", [1, 3, 4])
def test_classes_are_drawn_by_their_medium_however_many_there_are(classes):
    numbers = np.arange(3) % classes
    seen = np.eye(classes, dtype=np.float32)[numbers][:, None, None].repeat(5, 1).repeat(6, 2)
    drawn = render_rows({"a": seen}, units("categorical"), Plain())
    assert levels_at(drawn, 1, 3) == [numbers.tolist()]


def test_what_has_neither_pixels_nor_a_medium_is_not_drawn():
    assert can_render((8, 9, 3), None)
    assert can_render((8,), Numbers())
    assert not can_render((8,), None)
    assert can_render((8, 9, 2), None)
    assert not can_render((8, 9, 2), None, one_hot=True)


def test_classes_are_no_bands():
    rows = {"inputs": np.zeros((2, 8, 4, 52), np.float32)}
    assert bands_in(rows, units("categorical")) == ""
    assert bands_in(rows, units("unit")) == "bands 1, 2, 3 of 52"
