"""The per-region overlap, beside cases worked out by hand."""

import numpy as np
import pytest

from keras_ae.metrics.localization import region_overlap

MASK = np.array([[[1, 0, 0, 1, 0, 1, 0], [0, 0, 0, 0, 1, 0, 0]]]) > 0
"""A region of one pixel, and one of three that touch by their corners; 10 normal pixels."""

SCORES = np.array([[[9, 8, 6, 7, 6, 5, 0], [0, 0, 0, 0, 1, 0, 0]]], np.float32)


@pytest.mark.parametrize(
    ("limit", "area"),
    [
        # overlap 1/2 from a rate of 0 to .1, where it rises to 2/3, up to .3: from the score 6 of two pixels
        (0.3, (0.1 * 1 / 2 + 0.2 * 2 / 3) / 0.3),
        (0.2, (0.1 * 1 / 2 + 0.1 * 2 / 3) / 0.2),
        (0.1, 1 / 2),
        # at .3 it rises to 5/6 and then to 1, and the other 7 pixels are flagged together
        (1.0, 0.1 * 1 / 2 + 0.2 * 2 / 3 + 0.7),
    ],
)
def test_the_area_is_that_worked_out_by_hand(limit, area):
    assert region_overlap(SCORES, MASK, limit) == pytest.approx(area)


def test_a_small_region_counts_as_much_as_a_large_one():
    mask = np.zeros((1, 20, 20), bool)
    mask[0, :10, :10] = mask[0, 15, 15] = True
    found_large = np.where(np.indices((20, 20)).max(axis=0) < 12, 1.0, 0.0)[None]
    found_small = np.where(np.indices((20, 20)).min(axis=0) > 12, 1.0, 0.0)[None]
    assert region_overlap(mask * 1.0, mask) == 1.0
    # each misses one of two regions, whose pixels come with all others from a rate of 44 or 48 of 299 on
    areas = [region_overlap(each, mask) for each in (found_large, found_small)]
    assert areas[0] == pytest.approx(areas[1], abs=0.02)
    assert max(areas) < 0.55


def test_scores_at_random_give_half_the_limit(random):
    mask = random.uniform(size=(50, 16, 16)) < 0.1
    assert region_overlap(random.uniform(size=mask.shape), mask) == pytest.approx(0.15, abs=0.02)
