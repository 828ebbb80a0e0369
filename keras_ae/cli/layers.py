"""The verbs about the layers of a model: layers lists them, probe reads the labels from their outputs."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from keras_ae.cli.arguments import MODEL, add_recipe, add_run, split_settings
from keras_ae.cli.checks import check_data, check_settings
from keras_ae.cli.messages import report
from keras_ae.cli.output import load_tensorflow, show
from keras_ae.cli.requests import define_layers, finished, run_request
from keras_ae.cli.tables import table
from keras_ae.errors import InputError
from keras_ae.recipe_files import recipe_file
from keras_ae.runs.folders import finished_run
from keras_ae.runs.request import RunRequest

__all__ = ["ORDER", "add"]

ORDER = 22


def add(verb: Any) -> None:
    """Adds the verbs of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "layers", list_layers, "list the layers of a recipe's or a run's encoder and decoder, with shapes",
        example="keras-ae layers denoising", result=True,
    )  # fmt: skip
    add_recipe(parser, "--data", "--set", text=MODEL)
    add_run(parser, "the newest finished one, or else the recipe's network, untrained")
    parser = verb(
        "probe", probe, "measure what the output of each layer of an encoder is worth to classifiers",
        "use", "keras-ae probe digits", result=True,
    )  # fmt: skip
    add_recipe(parser, "--data", "--set", text=MODEL)
    add_run(parser)


def list_layers(options: argparse.Namespace) -> int:
    """Shows a line for each layer of a finished run, or of a recipe that has none."""
    directory = _newest(options)
    if directory is None:
        request = run_request(options)
        check_data(options.data)
        check_settings(request)
    load_tensorflow()
    from keras_ae.apps.encoding.layers import layers_of
    from keras_ae.apps.encoding.probing import described
    from keras_ae.runs.artifacts import load_artifacts

    if directory is None:
        from keras_ae.training.train import build

        recipe = request.load()
        heads = build(recipe, recipe.task.prepare(recipe.data.sample()))[1]
    else:
        define_layers(options, directory)
        heads = load_artifacts(directory).heads
    found = layers_of(heads)
    rows = [("part", "layer", "kind", "shape", "weights"), *map(described, found)]
    result = {
        "run": None if directory is None else str(directory),
        "layers": [dataclasses.asdict(one) for one in found],
    }
    where = "the recipe's network, untrained" if directory is None else str(directory)
    show(options, result, [where, *table(rows, left=4)])
    return 0


def _newest(options: argparse.Namespace) -> Path | None:
    """The run that the arguments name; None for a recipe that is to be changed, or has none."""
    if options.data or options.set:
        if options.run_dir:
            raise InputError("a run has its data and settings; leave out --data and --set, or --run-dir")
        return None
    try:
        return finished_run(options.runs, options.recipe, options.run_dir)
    except InputError:
        if options.run_dir:
            raise
        recipe_file(options.recipe)
        return None


def probe(options: argparse.Namespace) -> int:
    """Prints the accuracies of a linear probe and of nearest neighbors on the output of each layer."""
    check_data(options.data)
    settings = split_settings(options.set)
    directory = finished(options)
    request = RunRequest.of_run(directory, options.recipe).changed(options.data, settings)
    check_settings(request)
    load_tensorflow()
    from keras_ae.apps.encoding.probing import probe_layers, write_probes
    from keras_ae.runs.load import load_run

    run = load_run(request.load(), directory, report)
    rows = probe_layers(run, lambda row: report(f"{row['layer']}: {row['probe']:.4f}, {row['knn']:.4f}"))
    files = write_probes(directory, rows)
    lines = [("layer", "kind", "shape", "numbers", "linear probe", "nearest neighbors")]
    for row in rows:
        numbers = f"{row['numbers']:,}{' (mean over positions)' if row['pooled'] else ''}"
        shape = "x".join(map(str, row["shape"]))
        lines.append((row["layer"], row["kind"], shape, numbers, f"{row['probe']:.4f}", f"{row['knn']:.4f}"))
    written = ", ".join(map(str, files))
    result = {"run": str(directory), "layers": json.loads(json.dumps(rows))}
    show(options, result, [*table(lines, left=3), f"test accuracies; written: {written}"])
    return 0
