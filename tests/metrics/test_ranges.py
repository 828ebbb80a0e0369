"""Measures of ranges: equal to those of TSB-AD 1.5, and what one can work out by hand."""

import numpy as np
import pytest

from keras_ae.errors import InputError
from keras_ae.metrics.ranges import faded, merged, span_f1, vus_pr


def made(count, seed, digits=None):
    random = np.random.default_rng(seed)
    labels = np.zeros(count, int)
    for start in random.integers(20, count - 40, 3):
        labels[start : start + random.integers(1, 30)] = 1
    scores = random.normal(size=count) + labels * random.uniform(0, 2)
    return labels, scores if digits is None else np.round(scores, digits)


@pytest.mark.parametrize(
    ("case", "window", "due"),
    [
        ((400, 1), 10, 0.2957170459),
        ((900, 2), 33, 0.1172397300),
        ((1200, 3, 1), 20, 0.1272992938),
        ((300, 4), 0, 0.8158278826),
    ],
)
def test_the_volume_is_that_of_the_published_implementation(case, window, due):
    assert vus_pr(*made(*case), window) == pytest.approx(due, abs=1e-9)


def test_scores_that_are_the_labels_fill_the_volume_but_for_the_buffers():
    labels = np.zeros(200, int)
    labels[50:70] = 1
    assert vus_pr(labels, labels.astype(float), 0) == pytest.approx(1.0)
    assert vus_pr(labels, -labels.astype(float), 0) < 0.15


def test_labels_fade_as_a_square_root_on_both_sides():
    truth = np.zeros(9, bool)
    truth[4] = True
    soft = faded(truth, [(4, 5)], 4)
    np.testing.assert_allclose(soft, np.sqrt([0, 0, 0.5, 0.75, 1, 0.75, 0.5, 0, 0]))


def test_ranges_that_touch_with_their_margins_are_one():
    assert merged([(3, 5), (8, 9), (30, 31)], 2, 32) == [(1, 11), (28, 32)]


def test_a_range_is_found_where_any_of_its_points_is_flagged():
    labels = np.array([0, 1, 1, 0, 0, 0, 1, 0, 0, 0])
    flags = np.array([0, 0, 1, 1, 0, 0, 0, 0, 1, 0])
    assert span_f1(labels, flags) == pytest.approx(0.5)
    assert span_f1(labels, labels) == 1.0
    assert span_f1(labels, np.zeros(10)) == 0.0
    assert span_f1(labels, 1 - labels) == 0.0


def test_what_has_no_anomaly_or_no_score_is_refused():
    with pytest.raises(InputError, match="received 0 such"):
        vus_pr(np.zeros(5), np.arange(5.0), 2)
    with pytest.raises(InputError, match="finite scores"):
        vus_pr(np.ones(2), np.array([1.0, np.nan]), 2)
