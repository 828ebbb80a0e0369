"""Model card: where a trained model came from and what it reached, ready for JSON."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

import tensorflow as tf

from keras_ae.data.types import Data
from keras_ae.formats import to_json
from keras_ae.heads import Heads
from keras_ae.recipe import Recipe, flat

PACKAGES = ("keras_ae", "tensorflow", "keras", "numpy")

Table = dict[str, dict[str, float]]
"""Scores by row (the baselines', the model's last) and measure."""


def model_card(
    recipe: Recipe,
    data: Data,
    heads: Heads,
    history: list[dict[str, float]],
    table: Table,
    stages: dict[str, list[dict[str, float]]] | None = None,
    restoration: dict[str, int] | None = None,
    detection: dict[str, object] | None = None,
    kinds: Table | None = None,
) -> dict:
    """Recipe, data with its hash, versions, commit, size, training and scores.

    history: the logs of each epoch, with its seconds. table: the last row is the model's own.
    stages: the histories of what was trained before the whole, by name.
    restoration: what is to be known of the restorer to restore in tiles. detection: of the detector.
    kinds: test figures by kind of what was found. What numbers of classes stand for, such as the tiles of
    levels, is told by the data's format.
    """
    *baselines, model = table
    told = {"restorer": restoration, "detector": detection, "kinds": kinds}
    return {head: facts for head, facts in told.items() if facts} | {
        "recipe": {
            name: value if isinstance(value, (int, float)) else str(value)
            for name, value in flat(recipe).items()
        },
        "data": {
            "name": data.name,
            "sha256": data.sha256,
            "domain": data.domain,
            "shape": list(data.train.shape),
            "classes": data.classes,
            "label_names": list(data.label_names),
            "examples": {name: len(split) for name, split in data.splits.items()},
            **({} if data.format is None else {"format": json.loads(to_json(data.format))}),
        },
        "seed": recipe.seed,
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES},
        "git_commit": _git_commit(),
        "parameters": heads.end_to_end.count_params(),
        "latent_dim": heads.latent_dim,
        "epochs": len(history),
        "kept": recipe.checkpoint,
        "best_epoch": 1 + min(range(len(history)), key=lambda index: history[index]["val_loss"]),
        "seconds": _seconds(history),
        "stages": {
            name: {"epochs": len(part), "seconds": _seconds(part)} for name, part in (stages or {}).items()
        },
        "machine": {
            "architecture": platform.machine(),
            "processors": len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count(),
            "gpus": len(tf.config.list_physical_devices("GPU")),
        },
        "metrics": table[model],
        "baselines": {name: table[name] for name in baselines},
    }


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
    """The commit of the source tree, marked when it has changes; None where there is no git."""
    tree = str(Path(__file__).parent)
    command = ["git", "-C", tree, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
