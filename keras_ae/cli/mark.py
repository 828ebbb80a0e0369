"""The verb that takes marked false alarms for normal: mark."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from keras_ae.cli.arguments import MODEL, add_option, add_recipe, add_run
from keras_ae.cli.checks import check_file
from keras_ae.cli.output import load_tensorflow, show
from keras_ae.cli.requests import finished, request_of_run
from keras_ae.errors import InputError
from keras_ae.runs.folders import model_name

__all__ = ["ORDER", "add"]

ORDER = 9

NONE = "nothing was marked, so nothing is forgotten"


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "mark", mark, "take marked false alarms, and what is like them, for normal from now on", "use",
        "keras-ae mark series_anomaly detected/series_anomaly-load/load/spans.csv", result=True,
    )  # fmt: skip
    add_recipe(parser, text=MODEL)
    parser.add_argument(
        "marks", nargs="?", help="spans.csv or top.csv of detect, with x in false_alarm beside false alarms"
    )
    add_option(parser, "--input", "default: scored.csv beside the marks", type=Path, metavar="FILE")
    add_option(parser, "--forget", action="store_true")
    add_run(parser)


def mark(options: argparse.Namespace) -> int:
    """Changes the detector of a finished run, and prints how many alarms that takes away."""
    if options.forget == (options.marks is not None):
        raise InputError("expected a file with marks, or --forget; give one of them")
    for path in (options.marks, options.input):
        if path is not None and not Path(path).is_file():
            raise InputError(f"expected a file, {path} is none; check the path")
        if path is not None:
            check_file(Path(path))
    directory = finished(options)
    served = f"serve it: keras-ae export {model_name(directory, options.runs)}"
    if options.forget:
        load_tensorflow()
        from keras_ae.apps.detection.mark import forget
        from keras_ae.counts import counted

        count, kind = forget(directory)
        forgotten = f"forgotten: {counted(count, kind)}, whose alarms are told again" if count else NONE
        show(options, {"run": directory, "forgotten": count}, [forgotten, served])
        return 0
    started = request_of_run(options.recipe, directory, [])
    load_tensorflow()
    from keras_ae.apps.detection.mark import mark

    marking = mark(Path(options.marks), options.input, directory, started.load())
    show(options, {"run": directory, **dataclasses.asdict(marking)}, [*marking.lines, served])
    return 0
