"""What a training ends with where the validation loss is far above the training loss."""

import dataclasses

import numpy as np
import pytest

from keras_ae.training.gap import gap_line
from keras_ae.variants.variational import Variational


def told(run, epoch=None, checkpoint="best", kind="auto", variant=None):
    variant = variant or run.recipe.variant
    recipe = dataclasses.replace(run.recipe, checkpoint=checkpoint, variant=variant, loss=kind)
    history = [epoch] if epoch else [{"loss": 1.0, "val_loss": 5.0}, {"loss": 4.0, "val_loss": 6.0}]
    return gap_line(dataclasses.replace(run, recipe=recipe, history=history))


def test_the_epoch_that_is_kept_decides_and_the_line_says_what_it_may_mean(tiny_run):
    line = told(tiny_run, kind="squared_error")
    assert line.startswith(
        "val_loss 5 is 5.0 times loss 1 at the epoch that is kept: the validation examples"
    )
    assert f"or {len(tiny_run.data.train)} training examples may be too few" in line
    assert told(tiny_run, None, "last", "squared_error") == ""


def test_a_reconstruction_that_other_terms_cover_up_is_told_too(tiny_run):
    parts = {"reconstruction": 0.01, "val_reconstruction": 0.1, "loss": 3.0, "val_loss": 3.1}
    line = told(tiny_run, parts, kind="squared_error")
    assert line.startswith("val_reconstruction 0.1 is 10.0 times reconstruction 0.01 at")


def test_crossentropy_is_compared_above_the_entropy_of_the_values(tiny_run):
    splits = tiny_run.data.splits
    train, validation = (
        np.clip(splits[name].examples.astype(float), 0, 1) for name in ("train", "validation")
    )

    def entropy(values):
        inside = values[(values > 0) & (values < 1)]
        return -np.sum(inside * np.log(inside) + (1 - inside) * np.log(1 - inside)) / values.size

    assert splits["train"].examples.dtype.kind == "f"
    floors = entropy(train), entropy(validation)
    assert min(floors) > 0.1
    line = told(tiny_run, {"loss": floors[0] + 0.05, "val_loss": floors[1] + 0.2})
    assert "val_loss" in line
    assert "is 4.0 times as far above the least possible" in line
    assert told(tiny_run, {"loss": floors[0] + 0.05, "val_loss": floors[1] + 0.08}) == ""


@pytest.mark.parametrize(("likelihood", "begins"), [("bernoulli", "val_loss 500 is"), ("gaussian", "")])
def test_a_density_needs_more_nats_than_a_probability(tiny_run, likelihood, begins):
    """70 nats more are few for the density of 144 values; their probabilities may be all but 430 certain."""
    epoch = {"loss": 430.0, "val_loss": 500.0}
    if begins:
        epoch["loss"] = 100.0
    line = told(tiny_run, epoch, variant=Variational(likelihood=likelihood))
    assert line.startswith(begins)
    assert bool(line) == bool(begins)


def test_a_run_that_was_not_trained_has_no_gap(tiny_run):
    assert gap_line(dataclasses.replace(tiny_run, history=[])) == ""
