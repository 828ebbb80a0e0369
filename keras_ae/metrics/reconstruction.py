"""Metrics of reconstructions: one value per example, so that means, spreads and worst cases can be taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from keras_ae.blocks.sparsity import ExplainedVariance
from keras_ae.domains import REAL, domain_of
from keras_ae.losses import (
    absolute_error,
    binary_crossentropy,
    categorical_crossentropy,
    mean_of_positions,
    squared_error,
    structural_similarity,
)
from keras_ae.sequences import in_values, length_error
from keras_ae.table_layout import TableLayout
from keras_ae.table_losses import known_mean

__all__ = [
    "accuracy",
    "colorfulness",
    "domain_metrics",
    "excess_crossentropy",
    "mean_metrics",
    "psnr",
    "published_metrics",
    "ssim",
    "table_metrics",
]

SMALLEST_ERROR = 1e-10
"""Mean squared error below which a reconstruction counts as perfect: a PSNR of 100 dB."""

Metric = Callable[[Any, Any], Any]
"""(targets (batch, ...), outputs (batch, ...)) -> (batch,)."""


def psnr(target: Any, output: Any) -> Any:
    """Peak signal-to-noise ratio, 10 log10(1 / MSE), in dB, for values in [0, 1].

    The mean over a set is the mean of the examples' own ratios, as the denoising literature reports it.

    Args:
        target: (batch, ...).
        output: (batch, ...).

    Returns:
        (batch,), at most 100.
    """
    error = ops.maximum(squared_error(target, output), SMALLEST_ERROR)
    return -10.0 * ops.log(error) / np.log(10.0).astype("float32")


def ssim(target: Any, output: Any) -> Any:
    """Structural similarity of images in [0, 1]; see `losses.structural_similarity`.

    Args:
        target: (batch, height, width, channels).
        output: (batch, height, width, channels).

    Returns:
        (batch,), in [-1, 1], the mean over channels.
    """
    return structural_similarity(target, output)


def accuracy(target: Any, output: Any) -> Any:
    """The fraction of an example's positions whose most probable class is the true one.

    Args:
        target: (batch, ..., classes), one-hot; positions of zeros do not exist, and do not count.
        output: (batch, ..., classes), probabilities.

    Returns:
        (batch,), in [0, 1].
    """
    hits = ops.equal(ops.argmax(target, axis=-1), ops.argmax(output, axis=-1))
    return mean_of_positions(ops.cast(hits, "float32"), target)


def excess_crossentropy(target: Any, output: Any) -> Any:
    """Cross-entropy above its minimum, that of the target with itself: the mean of KL(target || output).

    Args:
        target: (batch, ...), in [0, 1].
        output: (batch, ...), in [0, 1].

    Returns:
        (batch,), 0 for a perfect reconstruction.
    """
    return binary_crossentropy(target, output) - binary_crossentropy(target, target)


def domain_metrics(domain: str, shape: tuple[int, ...]) -> dict[str, Metric]:
    """The metrics that fit a domain and a shape.

    Args:
        domain: Domain of the targets.
        shape: Shape of a target.

    Returns:
        Metrics by their names in tables.
    """
    domain = domain_of(domain)
    if domain.layout is not None:
        return table_metrics(domain.layout)
    if domain.one_hot:
        return {"accuracy": accuracy, "crossentropy": categorical_crossentropy}
    if domain.ends:
        errors = {"mse": in_values(squared_error), "mae": in_values(absolute_error)}
        return errors | {"length_error": length_error}
    if not domain.unit_interval:
        return {"mse": squared_error, "mae": absolute_error}
    images = {"ssim": ssim} if len(shape) == 3 and min(shape[:2]) > 1 else {}
    return {
        "psnr": psnr,
        **images,
        "mse": squared_error,
        "crossentropy": binary_crossentropy,
        "excess_crossentropy": excess_crossentropy,
    }


def table_metrics(layout: TableLayout) -> dict[str, Metric]:
    """The metrics of a table's rows, of those values that are known.

    Args:
        layout: Of the columns.

    Returns:
        "mse" and "mae" of the scaled numbers, and "accuracy", the fraction of words whose likeliest one is
        the true one; each where there are such columns. A row without a known number has no error, and one
        without a known word an accuracy of 1.
    """
    metrics: dict[str, Metric] = {}
    if layout.is_number.any():
        metrics = {
            "mse": known_mean(layout, layout.numbers, lambda target, output: ops.square(target - output)),
            "mae": known_mean(layout, layout.numbers, lambda target, output: ops.abs(target - output)),
        }
    if not layout.is_number.all():
        missed = known_mean(layout, layout.classes, partial(_missed, layout))
        metrics["accuracy"] = lambda target, output: 1.0 - missed(target, output)
    return metrics


def _missed(layout, target, output):
    """(batch, features), 1 at the true word of each column where another one is likelier."""
    best = ops.stack(
        [
            ops.max(output[:, start : start + column.width], axis=-1)
            for start, column in zip(layout.starts.tolist(), layout.columns, strict=True)
        ],
        axis=-1,
    )
    return target * ops.cast(output < ops.take(best, layout.groups, axis=-1), "float32")


def published_metrics(border: int = 0) -> dict[str, Metric]:
    """PSNR, SSIM and MSE as restoration papers report them, of values rounded to bytes.

    Args:
        border: Pixels at each edge to ignore.

    Returns:
        "psnr", "ssim" and "mse".
    """

    def of_levels(metric):
        def rounded(target, output):
            sides = slice(border, -border or None)
            target, output = (ops.round(255.0 * side[:, sides, sides]) / 255.0 for side in (target, output))
            return metric(target, output)

        return rounded

    return {"psnr": of_levels(psnr), "ssim": of_levels(ssim), "mse": of_levels(squared_error)}


def colorfulness(colors: Any) -> Any:
    """How colorful images look: the spread of a and b of Lab + 0.37 * the mean chroma.

    Hasler and Suesstrunk 2003.

    Args:
        colors: (batch, height, width, 2), as those of `losses.color_distance`.

    Returns:
        (batch,), in units of Lab.
    """
    plane = ops.reshape(256.0 * (colors - 0.5), (ops.shape(colors)[0], -1, 2))
    spread = ops.sqrt(ops.sum(ops.var(plane, axis=1), axis=-1))
    return spread + 0.37 * ops.mean(ops.sqrt(ops.sum(ops.square(plane), axis=-1)), axis=-1)


def mean_metrics(
    predict: Callable, batches: Iterable, domain: str, metrics: dict[str, Metric] | None = None
) -> dict[str, float]:
    """Means of metrics over all examples of some batches.

    Where the metrics are the domain's own, real values also have an "explained_variance", over all examples.

    Args:
        predict: Inputs of a batch -> outputs (batch, ...), as arrays or tensors.
        batches: (inputs, targets) of each batch.
        domain: Domain of the targets.
        metrics: Metrics by name; None for the domain's own metrics.

    Returns:
        Means by name.
    """
    collected: dict[str, list] = {}
    explained = None
    for inputs, targets in batches:
        outputs = tf.convert_to_tensor(predict(inputs), tf.float32)
        chosen = domain_metrics(domain, tuple(targets.shape[1:])) if metrics is None else metrics
        if metrics is None and domain_of(domain) == REAL:
            explained = explained or ExplainedVariance(tuple(targets.shape))
            explained.update_state(targets, {"reconstruction": outputs})
        for name, metric in chosen.items():
            collected.setdefault(name, []).append(np.asarray(metric(targets, outputs)))
    means = {name: float(np.concatenate(parts).mean(dtype=np.float64)) for name, parts in collected.items()}
    return means if explained is None else means | {explained.name: float(explained.result())}
