"""What the outputs of each layer of an encoder are worth to classifiers, as a table and a chart."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ae.apps.encoding.layers import LayerFacts, layer_model, layers_of
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.files import replace_text
from keras_ae.heads import Heads, batched
from keras_ae.imaging.grid import save
from keras_ae.metrics.probes import accuracies, linear_probes, nearest_probes
from keras_ae.reports.curves import curves_image
from keras_ae.runs.run import MOST_FITTED, Run
from keras_ae.tasks.features import check_encoder, check_labeled

__all__ = ["INPUTS", "MOST_NUMBERS", "described", "probe_layers", "write_probes"]

MOST_NUMBERS = 1024
"""An output of more numbers, and of several positions, is averaged over them."""

INPUTS = "inputs"
"""The name of the row of the examples themselves."""

Probed = dict[str, Any]
"""A layer with the accuracies of its probes."""


def probe_layers(run: Run, done: Callable[[Probed], None] = lambda row: None) -> list[Probed]:
    """Test accuracies of a linear probe and of nearest neighbors, of the output of each layer of an encoder.

    Args:
        run: A trained run, whose data has classes.
        done: Called with each row.

    Returns:
        A row for the inputs and for each layer: "layer", "kind", "shape", "numbers", "pooled", "probe" and
        "knn".

    Raises:
        InputError: The data has no classes, or the encoder takes them.
    """
    check_labeled(run.data, "a probe reads")
    check_encoder(run.heads)
    rows = []
    data = run.data
    thinned = dataclasses.replace(
        data, train=data.train.thin(MOST_FITTED), validation=data.validation, test=data.test.thin(MOST_FITTED)
    )
    for facts, features in _outputs(run.heads, thinned):
        labels = {name: np.asarray(split.labels) for name, split in thinned.splits.items()}
        flat = {name: part.reshape(len(part), -1) for name, part in features.items()}
        probes = {"probe": linear_probes, "knn": nearest_probes}
        found = {name: accuracies(kind, flat, labels)[0] for name, kind in probes.items()}
        rows.append({**facts, "numbers": flat["test"].shape[1], **found})
        done(rows[-1])
    return rows


def _outputs(heads: Heads, data: Data) -> Iterator[tuple[dict[str, Any], dict[str, np.ndarray]]]:
    """The outputs of each layer for the examples of each split, but for layers that change no numbers."""
    examples = {name: np.asarray(values(split.in_memory().examples)) for name, split in data.splits.items()}
    yield {"layer": INPUTS, "kind": "", "shape": data.train.shape, "pooled": False}, examples
    for layer in layers_of(heads):
        if layer.head != heads.encoder.name or layer.kind in ("Flatten", "Reshape") or None in layer.shape:
            continue
        pooled = len(layer.shape) > 1 and prod(size or 1 for size in layer.shape) > MOST_NUMBERS
        model = layer_model(heads, layer.name, "mean" if pooled else "none")
        facts = {"layer": layer.name, "kind": layer.kind, "shape": layer.shape, "pooled": pooled}
        yield facts, {name: batched(model, {"inputs": part})["code"] for name, part in examples.items()}


def write_probes(directory: Path, rows: list[Probed]) -> tuple[Path, Path]:
    """Writes the accuracies of all layers as a table and a chart, which TensorBoard shows too.

    Args:
        directory: The run's folder.
        rows: As `probe_layers` gives them.

    Returns:
        The files `layers.json` and `layers.png`.
    """
    table, chart = directory / "layers.json", directory / "layers.png"
    replace_text(table, json.dumps(rows, indent=1) + "\n")
    names = {float(at): str(row["layer"]) for at, row in enumerate(rows)}
    lines = {
        title: {float(at): row[name] for at, row in enumerate(rows)}
        for name, title in (("probe", "linear probe"), ("knn", "nearest neighbors"))
    }
    pixels = curves_image("Test accuracy by layer", lines, names)
    save(pixels, chart)
    with tf.summary.create_file_writer(str(directory / "train")).as_default():
        tf.summary.image("curves/Test accuracy by layer", pixels[None], step=0)
    return table, chart


def described(layer: LayerFacts) -> tuple[str, ...]:
    """A layer as cells of a table: part, name, class, shape and number of weights.

    Args:
        layer: The layer.

    Returns:
        The cells.
    """
    shape = "x".join(str(size or "n") for size in layer.shape) or "1"
    return (layer.head, layer.name, layer.kind, shape, f"{layer.parameters:,}")
