"""What is told at the end of a training whose validation loss is far above its training loss."""

from __future__ import annotations

from math import prod

import numpy as np

from keras_ae.data.examples import Split
from keras_ae.losses import LIKELIHOODS
from keras_ae.metrics.gap import Losses, density_gap, gap
from keras_ae.runs.checkpoint import best_epoch
from keras_ae.runs.run import Run
from keras_ae.training.objective import loss_in

__all__ = ["gap_line"]

MOST, MOST_VALUES = 10_000, 2**24
"""Examples, and values in all of them, that the least possible loss is computed on."""


def gap_line(run: Run) -> str:
    """A line about a validation loss that is far above the training loss at the epoch that is kept.

    Args:
        run: A trained run.

    Returns:
        The line, with what it may mean; "" if there is no such gap.
    """
    if not run.history:
        return ""
    kept = best_epoch(run.history) if run.recipe.checkpoint == "best" else len(run.history)
    epoch = run.history[kept - 1]
    names = [name for name in ("loss", "reconstruction") if name in epoch]
    comparison = _comparison(run, [Losses(name, epoch[name], epoch[f"val_{name}"]) for name in names])
    if not comparison:
        return ""
    return (
        f"{comparison} at the epoch that is kept: the validation examples may be unlike those of the "
        f"training, such as of another time, device or group, or {len(run.data.train):,} training examples "
        "may be too few; compare the splits, or train on more"
    )


def _comparison(run, losses):
    """The first gap among the losses, in words."""
    likelihood = run.recipe.variant.likelihood
    likelihood = run.data.domain.likelihood if likelihood == "auto" else likelihood
    if likelihood is not None and LIKELIHOODS[likelihood].density:
        values = prod(run.paired.spec.target_shape)
        return next(filter(None, (density_gap(each, values) for each in losses)), "")
    floors, errors = zip(_floor(run, run.data.train), _floor(run, run.data.validation), strict=True)
    return next(filter(None, (gap(each, floors, errors) for each in losses)), "")


def _floor(run: Run, split: Split) -> tuple[float, float]:
    """The least possible loss of a split, that of its targets themselves, and its standard error."""
    loss = loss_in(run.recipe, run.data.domain)
    part = split.thin(min(MOST, max(1, MOST_VALUES // prod(split.shape))))
    batches = run.paired.held_back_batches(part)
    each = np.concatenate([np.asarray(loss(target, {"reconstruction": target})) for _, target in batches])
    exact = len(part) == len(split) and not split.varies
    return float(each.mean()), 0.0 if exact else float(each.std() / len(each) ** 0.5)
