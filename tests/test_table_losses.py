"""Losses of a table's rows, by hand: each column by its own likelihood, of what is known."""

from math import log, pi

import numpy as np
import pytest

from keras_ae import losses
from keras_ae.domains import domain_of
from keras_ae.table_losses import columns_by_known, known_columns, surprises

DOMAIN = domain_of("table(n,w2,n0.5~0.5)")
"""A number, two words, and a number with a standard deviation of 0.5."""

#                   number  missing | unknown missing a b | number missing
WHOLE = np.array([[1.0, 0, 0, 0, 1, 0, 1.0, 0]], np.float32)
NO_NUMBER = np.array([[0.0, 1, 0, 0, 1, 0, 1.0, 0]], np.float32)
NO_WORD = np.array([[1.0, 0, 0, 1, 0, 0, 1.0, 0]], np.float32)
UNKNOWN = np.array([[1.0, 0, 1, 0, 0, 0, 1.0, 0]], np.float32)
NOTHING = DOMAIN.layout.nothing[None]
OUTPUT = np.array([[3.0, 0.7, 0.01, 0, 0.25, 0.74, 0.0, -5]], np.float32)


def test_the_known_values_of_a_row_are_read_from_its_flags():
    rows = np.concatenate([WHOLE, NO_NUMBER, NO_WORD, UNKNOWN, NOTHING])
    known = [[1, 1, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1], [0, 0, 0]]
    np.testing.assert_array_equal(known_columns(DOMAIN.layout, rows), known)
    np.testing.assert_allclose(columns_by_known(DOMAIN.layout, rows), [1, 1.5, 1.5, 1, 3])


def test_a_number_costs_half_its_squared_deviations_and_a_word_its_surprise():
    np.testing.assert_allclose(surprises(DOMAIN.layout, WHOLE, OUTPUT), [[2, log(4), 2]], rtol=1e-6)
    np.testing.assert_allclose(surprises(DOMAIN.layout, NO_NUMBER, OUTPUT), [[0, log(4), 2]], rtol=1e-6)
    np.testing.assert_allclose(surprises(DOMAIN.layout, NO_WORD, OUTPUT), [[2, 0, 2]], rtol=1e-6)
    np.testing.assert_allclose(surprises(DOMAIN.layout, UNKNOWN, OUTPUT), [[2, log(100), 2]], rtol=1e-6)


@pytest.mark.parametrize(
    ("row", "expected"),
    [(WHOLE, (4 + log(4)) / 3), (NO_NUMBER, (2 + log(4)) / 2), (NO_WORD, 2.0), (NOTHING, 0.0)],
)
def test_the_loss_is_the_mean_over_what_is_known(row, expected):
    np.testing.assert_allclose(DOMAIN.loss(row, OUTPUT), [expected], rtol=1e-6)
    assert float(DOMAIN.loss(row, row)[0]) == pytest.approx(0, abs=1e-6)


def test_a_further_loss_is_the_mean_over_the_known_features():
    squared = DOMAIN.of_known(losses.squared_error)
    words = 0.01**2 + 0.75**2 + 0.74**2
    np.testing.assert_allclose(squared(WHOLE, OUTPUT), [(4 + words + 1) / 5], rtol=1e-5)
    np.testing.assert_allclose(squared(NO_NUMBER, OUTPUT), [(words + 1) / 4], rtol=1e-5)
    np.testing.assert_allclose(squared(NOTHING, OUTPUT), [0], atol=1e-6)
    assert domain_of("real").of_known(losses.squared_error) is losses.squared_error


def test_a_likelihood_sums_the_nats_of_what_is_known():
    density = 0.5 * log(2 * pi)
    unit = DOMAIN.likelihood_by_name("unit_gaussian")
    outputs = {"reconstruction": OUTPUT}
    third = 2 + density + log(0.5)
    np.testing.assert_allclose(unit(WHOLE, outputs), [2 + density + log(4) + third], rtol=1e-5)
    np.testing.assert_allclose(unit(NO_NUMBER, outputs), [log(4) + third], rtol=1e-5)
    learned = DOMAIN.likelihood_by_name()
    outputs["reconstruction_log_var"] = np.log(np.full((1, 8), 4.0, np.float32))
    expected = 0.5 + log(2) + density + log(4) + 0.125 + log(2) + density
    np.testing.assert_allclose(learned(WHOLE, outputs), [expected], rtol=1e-5)
    np.testing.assert_allclose(learned(NOTHING, outputs), [0], atol=1e-6)
    assert (learned.log_var, unit.log_var, learned.density) == (True, False, True)
    assert losses.likelihoods_for(DOMAIN) == ("gaussian", "unit_gaussian")
