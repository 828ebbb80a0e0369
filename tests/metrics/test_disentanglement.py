"""Measures of disentanglement: closed forms, and what must raise or lower them."""

import numpy as np
import pytest

from keras_ae.data.images.sprites import grid_of_factors
from keras_ae.metrics.disentanglement import beta_vae_score, information_gaps, mutual_information_gap

GRID = grid_of_factors()[::2]


def rotated(factors):
    """Standardized factors, all of them mixed into each unit."""
    width = factors.shape[1]
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(width, width)))
    return (factors - factors.mean(axis=0)) / factors.std(axis=0) @ turn


def test_codes_that_are_the_factors_reach_one():
    factors = grid_of_factors()
    codes = factors @ np.diag([5.0, -1, 0.01, 2, 3])
    assert mutual_information_gap(codes, factors) == pytest.approx(1)
    np.testing.assert_allclose(information_gaps(codes[:, ::-1], factors), np.ones(5))
    assert beta_vae_score(codes, factors) == 1


def test_noise_has_no_gap_and_a_score_of_chance(random):
    codes = random.normal(size=(len(GRID), 8))
    assert mutual_information_gap(codes, GRID) < 0.005
    assert beta_vae_score(codes, GRID) == pytest.approx(1 / 5, abs=0.03)


def test_a_code_that_says_nothing_is_measured_too():
    codes = np.zeros((len(GRID), 3))
    assert mutual_information_gap(codes, GRID) == pytest.approx(0, abs=1e-9)
    assert beta_vae_score(codes, GRID) == pytest.approx(1 / 5, abs=0.03)


def test_a_mixed_code_scores_lower_than_an_aligned_one():
    mixed = rotated(GRID)
    assert mutual_information_gap(mixed, GRID) < 0.5
    assert beta_vae_score(mixed, GRID) < 0.999
    two = GRID[:, 3:]
    turned = two @ np.array([[1, 1], [1, -1]])  # each unit tells as much of each factor
    assert mutual_information_gap(turned, two) < 0.05
    assert beta_vae_score(turned, two) < 0.6


def test_a_second_unit_of_the_same_factor_closes_its_gap():
    codes = np.concatenate([GRID, GRID[:, :1]], axis=1)
    found = information_gaps(codes, GRID)
    assert found[0] == pytest.approx(0, abs=1e-9)
    assert found[1:].min() > 0.9
    assert mutual_information_gap(codes, GRID) == pytest.approx(found.mean())


def test_half_of_a_factor_is_half_of_its_entropy():
    factors = np.stack([np.arange(16) % 4, np.arange(16) // 4], axis=1)
    np.testing.assert_allclose(information_gaps(factors // [2, 1], factors), [0.5, 1], atol=1e-9)
    np.testing.assert_allclose(information_gaps(factors[:, :1], factors), [1, 0], atol=1e-9)


def test_factors_that_do_not_vary_are_left_out():
    factors = np.concatenate([np.full((len(GRID), 1), 7), GRID[:, 3:]], axis=1)
    codes = factors.astype(float)
    assert np.isnan(information_gaps(codes, factors)[0])
    assert mutual_information_gap(codes, factors) > 0.99
    assert beta_vae_score(codes, factors) == 1


def test_scores_follow_from_the_seed_and_not_from_the_scale():
    codes = rotated(GRID)
    first = beta_vae_score(codes, GRID, seed=3)
    assert beta_vae_score(codes, GRID, seed=3) == first
    assert beta_vae_score(codes, GRID, seed=4) != first
    assert beta_vae_score(codes * 1024, GRID, seed=3) == first


def test_what_cannot_be_measured_is_refused():
    same = np.ones((10, 2), int)
    for measure in (mutual_information_gap, beta_vae_score):
        for codes, factors in ((np.ones((9, 2)), same), (np.ones(10), same), (np.ones((10, 0)), same)):
            with pytest.raises(ValueError, match="of the same n examples, received"):
                measure(codes, factors)
    with pytest.raises(ValueError, match="expected a factor that varies, received none"):
        mutual_information_gap(np.ones((10, 2)), same)
    with pytest.raises(ValueError, match="two or more factors that vary, received 1"):
        beta_vae_score(np.ones((10, 2)), np.stack([np.ones(10), np.arange(10)], axis=1))
