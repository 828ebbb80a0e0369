"""Sweeps: a recipe trained once for each value of one of its fields, and a table of all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.stats import t

from keras_ae.data.split_rules import FOLDS
from keras_ae.errors import InputError
from keras_ae.files import replace_text
from keras_ae.recipe import Recipe, override
from keras_ae.runs.evaluation import evaluate
from keras_ae.runs.request import RunRequest
from keras_ae.runs.settings import settings_of
from keras_ae.training.train import train

__all__ = ["interval", "shared_metrics", "summary", "sweep"]

METRICS_FILE = "scores.json"

Tables = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Test metrics by value of the field, row and metric."""


def sweep(
    recipe: Recipe,
    name: str,
    values: Sequence[str],
    root: Path,
    report: Callable[[str], None] = print,
    metric: str = "",
    request: RunRequest | None = None,
) -> dict[str, dict[str, dict[str, float]]]:
    """Trains a recipe with each value of a field; trainings that are done are not repeated.

    Args:
        recipe: The recipe.
        name: The path of the field, such as `data.normal`.
        values: The values as texts.
        root: The folder of all sweeps of the recipe.
        report: Called with each line about progress.
        metric: A metric that is wanted; "" for any.
        request: How the recipe was asked for, which the folders of its runs get with their values, so that
            other verbs find it; None for a recipe of a program.

    Returns:
        Test metrics by value, row and metric.

    Raises:
        InputError: The recipe does not take the field or a value, and nothing is trained; or the first
            training has no such metric.
    """
    recipes = {value: override(recipe, [f"{name}={value}"]) for value in values}
    tables = {}
    for value, changed in recipes.items():
        settings = json.dumps(settings_of(changed), sort_keys=True)
        folder = root / hashlib.sha256(settings.encode()).hexdigest()[:12]
        file = folder / METRICS_FILE
        if not file.exists():
            report(f"{name}={value}: {folder}")
            run = train(changed, folder, report=report, resume=(folder / "checkpoint").exists())
            replace_text(file, json.dumps(evaluate(run), indent=1) + "\n")
        if request is not None:
            request.changed(settings=[f"{name}={value}"]).write(folder)
        tables[value] = json.loads(file.read_text(encoding="utf-8"))
        _check_metric(metric, shared_metrics(tables, recipe.name))
    return tables


def _check_metric(metric, there):
    """Refuses a metric that no training has, after the first one."""
    if metric and metric not in there:
        raise InputError(
            f"expected a metric among {', '.join(there) or 'none'}, received {metric!r}; choose one of them, "
            "trainings that are done are not repeated"
        )


def shared_metrics(tables: Tables, row: str) -> list[str]:
    """The metrics that a row has in every table.

    Args:
        tables: Test metrics by value of the field, row and metric.
        row: The name of the row, such as the model's.

    Returns:
        The metrics' names, in the order of the first table.
    """
    first = next(iter(tables.values()))
    return [name for name in first[row] if all(name in table[row] for table in tables.values())]


def summary(tables: Tables, metric: str, field: str = "") -> dict[str, dict[str, float]]:
    """A table of one metric.

    Args:
        tables: Test metrics by value of the field, row and metric.
        metric: The name of the metric.
        field: The path of the field. Of one called "fold" the values are parts of repeated cross-validation.

    Returns:
        The metric by value and row, for the rows that have it for all values, and their "mean" last; of folds
        also "+-", half of the 95 % interval of that mean.
    """
    first, *others = tables.values()
    rows = [row for row in first if all(metric in table.get(row, {}) for table in (first, *others))]
    lines = {value: {row: table[row][metric] for row in rows} for value, table in tables.items()}
    mean = {row: float(np.mean([line[row] for line in lines.values()])) for row in rows}
    if field.rpartition(".")[2] != "fold" or len(lines) < 2:
        return lines | {"mean": mean}
    return lines | {
        "mean": mean,
        "+-": {row: interval([line[row] for line in lines.values()]) for row in rows},
    }


def interval(values: Sequence[float]) -> float:
    """Half of the 95 % interval of a mean over folds, whose training examples overlap.

    The corrected resampled t-test's, Nadeau and Bengio 2003 ("Inference for the Generalization Error").

    Args:
        values: Of each fold, at least 2.

    Returns:
        The half width.
    """
    count = len(values)
    variance = (1 / count + 1 / (FOLDS - 1)) * float(np.var(values, ddof=1))
    return float(t.ppf(0.975, count - 1)) * variance**0.5
