"""Anomaly scores compared with one another, and with simpler detectors, on many tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.sources.local import local
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.heads import Heads, batched
from keras_ae.recipe import Recipe
from keras_ae.runs.plan import plan_for
from keras_ae.tasks.anomaly import Anomaly
from keras_ae.tasks.anomaly_metrics import baseline_aurocs, ranking_metrics
from keras_ae.tasks.anomaly_scores import Score
from keras_ae.training.schedule import optimizer_for
from keras_ae.training.train import build, trainer_for

__all__ = ["choices_without_each", "compare_scores"]


def compare_scores(
    recipe: Recipe,
    tables: Mapping[str, Dataset],
    scores: Mapping[str, Score],
    seeds: int = 3,
    report: Callable[[str], None] = print,
) -> dict[str, dict[str, float]]:
    """Trains a recipe on each table and ranks its test rows by several anomaly scores of the same models.

    Each model is trained for all steps of its plan, without stopping early, and without calibration.

    Args:
        recipe: A recipe whose task is `Anomaly`.
        tables: Labeled tables, by name. The normal rows of the training split are learned from.
        scores: Anomaly scores by name.
        seeds: Trainings of each table, with the seeds from 0 on.
        report: Called with a line about each table.

    Returns:
        By table: the mean AUROC of each score, and of the detectors that it is compared with.
    """
    found = {}
    for name, table in tables.items():
        data = recipe.task.prepare(local(table).load())
        runs = [_aurocs(replace(recipe, data=table, seed=seed), data, scores) for seed in range(seeds)]
        found[name] = {row: float(np.mean([run[row] for run in runs])) for row in runs[0]}
        report(f"{name}: " + ", ".join(f"{row} {auroc:.3f}" for row, auroc in found[name].items()))
    return found


def _aurocs(recipe: Recipe, data: Data, scores: Mapping[str, Score]) -> dict[str, float]:
    """The AUROC of each score of a model, and of simpler detectors."""
    assert isinstance(recipe.task, Anomaly)
    assert data.test.labels is not None
    heads = _trained(recipe, data)
    examples, labels = data.test.numbers, data.test.labels > 0
    rows = {}
    for name, score in scores.items():
        model = replace(recipe.task, score=score).scorer(heads, data)
        rows[name] = ranking_metrics(batched(model, {"inputs": examples})["score"], labels)["auroc"]
    return rows | baseline_aurocs(data, recipe.seed)


def _trained(recipe: Recipe, data: Data) -> Heads:
    """The heads of a recipe, trained without callbacks."""
    plan = plan_for(recipe, len(data.train))
    paired, heads = build(recipe, data)
    trainer = trainer_for(recipe, heads, data.train.shape, data.scaler, plan.steps)
    trainer.prepare(optimizer_for(recipe, plan.steps))
    recipe.variant.initialize(heads, lambda: np.asarray(values(data.train.in_memory().examples)))
    batches, _ = paired.training_batches(recipe.batch_size)
    trainer.fit(
        batches, epochs=1, initial_epoch=0, steps_per_epoch=plan.steps, callbacks=[], shuffle=False, verbose=0
    )
    return heads


def choices_without_each(aurocs: Mapping[str, Mapping[str, float]], among: tuple[str, ...]) -> dict[str, str]:
    """The score that would be chosen for each table by all the others.

    Args:
        aurocs: As `compare_scores` returns them.
        among: The scores to choose from.

    Returns:
        By table the score with the highest mean AUROC on the other tables.
    """
    means = {
        left_out: {
            score: np.mean([rows[score] for name, rows in aurocs.items() if name != left_out])
            for score in among
        }
        for left_out in aurocs
    }
    return {left_out: max(among, key=of.__getitem__) for left_out, of in means.items()}
