"""The verb that measures drift: monitor."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from keras_ae.apps.detection.request import check_acting, source_of
from keras_ae.cli.arguments import MODEL, add_option, add_recipe, add_run, names_set, split_settings
from keras_ae.cli.checks import check_file, check_settings
from keras_ae.cli.output import load_tensorflow, show
from keras_ae.cli.parser import add_former
from keras_ae.cli.requests import finished, request_of_run
from keras_ae.data.sources.local import local_copy

__all__ = ["ORDER", "add"]

ORDER = 7

FAILING = {"some": 1, "much": 2}
"""Levels that the verb may end with status 3 for."""


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "monitor", monitor, "measure how far new rows have drifted from those of a run", "use",
        "keras-ae monitor series_anomaly today.csv --fail-on much", result=True,
    )  # fmt: skip
    add_recipe(parser, "--set", text=MODEL)
    parser.add_argument("input", help="a file of rows, or a folder of images, like the run's training data")
    add_option(parser, "--fail-on", choices=FAILING, metavar="LEVEL")
    add_former(parser, "--data", "is no option here: the rows to measure are those of INPUT")
    add_former(parser, "--models", "is no option here: nothing is exported")
    add_run(parser)


def monitor(options: argparse.Namespace) -> int:
    """Prints how far a file's rows and their scores are from the normal ones that a run learned from."""
    settings = split_settings(options.set)
    check_acting(settings, advice="")
    options.input = local_copy(options.input)
    check_file(source_of(options.input))
    directory = finished(options)
    started = request_of_run(options.recipe, directory, options.set)
    check_settings(started)
    load_tensorflow()
    from keras_ae.apps.detection.monitor import monitor

    monitoring = monitor(options.input, directory, started.load(), names_set(settings))
    show(options, {"run": directory, **dataclasses.asdict(monitoring)}, monitoring.lines)
    return 3 if options.fail_on and monitoring.level >= FAILING[options.fail_on] else 0
