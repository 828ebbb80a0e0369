"""The verb that converts exported heads to other runtimes: convert."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from keras_ae.cli.arguments import add_models, words
from keras_ae.cli.tables import Columns
from keras_ae.errors import InputError

__all__ = ["ORDER", "RUNTIMES", "add"]

ORDER = 9
RUNTIMES = "onnx,litert,litert_int8"
TITLES = ("KiB", "1 row us", "p99 us", "64 rows us", "largest error", "mean error")


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help) -> the parser of a new verb.
    """
    parser = verb("convert", convert, "convert exported heads to ONNX and LiteRT, check and time them there")
    parser.add_argument("recipe", help="name of an exported recipe")
    parser.add_argument("--head", default="encoder", help="heads, separated by commas (default: %(default)s)")
    parser.add_argument("--to", default=RUNTIMES, help="runtimes, separated by commas (default: %(default)s)")
    parser.add_argument("--version", type=int, metavar="N", help="version (default: the stable one)")
    add_models(parser)
    parser.add_argument("--output", type=Path, help="folder to write to (default: MODELS/converted)")
    parser.add_argument("--force", action="store_true", help="replace earlier conversions")


def convert(options: argparse.Namespace) -> int:
    """Converts heads, checks them on their warm-up records, and prints their size, latency and error.

    Continues if a runtime cannot run a head; the status is then 1.
    """
    runtimes, heads = _words(options.to, "runtime"), _words(options.head, "head")
    from keras_ae.apps.serving.convert import open_sources

    recipe = Path(options.recipe).stem if options.recipe.endswith(".py") else options.recipe
    sources, output = open_sources(
        options.models, recipe, heads, runtimes, options.version, options.output, options.force
    )
    return max([_convert(source, runtimes, output) for source in sources])


def _words(text, kind):
    names = words(text)
    if not names:
        raise InputError(f"expected a {kind} or several separated by commas, received {text!r}")
    return names


def _convert(source, runtimes, output):
    """Converts a head to each of the runtimes and prints a table; returns the status."""
    from keras_ae.apps.serving import convert as app

    columns = Columns((max(map(len, app.titles(runtimes))), *map(len, TITLES)))
    print(f"\n{app.describe(source)}")
    print(columns.line(["", *TITLES]))
    status = 0
    for converted in app.convert(source, runtimes, output):
        if converted.metrics is None:
            print(f"{converted.title:{columns.widths[0]}}  -", flush=True)
            print(f"keras-ae: {' '.join(converted.note.split())}", file=sys.stderr)
            status = 1
        else:
            print(columns.line([converted.title, *_cells(converted.metrics), converted.note]), flush=True)
    others = app.other_signatures(source)
    if others:
        print(f"left to TF Serving: {', '.join(others)}")
    return status


def _cells(metrics):
    times = (metrics.single_us, metrics.single_p99_us, metrics.batch_us)
    errors = (metrics.max_error, metrics.mean_error)
    return [
        f"{metrics.size_kib:.1f}",
        *(f"{time:.0f}" for time in times),
        *(f"{error:.2g}" for error in errors),
    ]
