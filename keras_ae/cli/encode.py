"""The verb that encodes data with an exported head: encode."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from keras_ae.apps.encoding.request import EncodingRequest
from keras_ae.cli.arguments import add_models, words

__all__ = ["ORDER", "add", "encode"]

ORDER = 8


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help) -> the parser of a new verb.
    """
    parser = verb("encode", encode, "turn a data set, a folder of images or an array into codes")
    parser.add_argument("recipe", help="the name of an exported recipe")
    parser.add_argument("input", help="a data set's name, a folder of images, an .npy or .npz file")
    parser.add_argument("--outputs", default="", metavar="NAME,...", help="what to write (default: code)")
    parser.add_argument("--head", default="encoder", help="the head (default: %(default)s)")
    parser.add_argument(
        "--version", type=int, metavar="N", help="version of the head (default: the stable one)"
    )
    parser.add_argument(
        "--split", choices=("train", "validation", "test"), help="split of a named data set (default: all)"
    )
    parser.add_argument("--key", help="name of the array in an .npz, as data.key in training")
    parser.add_argument("--batch", type=int, metavar="N", help="examples at a time (default: by their size)")
    parser.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help="*.npy, *.parquet or *.tfrecord"
    )
    parser.add_argument("--force", action="store_true", help="replace the output where it already exists")
    add_models(parser)


def encode(options: argparse.Namespace) -> int:
    """Writes the codes of every example, in the input's order, and prints how many and how fast.

    Args:
        options: The parsed arguments.

    Returns:
        The exit status.
    """
    from keras_ae.apps.encoding.encode import encode, summary

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    request = EncodingRequest(
        options.recipe,
        options.input,
        options.models,
        tuple(words(options.outputs)),
        options.head,
        options.version,
        options.split,
        options.key,
    )
    head, stream = request.open()
    encoded = encode(head, stream, options.output, options.batch, options.force, _bar(stream.count))
    print("\n".join(summary(encoded, head, stream, options.output)))
    return 0


def _bar(count):
    """A progress bar on standard error where that is a terminal; called with the number of examples done."""
    if not sys.stderr.isatty():
        return lambda done: None
    import keras

    with redirect_stdout(sys.stderr):  # Keras checks and uses standard output for the bar
        bar = keras.utils.Progbar(count, unit_name="example", stateful_metrics=["a second"])
    started = time.perf_counter()

    def show(done):
        with redirect_stdout(sys.stderr):
            bar.update(done, values=[("a second", done / max(time.perf_counter() - started, 1e-9))])

    return show
