"""Further models that score each of few examples without having learned it."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from keras_ae.data.pipeline import PairedData
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.heads import Heads
from keras_ae.recipe import Recipe
from keras_ae.runs.checkpoint import best_epoch
from keras_ae.runs.plan import Plan
from keras_ae.runs.run import MOST_FITTED
from keras_ae.tasks.cross_fitting import CrossFitted, fold_data
from keras_ae.training.execution import Execution
from keras_ae.training.schedule import optimizer_for
from keras_ae.training.trainer import Trainer

__all__ = ["with_fold_scores"]

LOG = logging.getLogger(__name__)


def with_fold_scores(
    trainer: Trainer,
    heads: Heads,
    recipe: Recipe,
    data: Data,
    plan: Plan,
    history: list[dict[str, float]],
    initial: list[Any],
) -> Data:
    """Scores calibration examples that are cross-fitted, by a model without each part of them.

    Where the scores take a network, each is trained from the same initial weights for as many steps as the
    model was, up to its best epoch.

    Args:
        trainer: Trains the heads, which have the trained weights, also afterwards.
        heads: The heads.
        recipe: The recipe.
        data: The data, as the task prepares them.
        plan: The plan of the training.
        history: The logs of the training.
        initial: The weights of the trained model before the training.

    Returns:
        The data with these scores; the same where no examples are cross-fitted.
    """
    calibration = data.calibration
    if not isinstance(calibration, CrossFitted):
        return data
    scores = np.full(len(calibration), np.nan, np.float32)
    if not recipe.task.fold_scores_take_network:
        for own, part in fold_data(data):
            scores[own] = recipe.task.fold_scores(heads, part)
        return replace(data, calibration=replace(calibration, scores=scores))
    assert heads.trained is not None  # guaranteed by Heads
    trained = heads.trained.get_weights()
    epochs = best_epoch(history) if recipe.checkpoint == "best" else len(history)
    steps = epochs * plan.steps_per_epoch
    execution = Execution.of(trainer.model, recipe, plan.examples, steps)
    trainer.prepare(optimizer_for(recipe, plan.steps), execution)
    optimizer = [np.array(variable) for variable in trainer.optimizer.variables]
    for number, (own, part) in enumerate(fold_data(data), 1):
        LOG.info("training without part %d of %d", number, len(calibration.numbers_of_folds))
        heads.trained.set_weights(initial)
        for variable, value in zip(trainer.optimizer.variables, optimizer, strict=True):
            variable.assign(value)
        recipe.variant.initialize(heads, partial(_initializing, part))
        batches, _ = PairedData(part, recipe.task, recipe.seed, recipe.augment).training_batches(
            recipe.batch_size
        )
        trainer.fit(
            batches, epochs=1, initial_epoch=0, steps_per_epoch=steps, callbacks=[], shuffle=False, verbose=0
        )
        scores[own] = recipe.task.fold_scores(heads, part)
    heads.trained.set_weights(trained)
    return replace(data, calibration=replace(calibration, scores=scores))


def _initializing(data):
    """The training examples that a variant's weights are initialized to."""
    return np.asarray(values(data.train.thin(MOST_FITTED).examples))
