"""Training without a run's folder: of data in memory, for those who take the heads from there."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from keras_ae.callbacks.best_weights import BestWeights
from keras_ae.data.pipeline import PairedData
from keras_ae.data.types import Data
from keras_ae.heads import Heads
from keras_ae.recipe import Recipe
from keras_ae.runs.plan import Plan, plan_for
from keras_ae.training.execution import Execution
from keras_ae.training.objective import loss_in
from keras_ae.training.schedule import optimizer_for
from keras_ae.training.train import build, trainer_for
from keras_ae.training.trainer import Trainer
from keras_ae.training.words import words_of_python

__all__ = ["train_in_memory"]

FEW_STEPS = 8
"""Steps of a training, at most, that are taken op by op: to trace them first would take longer."""

ONE_AT_A_TIME = threading.RLock()
"""Held while a model is trained: the seeds of weights and layers are those of the whole process."""


def train_in_memory(recipe: Recipe, data: Data, verbose: int = 0) -> tuple[Heads, list[dict[str, float]]]:
    """Trains a recipe on data in memory and writes nothing.

    The random numbers of NumPy and of Python go on afterwards as if nothing had been trained.

    Args:
        recipe: The recipe, whose own data are not looked at. With `checkpoint="best"` the validation split
            selects the epoch, else there is no validation.
        data: The data to train on.
        verbose: 0 for nothing, 1 for Keras's progress bar, 2 for a line for each epoch.

    Returns:
        The trained heads, and the logs of each epoch.

    Raises:
        InputError: If the recipe cannot be trained on the data.
    """
    with ONE_AT_A_TIME, _own_random_numbers(), words_of_python():
        paired, heads = build(recipe, data)
        plan = plan_for(recipe, len(data.train))
        for stage in recipe.variant.stages(heads):
            trained = {stage.model.get_layer(name) for name in stage.layers}
            for layer in stage.model.layers:
                layer.trainable = layer in trained
            loss = loss_in(recipe, data.domain) if "reconstruction" in stage.model.output else None
            of_stage = replace(plan, epochs=stage.epochs, patience=None)
            _fit(Trainer(stage.model, loss, stage.terms, of_stage.steps), recipe, of_stage, paired, verbose)
            for layer in stage.model.layers:
                layer.trainable = True
        trainer = trainer_for(recipe, heads, data.train.shape, data.scaler, plan.steps)
        return heads, _fit(trainer, recipe, plan, paired, verbose)


def _fit(
    trainer: Trainer, recipe: Recipe, plan: Plan, paired: PairedData, verbose: int
) -> list[dict[str, float]]:
    """Trains as a plan says, and gives the logs of each epoch."""
    few = plan.steps <= FEW_STEPS
    execution = None if few else Execution.of(trainer.model, recipe, plan.examples, plan.steps_per_epoch)
    trainer.prepare(optimizer_for(recipe, plan.steps), execution)
    trainer.run_eagerly = few
    best = BestWeights(plan)
    batches, _ = paired.training_batches(recipe.batch_size)
    trainer.fit(
        batches,
        epochs=plan.epochs,
        steps_per_epoch=plan.steps_per_epoch,
        validation_data=paired.validation_batches() if recipe.checkpoint == "best" else None,
        callbacks=[best],
        shuffle=False,
        verbose=verbose,
    )
    return best.history


@contextmanager
def _own_random_numbers() -> Iterator[None]:
    """Leaves the random numbers of NumPy and of Python as they were, which Keras seeds too."""
    of_python, of_numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)
