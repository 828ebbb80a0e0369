"""Contact sheets: every drawing in its place, rows as long as they were asked for."""

import numpy as np

from keras_ae.sheet import GAP, GROUND, SMALLEST, WIDEST, contact_sheet


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
