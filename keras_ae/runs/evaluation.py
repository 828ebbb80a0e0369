"""A run's test figures, beside those of what it has to beat."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from keras_ae.blocks.samplers import code_sampler
from keras_ae.heads import apply
from keras_ae.metrics.reconstruction import active_units
from keras_ae.metrics.reconstruction import mean_metrics as mean_scores
from keras_ae.runs.artifacts import STAGED_FILE, load_model
from keras_ae.runs.run import Run


def evaluate(run: Run) -> dict[str, dict[str, float]]:
    """Test scores of the run's model and of the task's baselines, by row and measure.

    The same test examples and the same noise for each row; the model's row is the last. Where the
    run had stages, a row before it is of the model as it was before the last one. A measure that
    is not defined for a row is missing from it.
    """
    task, seed = run.recipe.task, run.recipe.seed
    held_back = run.paired.test_batches()
    measures = task.metrics()
    predictors = {
        name: lambda named, predict=predict: predict(named["inputs"])
        for name, predict in task.baselines(run.data, seed, run.latent_dim).items()
    }
    staged = load_model(run.directory / STAGED_FILE)
    if staged is not None:
        predictors["before fine-tuning"] = reconstructor(staged)
    predictors[run.name] = reconstructor(run.heads.end_to_end)
    whole = run.data.whole is not None and measures is not None and run.heads.any_size
    table = {}
    for name, predict in predictors.items():
        batches = run.paired.whole_batches() if whole else held_back
        table[name] = mean_scores(predict, batches, run.data.domain, measures)
    if run.heads.choices_shape:  # of its own likeliest choices, which is not how likely it finds what is
        table[run.name].pop("crossentropy", None)
    table[run.name] |= _terms(run, held_back)
    sampler = run.sampler()
    found = task.further_metrics(run.heads, run.data, seed, sampler and code_sampler(sampler))
    for row, figures in found.items():
        name = run.name if row == "model" else row
        table[name] = table.get(name, {}) | figures
    table[run.name] = table.pop(run.name)  # the last, behind rows that figures have added
    return table


def _terms(run, batches):
    """Test means of the variant's terms, as the end of training weighs them, and how much of a code is used.

    That is the number of active units of a posterior, and of codes where they are whole numbers.
    """
    terms, counts, means, numbers = run.recipe.variant.terms(), [], [], set()
    given = run.heads.trained.output
    if not terms and "mean" not in given and "int" not in given["code"].dtype:
        return {}
    forward = tf.function(partial(apply, run.heads.trained))
    found: dict[str, list] = {term.name: [] for term in terms}
    for named, targets in batches:
        outputs = forward(named) | {"progress": tf.ones(())}
        counts.append(len(targets))
        if "mean" in outputs:
            means.append(outputs["mean"])
        if outputs["code"].dtype.is_integer:
            numbers |= set(np.unique(outputs["code"]))
        for term in terms:
            found[term.name].append(float(tf.reduce_mean(term.value(outputs))))
    scores = {name: float(np.average(values, weights=counts)) for name, values in found.items()}
    scores |= {"active_units": active_units(np.concatenate(means))} if means else {}
    return scores | ({"codes_used": len(numbers)} if numbers else {})


def restoration(run: Run) -> dict[str, int] | None:
    """What is to be known of a run's restorer to restore an image in tiles; None where it has none.

    scale: how much larger images become. colored: whether gray ones become colored. reach: pixels
    around a pixel that its restoration may depend on. multiple: tiles that begin at multiples of it are
    restored as the whole is.
    """
    if run.restorer() is None:
        return None
    variant = run.recipe.variant
    return {
        "scale": getattr(run.recipe.task, "scale", 1),
        "colored": getattr(run.recipe.task, "colored", False),
        "reach": variant.reach + getattr(run.recipe.task, "reach", 0),
        "multiple": variant.multiple,
    }


def detection(run: Run) -> dict[str, object] | None:
    """What is to be known of a run's detector; None where it has none.

    score: by which it is. threshold: above it an example is an anomaly; how, promise, count: how that was
    fitted, what holds of it, and on how many normal examples held back. trim: the share of the training
    examples that was assumed to be anomalies.
    """
    if run.detector is None:
        return None
    _, fitted = run.detector
    task = run.recipe.task
    return {
        "score": str(task.score),
        "threshold": fitted.value,
        "how": fitted.method,
        "promise": fitted.guarantee,
        "count": fitted.count,
        "trim": task.trim,
    }


def breakdown(run: Run) -> dict[str, dict[str, float]]:
    """Test figures by kind and measure, of a task that tells kinds of what it finds apart."""
    if run.detector is None or not hasattr(run.recipe.task, "breakdown"):
        return {}
    return run.recipe.task.breakdown(*run.detector, run.data)


def reconstructor(end_to_end: keras.Model) -> Callable[[dict], tf.Tensor]:
    """A predictor (tensors by name) -> reconstruction."""
    taken = {tensor.name: tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in end_to_end.inputs}
    run = tf.function(lambda named: apply(end_to_end, named)["reconstruction"], input_signature=[taken])
    return lambda named: run({name: named[name] for name in taken})
