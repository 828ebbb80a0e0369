"""The test metrics of a run and of its baselines."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_ae.blocks.samplers import code_sampler
from keras_ae.heads import apply
from keras_ae.metrics.codes import active_units
from keras_ae.metrics.reconstruction import domain_metrics, mean_metrics
from keras_ae.runs.artifacts import STAGED_FILE, load_model
from keras_ae.runs.run import Run

__all__ = ["STAGED_ROW", "Table", "evaluate", "metrics_by_kind", "model_row", "reconstructor"]

LOG = logging.getLogger(__name__)

STAGED_ROW = "before fine-tuning"
"""The row of the model as it was before the last stage."""

Table = dict[str, dict[str, float]]
"""Metrics by row (the baselines' rows, the model's own last) and name."""


def evaluate(run: Run) -> Table:
    """Test metrics of a run's model and of the task's baselines.

    Every row is measured on the same test examples with the same noise. Where the run had stages, a row
    is of the model as it was before the last one. A metric that is not defined for a row is missing from it.

    Args:
        run: A trained run.

    Returns:
        The metrics by row and name, the model's row last.
    """
    task, seed = run.recipe.task, run.recipe.seed
    test_batches = run.paired.test_batches()
    metrics = _metrics(run)
    LOG.info("fitting the baselines")
    own = _objective_metrics(run, test_batches)
    size = run.recipe.variant.active_dim(own) or run.latent_dim
    predictors: dict[str, Callable] = {
        name: lambda tensors, predict=predict: predict(tensors["inputs"])
        for name, predict in task.baselines(run.data, seed, size).items()
    }
    staged = load_model(run.directory / STAGED_FILE)
    if staged is not None:
        predictors[STAGED_ROW] = reconstructor(staged)
    predictors[run.name] = reconstructor(run.heads.end_to_end)
    whole = run.data.whole is not None and metrics is not None and run.heads.any_size
    table: Table = {}
    for name, predict in predictors.items():
        LOG.info("scoring %s", name)
        batches = run.paired.whole_batches() if whole else test_batches
        table[name] = mean_metrics(predict, batches, run.data.domain, metrics)
    if run.heads.choices_shape:  # its own likeliest choices do not say how likely the targets are
        table[run.name].pop("crossentropy", None)
    table[run.name] |= own
    sampler = run.sampler
    LOG.info("computing further metrics")
    further = task.further_metrics(run.heads, run.data, seed, sampler and code_sampler(sampler))
    for row, values in further.items():
        name = run.name if row == "model" else row
        table[name] = table.get(name, {}) | values
    table[run.name] = table.pop(run.name)  # the last, after rows that further metrics have added
    return table


def model_row(run: Run) -> dict[str, float]:
    """Test metrics of a run's model alone, without baselines and without what the task adds.

    Args:
        run: A trained run, whose training examples are not looked at.

    Returns:
        The metrics by name.
    """
    batches = run.paired.test_batches()
    predict = reconstructor(run.heads.end_to_end)
    metrics = mean_metrics(predict, batches, run.data.domain, _metrics(run))
    if run.heads.choices_shape:
        metrics.pop("crossentropy", None)
    return metrics | _objective_metrics(run, batches)


def _metrics(run: Run) -> dict[str, Callable] | None:
    """The task's metrics of reconstructions, or those of format and domain; None for the domain's."""
    metrics, format = run.recipe.task.metrics(), run.data.format
    own = {} if format is None else format.reconstruction_metrics()
    if metrics is not None or not own:
        return metrics
    return own | domain_metrics(run.data.domain, run.data.test.shape)


def _objective_metrics(run: Run, batches: tf.data.Dataset) -> dict[str, float]:
    """Test means of the variant's terms, as the end of training weighs them, and how much of a code is used.

    That is the number of a posterior's active units, or the number of codes where they are whole numbers.
    """
    terms, outputs = run.recipe.variant.terms(), run.heads.trained.output
    split_metrics = run.recipe.variant.split_metrics(run.heads)
    if not (terms or split_metrics) and "mean" not in outputs and "int" not in outputs["code"].dtype:
        return {}
    forward = tf.function(partial(apply, run.heads.trained), autograph=False)
    by_term: dict[str, list[float]] = {term.name: [] for term in terms}
    counts: list[int] = []
    means: list[Any] = []
    codes: set[int] = set()
    for tensors, targets in batches:
        outputs = {"targets": targets, **forward(tensors), "progress": tf.ones(())}
        counts.append(len(targets))
        if "mean" in outputs:
            means.append(outputs["mean"])
        if outputs["code"].dtype.is_integer:
            codes |= set(np.unique(outputs["code"]))
        for metric in split_metrics:
            metric.update_state(targets, outputs)
        for term in terms:
            by_term[term.name].append(float(tf.reduce_mean(term.value(outputs))))
    metrics = {name: float(np.average(values, weights=counts)) for name, values in by_term.items()}
    metrics |= {metric.name: float(metric.result()) for metric in split_metrics}
    metrics |= {"active_units": active_units(np.concatenate(means))} if means else {}
    return metrics | ({"codes_used": len(codes)} if codes else {})


def metrics_by_kind(run: Run) -> Table:
    """Test metrics of each kind of example that the run's task distinguishes, such as kinds of anomalies.

    Args:
        run: A trained run.

    Returns:
        Metrics by kind and name; nothing where the task knows no kinds.
    """
    return run.recipe.task.metrics_by_kind(run.served_heads, run.data)


def reconstructor(end_to_end: keras.Model) -> Callable[[Mapping[str, Any]], tf.Tensor]:
    """A model as a predictor of reconstructions.

    Args:
        end_to_end: A model whose outputs include "reconstruction".

    Returns:
        Tensors by name -> reconstruction; tensors that the model does not take are ignored.
    """
    specs = {tensor.name: tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in end_to_end.inputs}
    # partial, for TensorFlow warns of retracing where functions have the same code
    run = tf.function(partial(_reconstruction, end_to_end), input_signature=[specs], autograph=False)
    return lambda tensors: run({name: tensors[name] for name in specs})


def _reconstruction(end_to_end: keras.Model, tensors: Mapping[str, Any]) -> tf.Tensor:
    return apply(end_to_end, tensors)["reconstruction"]
