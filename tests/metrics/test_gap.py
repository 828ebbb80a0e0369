"""A loss that is far higher in validation than in training."""

import pytest

from keras_ae.metrics.gap import Losses, density_gap, gap


@pytest.mark.parametrize(
    ("loss", "val_loss", "told"),
    [(0.35, 2.4, True), (1.0, 2.01, True), (1.0, 2.0, False), (1.0, 0.5, False), (0.0, 0.0, False)],
)
def test_more_than_twice_the_loss_is_a_gap(loss, val_loss, told):
    assert bool(gap(Losses("loss", loss, val_loss))) == told


def test_a_gap_is_told_in_figures():
    assert gap(Losses("loss", 0.35, 2.4)) == "val_loss 2.4 is 6.9 times loss 0.35"
    told = gap(Losses("kl", 0.55, 0.7), (0.5, 0.5))
    assert told == "val_kl 0.7 is 4.0 times as far above the least possible (0.5) as kl 0.55 (0.5)"
    assert "is over 100 times as far" in gap(Losses("loss", 0.5, 0.7), (0.5, 0.5))


def test_a_floor_that_is_not_known_exactly_tells_nothing_of_losses_near_it():
    near = Losses("loss", 0.501, 0.505)
    assert gap(near, (0.5, 0.5))
    assert not gap(near, (0.5, 0.5), (0.002, 0.0))
    assert not gap(near, (0.5, 0.5), (0.0, 0.002))


@pytest.mark.parametrize(
    ("loss", "val_loss", "told"),
    [(-10.0, -4.0, True), (-1.0, 3.9, False), (0.1, 1.0, False), (0.1, 5.2, True), (-10.0, -20.0, False)],
)
def test_of_a_density_it_is_a_difference_of_half_a_nat_a_value(loss, val_loss, told):
    assert bool(density_gap(Losses("loss", loss, val_loss), values=10)) == told


def test_a_density_is_told_in_nats():
    told = density_gap(Losses("loss", -10.0, 20.0), values=10)
    assert told == "val_loss 20 is 3.0 nats a value above loss -10"
