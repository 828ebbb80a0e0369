"""A finished run with another anomaly score: the models that calibrate it are trained once more."""

from __future__ import annotations

from dataclasses import replace

from keras_ae.runs.plan import plan_for, read_plan
from keras_ae.runs.run import Run
from keras_ae.tasks.cross_fitting import CrossFitted
from keras_ae.training.cross_fitting import with_fold_scores
from keras_ae.training.train import build, trainer_for

__all__ = ["refitted"]


def refitted(run: Run) -> Run:
    """A run of which all calibration examples have scores, by models that did not learn them.

    Args:
        run: A finished run, loaded from its folder with its data.

    Returns:
        The run; the same unless its score differs from that of its training.
    """
    calibration = run.data.calibration
    if not isinstance(calibration, CrossFitted) or calibration.scores is not None:
        return run
    recipe, plan = run.recipe, read_plan(run.directory) or plan_for(run.recipe, len(run.data.train))
    _, heads = build(recipe, run.data)
    assert heads.trained is not None  # guaranteed by Heads
    initial = heads.trained.get_weights()
    trainer = trainer_for(recipe, heads, run.data.train.shape, run.data.scaler, plan.steps)
    data = with_fold_scores(trainer, heads, recipe, run.data, plan, run.history, initial)
    return replace(run, data=data)
