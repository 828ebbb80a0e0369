"""Model card: where a trained model came from and what it reached, ready for JSON."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ae.data.scaling import in_original_units
from keras_ae.data.tables.writing import UNKNOWN
from keras_ae.errors import InputError
from keras_ae.files import FORMAT, check_format
from keras_ae.formats import to_json
from keras_ae.recipe import flat
from keras_ae.runs.checkpoint import best_epoch
from keras_ae.runs.comparison import beaten_by
from keras_ae.runs.evaluation import Table
from keras_ae.runs.plan import read_plan
from keras_ae.runs.run import Run
from keras_ae.runs.series_facts import SeriesFacts
from keras_ae.runs.unlike import PROFILE, profile

__all__ = ["CARD_FILE", "model_card", "read_card"]

CARD_FILE = "card.json"
"""The name of the model card in a run's folder."""

PROFILED = 2000
"""Training examples that the profile is of, at most."""

PACKAGES = ("keras_ae", "tensorflow", "keras", "numpy")


def model_card(run: Run, table: Table, kinds: Table | None = None) -> dict[str, Any]:
    """The model card of a run: recipe, data with its hash, versions, commit, size, training and metrics.

    The facts of each further head stand in it under the head's name.

    Args:
        run: A trained run.
        table: Test metrics by row and name, the model's own row last.
        kinds: Test metrics by kind and name, where the task tells kinds of examples apart.

    Returns:
        The card, as JSON takes it.

    Raises:
        ValueError: If a further head has the name of another part of the card.
    """
    *baselines, model = table
    behind = beaten_by(table, model, run.recipe.task.compared, run.recipe.task.oracles)
    card = {
        "format": FORMAT,
        "recipe": {
            name: value if isinstance(value, (int, float)) else str(value)
            for name, value in flat(run.recipe).items()
        },
        "data": _data(run.data),
        "seed": run.recipe.seed,
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES},
        "git_commit": _git_commit(),
        "parameters": run.heads.end_to_end.count_params(),
        "latent_dim": run.heads.latent_dim,
        "plan": None if (plan := read_plan(run.directory)) is None else asdict(plan),
        "epochs": len(run.history),
        "kept": run.recipe.checkpoint,
        "best_epoch": best_epoch(run.history),
        "seconds": _seconds(run.history),
        "stages": {
            name: {"epochs": len(part), "seconds": _seconds(part)} for name, part in run.stages.items()
        },
        "machine": {
            "architecture": platform.machine(),
            "processors": len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count(),
            "gpus": len(tf.config.list_physical_devices("GPU")),
        },
        "metrics": table[model],
        **({"caution": run.caution} if run.caution else {}),
        **({"validation_caution": run.validation_caution} if run.validation_caution else {}),
        **({"comparison": str(behind)} if behind is not None else {}),
        "baselines": {name: table[name] for name in baselines},
    }
    facts: dict[str, Any] = {head.name: dict(head.facts) for head in run.served_heads if head.facts}
    if taken := facts.keys() & {*card, "kinds", "head", "signatures", "weights_sha256"}:
        raise ValueError(f"the model card has a part {taken.pop()!r}, which no head can be called as")
    return facts | ({"kinds": kinds} if kinds else {}) | card


def read_card(directory: Path) -> dict[str, Any]:
    """The model card of a finished run.

    Args:
        directory: The run's folder.

    Returns:
        The card.

    Raises:
        InputError: If there is none, it cannot be read, or a newer version of keras_ae wrote it.
    """
    file = directory / CARD_FILE
    if not file.exists():
        raise InputError(f"{file} is missing: the run was not finished; go on with RESUME=1 (--resume)")
    try:
        card = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(card, dict):
            raise ValueError(f"it holds a {type(card).__name__}")
    except (OSError, ValueError) as error:
        raise InputError(f"{file} cannot be read ({error}); train again") from error
    check_format(card.get("format", 0), directory)
    return card


def _data(data):
    """What the card says of the data.

    The format says what classes stand for, such as tiles of levels. Columns are by the names that they are
    served by.
    """
    return {
        "name": data.name,
        "sha256": data.sha256,
        "domain": data.domain,
        "shape": list(data.train.shape),
        "classes": data.classes,
        "label_names": list(data.label_names),
        "examples": {name: len(split) for name, split in data.splits.items()},
        **({"split": data.rule} if data.rule else {}),
        **({"full_scale": data.full_scale} if data.full_scale is not None else {}),
        **({} if data.format is None else {"format": json.loads(to_json(data.format))}),
        **({} if data.preprocessor is None else {"columns": data.preprocessor.signature}),
        **({"scales": scales} if (scales := _scales(data)) else {}),
        **({"written": asdict(written)} if (written := _written(data)) != UNKNOWN else {}),
        **({} if (series := SeriesFacts.of(data.points)) is None else {"series": series.for_card()}),
        **_profile(data),
    }


def _scales(data):
    """The offset and the scale of each channel by the names of several series, of which each has its own."""
    series = SeriesFacts.of(data.points)
    if series is None:
        return {}
    scalings = {group: series.scaling_of(group) for group in series.groups}
    return {
        group: {"offset": np.ravel(offset).tolist(), "scale": np.ravel(scale).tolist()}
        for group, (offset, scale) in scalings.items()
    }


def _written(data):
    """How the file of rows is written; unknown for other data."""
    if data.preprocessor is not None:
        return data.preprocessor.written
    series = SeriesFacts.of(data.points)
    return UNKNOWN if series is None else series.roles.written


def _profile(data):
    """How the training examples are distributed, where they are neither classes nor columns nor crops."""
    if data.domain.one_hot or data.preprocessor is not None or data.whole is not None:
        return {}
    return {PROFILE: profile(in_original_units(data.train.thin(PROFILED), data.scaler))}


def _seconds(history):
    return round(sum(epoch["seconds"] for epoch in history), 1)


def _version(name):
    for candidate in (name, f"{name}-cpu"):
        try:
            return metadata.version(candidate)
        except metadata.PackageNotFoundError:
            continue
    return None


def _git_commit():
    """The commit of the source tree, marked when it has changes; None if there is no git."""
    tree = str(Path(__file__).parent)
    command = ["git", "-C", tree, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
