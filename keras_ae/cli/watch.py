"""The verb that follows a growing file: watch."""

from __future__ import annotations

import argparse
import json
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from keras_ae.apps.detection.request import check_acting, source_file
from keras_ae.cli.arguments import MODEL, add_option, add_recipe, add_run, names_set, split_settings
from keras_ae.cli.checks import check_file, check_settings
from keras_ae.cli.output import STANDARD, load_tensorflow
from keras_ae.cli.requests import finished, request_of_run
from keras_ae.data.sources.local import is_source
from keras_ae.errors import InputError

__all__ = ["ORDER", "add"]

ORDER = 8

LONGEST = 1_000_000
"""Seconds between two looks at the file, at most."""


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "watch", watch, "follow a growing file of a series, and tell as anomalies begin and end", "use",
        "keras-ae watch series_anomaly load.csv --every 60",
    )  # fmt: skip
    add_recipe(parser, "--set", text=MODEL)
    parser.add_argument("input", help="a file of rows like the run's training data, which grows")
    add_run(parser)
    add_option(parser, "--every", "default: 10", type=float, default=10.0, metavar="SECONDS")
    add_option(parser, "--once", action="store_true")
    add_option(parser, "--new", action="store_true")
    add_option(parser, "--output", "default: -", default=STANDARD, metavar="FILE")


def watch(options: argparse.Namespace) -> int:
    """Writes a line of JSON for each alert."""
    settings = split_settings(options.set)
    check_acting(settings, advice="")
    if is_source(options.input):
        raise InputError(f"expected a file here, which grows, received {options.input}; copy it to one")
    source = source_file(options.input)
    check_file(source)
    if not 0 < options.every <= LONGEST:
        raise InputError(
            f"expected --every above 0 and up to {LONGEST:,} seconds, received {options.every:g}; give such"
        )
    directory = finished(options)
    started = request_of_run(options.recipe, directory, options.set)
    check_settings(started)
    load_tensorflow()
    from keras_ae.apps.detection.detector import Detector
    from keras_ae.apps.detection.watch import Watching
    from keras_ae.apps.detection.watch import watch as follow

    detector = Detector.of(directory, started.load(), names_set(settings))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    alerts = follow(Watching(source, options.every, options.once, options.new), detector)
    if options.output == STANDARD:
        return _print_alerts(alerts, options.results)
    try:
        with open(Path(options.output), "a", encoding="utf-8") as out:
            return _print_alerts(alerts, out)
    except OSError as error:
        if error.filename not in (None, options.output):  # a file of its own
            raise
        raise InputError(
            f"--output {options.output} cannot be written: {error.strerror}; name another file"
        ) from error


def _print_alerts(alerts, out):
    """Writes alerts until there are no more, or a signal ends it; the exit status."""
    with suppress(KeyboardInterrupt):
        for alert in alerts:
            print(json.dumps(alert, ensure_ascii=False), file=out, flush=True)
    return 0
