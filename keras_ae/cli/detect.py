"""The verb that looks for anomalies in a file of rows: detect."""

from __future__ import annotations

import argparse
import dataclasses
from functools import partial
from pathlib import Path
from typing import Any

from keras_ae.apps.detection.request import DetectionRequest, check_acting, check_category, source_of
from keras_ae.cli.arguments import (
    RECIPE,
    add_name,
    add_option,
    add_recipe,
    add_run,
    names_set,
    split_settings,
)
from keras_ae.cli.checks import check_data, check_file, check_settings
from keras_ae.cli.output import load_tensorflow, show
from keras_ae.cli.requests import check_recipe, finished, request_of_run, with_name
from keras_ae.cli.train import complete_training
from keras_ae.data.sources.local import local_copy, title_of
from keras_ae.errors import InputError
from keras_ae.model_names import default_name
from keras_ae.recipe_files import recipe_stem
from keras_ae.runs.folders import model_name
from keras_ae.runs.request import RunRequest

__all__ = ["ORDER", "add"]

ORDER = 7


def add(verb: Any) -> None:
    """Adds the verbs of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "detect", detect, "learn what is normal in a file or folder, and find what is not", "use",
        'keras-ae detect series_anomaly load.csv --set "data.normal=40%"', result=True,
    )  # fmt: skip
    add_recipe(parser, "--set", text=f"{RECIPE}; with --trained also a model's name")
    parser.add_argument(
        "input", help="a file of rows, a series with a time or a table, or a folder of images"
    )
    add_option(parser, "--data", "here what to learn from in place of INPUT, which is searched alone")
    add_option(
        parser,
        "--output",
        "default: detected/MODEL/INPUT",
        type=Path,
        metavar="FOLDER",
    )
    add_option(parser, "--force", action="store_true")
    add_option(parser, "--trained", action="store_true")
    add_name(parser, "RECIPE-INPUT, with --data RECIPE-DATA")
    add_run(parser, "a new one; with --trained the newest finished one")
    add_option(parser, "--models", type=Path, metavar="FOLDER")


def detect(options: argparse.Namespace) -> int:
    """Writes what was detected, with a report, and prints it last."""
    given, options.input = options.input, local_copy(options.input)
    check_file(source_of(options.input))
    settings = split_settings(options.set)
    if options.trained:
        if options.models is not None:
            raise InputError("with --trained nothing is exported; leave --models out")
        if options.data is not None:
            raise InputError("with --trained nothing is learned from data; leave --data out")
        if options.name is not None:
            raise InputError(
                f"with --trained nothing is trained; leave out --name, and name the model in place of "
                f"{options.recipe!r}"
            )
        check_acting(settings)
        directory = finished(options)
        request = _request(options, model_name(directory, options.runs))
        started = request_of_run(options.recipe, directory, options.set)
        check_settings(started)
        load_tensorflow()
        recipe = started.load()
    else:
        check_data(options.data)
        request = _request(options, options.name)
        # the metrics of the training are no result of this verb, but of train and evaluate
        check_recipe(options.recipe, options.runs)
        for source in (options.input, options.data):
            check_category(options.recipe, Path(local_copy(source or options.input)))
        training = RunRequest(options.recipe, options.data or given, tuple(settings))
        named, check = with_name(training, options.name), partial(_check_input, options)
        run, _ = complete_training(options, named, is_result=False, check=check)
        directory, recipe = run.directory, run.recipe
    from keras_ae.apps.detection.detect import detect

    detection = detect(request, directory, recipe, names_set(settings) if options.trained else ())
    show(options, {"run": directory, **dataclasses.asdict(detection)}, detection.lines)
    return 0


def _request(options, name):
    """The request, with a folder called after the model where none is named."""
    model = name or default_name(recipe_stem(options.recipe), title_of(options.data or options.input))
    return DetectionRequest.of(options.input, model, options.output, options.force)


def _check_input(options, recipe, data):
    """Checks, before anything is trained on other data, that the input can be scored then."""
    from keras_ae.apps.detection.readable import check_readable

    if options.data is not None:
        check_readable(options.input, recipe, data)
