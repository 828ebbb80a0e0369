"""The verb that trains a recipe with each of several values of a field: sweep."""

from __future__ import annotations

import argparse
import signal
from itertools import accumulate
from typing import Any

from keras_ae.cli.arguments import add_name, add_option, add_recipe, add_run
from keras_ae.cli.checks import check_data, check_settings
from keras_ae.cli.messages import report
from keras_ae.cli.output import load_tensorflow, show
from keras_ae.cli.requests import check_recipe, run_request, with_name
from keras_ae.cli.tables import table
from keras_ae.errors import InputError
from keras_ae.files import check_folder

__all__ = ["ORDER", "add"]

ORDER = 2


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "sweep", sweep, "train a recipe once per value of a field, and print one table", "train and evaluate",
        "keras-ae sweep image_anomaly data.normal 0..9", result=True,
    )  # fmt: skip
    add_recipe(parser, "--data", "--set")
    parser.add_argument("field", help="a field of the recipe, such as data.normal")
    parser.add_argument("values", help="its values, separated by commas, such as 0,1,2; or 0..9")
    add_option(parser, "--metric", "default: the first that all rows have", default="", metavar="NAME")
    add_name(parser)
    add_run(parser, "RUNS/NAME")


def sweep(options: argparse.Namespace) -> int:
    """Prints a line per value and one for their mean; values that were trained before are not retrained."""
    values = _values(options.values)
    check_recipe(options.recipe, options.runs)
    request = with_name(run_request(options), options.name)
    check_data(options.data)
    check_settings(request, options.field)
    check_folder(options.run_dir or options.runs, "--run-dir" if options.run_dir else "--runs")
    load_tensorflow()
    request = request.with_default_name()
    recipe = request.load()
    from keras_ae.experiments.sweep import shared_metrics, summary, sweep

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    root = (options.run_dir or options.runs / str(request.name)) / f"sweep-{options.field}"
    tables = sweep(recipe, options.field, values, root, report, options.metric, request)
    metric = options.metric or shared_metrics(tables, recipe.name)[0]
    lines = summary(tables, metric, options.field)
    titles = list(lines["mean"])
    rows = [[options.field, *titles]]
    rows += [[value, *(f"{line[title]:.4f}" for title in titles)] for value, line in lines.items()]
    result = {"field": options.field, "metric": metric, "rows": lines}
    show(options, result, [metric, *table(rows)])
    return 0


def _values(text):
    """The values between commas, but for those within brackets, or whole numbers from one to another."""
    first, dots, last = text.partition("..")
    if dots:
        try:
            values = [str(value) for value in range(int(first), int(last) + 1)]
        except ValueError:
            values = []
    else:
        depths = accumulate((letter in "([") - (letter in ")]") for letter in text)
        letters = ("\n" if pair == (",", 0) else pair[0] for pair in zip(text, depths, strict=True))
        values = [value.strip() for value in "".join(letters).split("\n") if value.strip()]
    if not values:
        raise InputError(f"expected values such as 0,1,2 or 0..9, received {text!r}")
    return values
