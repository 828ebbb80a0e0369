"""The verb that converts exported heads to other runtimes: convert."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import Any

from keras_ae.cli.arguments import EXPORT, MODELS, add_option, words
from keras_ae.cli.output import load_tensorflow, show
from keras_ae.cli.parser import add_former
from keras_ae.cli.requests import exported_model
from keras_ae.cli.tables import Columns
from keras_ae.errors import InputError

__all__ = ["ORDER", "RUNTIMES", "add"]

ORDER = 9
RUNTIMES = "onnx,litert,litert_int8"
TITLES = ("KiB", "1 row us", "p99 us", "64 rows us", "largest error", "mean error")


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "convert", convert, "convert exported heads to ONNX and LiteRT, check and time them there", "serve",
        "keras-ae convert denoising --head encoder,decoder --to onnx", result=True,
    )  # fmt: skip
    parser.add_argument("recipe", help=EXPORT)
    add_option(
        parser,
        "--head",
        "several are separated by commas (default: encoder)",
        default="encoder",
        metavar="NAME,...",
    )
    add_option(parser, "--to", f"default: {RUNTIMES}", default=RUNTIMES, metavar="NAME,...")
    add_option(parser, "--head-version", "default: the stable one", type=int, metavar="N")
    add_former(parser, "--version", "is now --head-version")
    add_option(parser, "--models", type=Path, default=MODELS, metavar="FOLDER")
    add_option(parser, "--output", "default: MODELS/converted", type=Path, metavar="FOLDER")
    add_option(parser, "--force", action="store_true")


def convert(options: argparse.Namespace) -> int:
    """Converts heads, checks them on their warm-up records, and prints their size, latency and error.

    Continues if a runtime cannot run a head; the status is then 1.
    """
    runtimes, heads = _words(options.to, "runtime"), _words(options.head, "head")
    from keras_ae.apps.serving.request import ConversionRequest

    request = ConversionRequest.of(
        options.models, exported_model(options), heads, runtimes, options.head_version, options.output,
        options.force,
    )  # fmt: skip
    load_tensorflow()
    from keras_ae.serving.runtimes.models import load_source

    sources = [load_source(folder) for folder in request.folders]
    converted = [_convert(options, source, request.runtimes, request.output) for source in sources]
    if options.json:
        show(options, [one for by_runtime in converted for one in by_runtime], ())
    return 1 if any(one["error"] for by_runtime in converted for one in by_runtime) else 0


def _words(text, kind):
    names = words(text)
    if not names:
        raise InputError(
            f"expected a {kind} or several separated by commas, received {text!r}; name one, or leave the "
            "option out"
        )
    return names


def _convert(options, source, runtimes, output):
    """Converts a head to each of the runtimes and shows a table; returns a result for each."""
    from keras_ae.apps.serving import convert as app

    columns = Columns((max(map(len, app.titles(runtimes))), *map(len, TITLES)))
    results = []

    def line(text):
        if not options.json:
            show(options, None, [text])

    line(f"\n{app.describe(source)}")
    line(columns.line(["", *TITLES]))
    for converted in app.convert(source, runtimes, output):
        metrics = converted.metrics
        failed = metrics is None
        if failed:
            line(f"{converted.title:{columns.widths[0]}}  -")
            print(f"keras-ae: {' '.join(converted.note.split())}", file=sys.stderr)
        else:
            line(columns.line([converted.title, *_cells(metrics), converted.note]))
        results.append(
            {"head": source.name, "runtime": converted.title}
            | ({} if failed else dataclasses.asdict(metrics))
            | {"note": converted.note, "error": failed}
        )
    others = app.other_signatures(source)
    if others:
        line(f"left to TF Serving: {', '.join(others)}")
    return results


def _cells(metrics):
    times = (metrics.single_us, metrics.single_p99_us, metrics.batch_us)
    errors = (metrics.max_error, metrics.mean_error)
    return [
        f"{metrics.size_kib:.1f}",
        *(f"{time:.0f}" for time in times),
        *(f"{error:.2g}" for error in errors),
    ]
