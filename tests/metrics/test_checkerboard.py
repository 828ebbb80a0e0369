"""The pattern of every other pixel, against errors of which it is known."""

import numpy as np
import pytest

from keras_ae.metrics.checkerboard import checkerboard


@pytest.mark.parametrize("shape", [(200, 28, 28, 1), (200, 27, 16, 3)])
def test_errors_without_a_pattern_have_none(shape, random):
    # the mean of 200 images' energies at 14 rows or more: within a few percent
    assert checkerboard(random.normal(size=shape)) == pytest.approx(1.0, abs=0.1)


def test_a_pattern_of_every_other_pixel_is_found_along_either_axis(random):
    noise = random.normal(size=(50, 16, 16, 1))
    pattern = (-1.0) ** np.arange(16)
    plain = checkerboard(noise)
    for pixels in (pattern[:, None], pattern[None], pattern[:, None] * pattern):
        assert checkerboard(noise + pixels[..., None]) > plain + 5


def test_a_ratio_by_hand():
    rows = np.zeros((1, 8, 8, 1))
    rows[0, :, :, 0] = (-1.0) ** np.arange(8)[:, None] + np.cos(np.pi * 0.75 * np.arange(8))[:, None]
    # along the rows 8^2 at Nyquist, and 4^2 and 0 beside it; along the columns nothing but a mean
    assert checkerboard(rows) == pytest.approx(0.5 * 64 / 8)


def test_small_images_and_perfect_ones_have_no_ratio():
    assert checkerboard(np.ones((3, 7, 9, 1))) is None
    assert checkerboard(np.ones((3, 9))) is None
    assert checkerboard(np.zeros((3, 9, 9, 1))) is None
