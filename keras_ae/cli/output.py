"""What verbs print: results on standard output; progress, and with --json all else, on standard error."""

from __future__ import annotations

import argparse
import io
import json
import logging
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from typing import Any

from keras_ae.cli.imports import without_collection, without_optional
from keras_ae.cli.noise import without_noise

__all__ = ["STANDARD", "load_tensorflow", "redirected", "show"]

STANDARD = "-"
"""What stands for standard input or output in the place of a file."""

PROGRESS = logging.getLogger("keras_ae")
"""The logger of the package: what is being done is logged at level INFO."""


@contextmanager
def redirected(options: argparse.Namespace) -> Iterator[None]:
    """Redirects what a verb prints: its result stays on standard output.

    With --json, or where the output itself goes to standard output, all else that it prints goes to standard
    error; with --quiet, nowhere.

    Args:
        options: The parsed arguments; `results` is added, the stream of the result.

    Yields:
        Once, while the verb runs.
    """
    options.results = sys.stdout
    if isinstance(sys.stdout, io.TextIOWrapper):  # names in other scripts must not end a verb
        sys.stdout.reconfigure(errors="backslashreplace")
    handler, level, propagate = logging.StreamHandler(sys.stderr), PROGRESS.level, PROGRESS.propagate
    with ExitStack() as stack:
        if options.quiet:
            stack.enter_context(redirect_stdout(stack.enter_context(open(os.devnull, "w"))))
        elif options.json or str(options.output) == STANDARD:
            stack.enter_context(redirect_stdout(sys.stderr))
        PROGRESS.addHandler(handler)
        PROGRESS.setLevel(logging.WARNING if options.quiet else logging.INFO)
        PROGRESS.propagate = False  # to a handler of absl's, which TensorFlow installs as it saves models
        try:
            yield
        finally:
            PROGRESS.removeHandler(handler)
            PROGRESS.setLevel(level)
            PROGRESS.propagate = propagate


def show(options: argparse.Namespace, data: Any, lines: Iterable[str]) -> None:
    """Prints the result of a verb, or a part of it.

    Args:
        options: The parsed arguments.
        data: The result, printed as one JSON document with --json: numbers, texts, paths, and lists and
            mappings of them. What is not finite becomes null.
        lines: The result as lines of text, printed otherwise.
    """
    text = json.dumps(_plain(data), indent=1, allow_nan=False) if options.json else "\n".join(lines)
    if text:
        print(text, file=options.results, flush=True)


def _plain(value: Any) -> Any:
    """A value in the types of JSON."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if hasattr(value, "tolist"):  # of NumPy
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def load_tensorflow() -> None:
    """Imports TensorFlow, which takes seconds, and says so."""
    if "tensorflow" not in sys.modules:
        PROGRESS.info("loading TensorFlow")
        with without_noise(), without_optional(), without_collection():
            import keras  # noqa: F401
            import tensorflow
        PROGRESS.info("TensorFlow %s is loaded", tensorflow.__version__)
