"""What is said of a loss that is far higher in validation than in training."""

import dataclasses

import pytest

from keras_ae.metrics.gap import gap
from keras_ae.variants.variational import Variational


@pytest.mark.parametrize(
    ("loss", "val_loss", "told"),
    [(0.35, 2.4, True), (1.0, 2.01, True), (1.0, 2.0, False), (1.0, 0.5, False), (0.0, 0.0, False)],
)
def test_more_than_twice_the_loss_is_a_gap(loss, val_loss, told):
    assert bool(gap(loss, val_loss, 100)) == told


def test_a_gap_is_told_with_what_it_may_mean():
    line = gap(0.35, 2.4, 1234)
    assert line.startswith("val_loss 2.4 is 6.9 times loss 0.35 at the epoch that is kept: the validation")
    assert "or 1,234 training examples may be too few" in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("loss", "val_loss", "told"),
    [(-10.0, -4.0, True), (-1.0, 3.9, False), (0.1, 1.0, False), (0.1, 5.2, True), (-10.0, -20.0, False)],
)
def test_of_a_density_it_is_a_difference_of_half_a_nat_a_value(loss, val_loss, told):
    assert bool(gap(loss, val_loss, 100, values=10)) == told


def test_a_density_is_told_in_nats():
    assert gap(-10.0, 20.0, 100, values=10).startswith("val_loss 20 is 3.0 nats a value above loss -10 at")


@pytest.mark.parametrize(
    ("checkpoint", "likelihood", "told"),
    [
        ("best", None, "5.0 times"),
        ("last", None, ""),
        ("best", "auto", "5.0 times"),
        ("best", "gaussian", ""),
    ],
)
def test_a_run_tells_the_gap_of_the_epoch_that_is_kept(tiny_run, checkpoint, likelihood, told):
    """4 nats more are few for the density of 144 values."""
    variant = tiny_run.recipe.variant if likelihood is None else Variational(likelihood=likelihood)
    recipe = dataclasses.replace(tiny_run.recipe, checkpoint=checkpoint, variant=variant)
    history = [{"loss": 1.0, "val_loss": 5.0}, {"loss": 4.0, "val_loss": 6.0}]
    line = dataclasses.replace(tiny_run, recipe=recipe, history=history).gap
    assert told in line
    assert bool(line) == bool(told)


def test_a_run_that_was_not_trained_has_no_gap(tiny_run):
    assert dataclasses.replace(tiny_run, history=[]).gap == ""
