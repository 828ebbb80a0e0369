"""One table of a recipe trained once for each value of one of its fields."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from keras_ae.files import replace_text
from keras_ae.recipe import Recipe, override
from keras_ae.runs.evaluation import evaluate
from keras_ae.runs.settings import settings_of
from keras_ae.training.train import train

SCORES_FILE = "scores.json"


def sweep(
    recipe: Recipe, name: str, values: Sequence[str], root: Path, report: Callable[[str], None] = print
) -> dict[str, dict[str, dict[str, float]]]:
    """Trains a recipe with each value of a field, and gives the test scores of each by row and measure.

    root: the folder of all sweeps of the recipe. What is done in it is not done again.
    Raises InputError for a field or a value that the recipe does not take, before anything is trained.
    """
    recipes = {value: override(recipe, [f"{name}={value}"]) for value in values}
    tables = {}
    for value, one in recipes.items():
        told = json.dumps(settings_of(one), sort_keys=True)
        folder = root / hashlib.sha256(told.encode()).hexdigest()[:12]
        done = folder / SCORES_FILE
        if not done.exists():
            report(f"{name}={value}: {folder}")
            run = train(one, folder, report=report, resume=(folder / "checkpoint").exists())
            replace_text(done, json.dumps(evaluate(run), indent=1) + "\n")
        tables[value] = json.loads(done.read_text())
    return tables


def shared_metrics(tables: dict[str, dict[str, dict[str, float]]], row: str) -> list[str]:
    """The metrics that a row has in every table.

    Args:
        tables: Test metrics by value of the field, row and metric.
        row: The name of the row, such as the model's.

    Returns:
        The metrics' names, in the order of the first table.
    """
    first = next(iter(tables.values()))
    return [name for name in first[row] if all(name in table[row] for table in tables.values())]


def summary(tables: dict[str, dict[str, dict[str, float]]], measure: str) -> dict[str, dict[str, float]]:
    """A line for each value and one of their mean: a measure of every row that has it in all of them."""
    first, *others = tables.values()
    rows = [row for row in first if all(measure in table.get(row, {}) for table in (first, *others))]
    lines = {value: {row: table[row][measure] for row in rows} for value, table in tables.items()}
    mean = {row: float(np.mean([line[row] for line in lines.values()])) for row in rows}
    return lines | {"mean": mean}
