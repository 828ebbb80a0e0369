"""The verbs that look for anomalies in a file of rows: detect, monitor."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from keras_ae.apps.detection.request import DetectionRequest
from keras_ae.cli.arguments import add_recipe, finished, recipe_of_run, run_request
from keras_ae.cli.train import complete_training
from keras_ae.errors import InputError

__all__ = ["ORDER", "add"]

ORDER = 7


def add(verb: Any) -> None:
    """Adds the verbs of this file.

    Args:
        verb: (name, function, help) -> the parser of a new verb.
    """
    parser = add_recipe(
        verb("detect", detect, "learn what is normal in a file, and find the rows that are not")
    )
    parser.add_argument("input", help="a file of rows: a series with a time, or a table")
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="folder for the results (default: detected/NAME)"
    )
    parser.add_argument("--force", action="store_true", help="replace existing results")
    parser.add_argument(
        "--trained", action="store_true",
        help="score with the newest run of the recipe, or with --run-dir, instead of training on the file",
    )  # fmt: skip
    parser = add_recipe(
        verb("monitor", monitor, "measure how far the scores of new rows have drifted from a run's")
    )
    parser.add_argument("input", help="a file of rows like the run's training data")


def detect(options: argparse.Namespace) -> int:
    """Writes scored.csv, for a series spans.csv, and plot.png, and prints what was detected."""
    request = DetectionRequest.of(options.input, options.output, options.force)
    _check_no_data(options)
    if options.trained:
        directory = finished(options)
        recipe = recipe_of_run(options, directory)
    else:
        run = complete_training(options, run_request(options).changed(options.input))
        directory, recipe = run.directory, run.recipe
    from keras_ae.apps.detection.detect import detect

    for line in detect(request, directory, recipe):
        print(line)
    return 0


def monitor(options: argparse.Namespace) -> int:
    """Prints how far a file's scores are from those of the normal examples that calibrated the detector."""
    _check_no_data(options)
    directory = finished(options)
    recipe = recipe_of_run(options, directory)
    from keras_ae.apps.detection.detect import monitor

    for line in monitor(options.input, directory, recipe):
        print(line)
    return 0


def _check_no_data(options):
    if options.data:
        raise InputError("the file is given as INPUT; leave DATA= out")
