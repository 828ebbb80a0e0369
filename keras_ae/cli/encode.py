"""The verb that encodes data by an exported head: encode."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path

from keras_ae.apps.encoding.request import add_arguments, opened
from keras_ae.cli.arguments import add_models

ORDER = 8


def add(verb) -> None:
    """Adds the verb of this file."""
    parser = verb("encode", encode, "turn a data set, a folder of images or an array into codes")
    add_arguments(parser)
    parser.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help="*.npy, *.parquet or *.tfrecord"
    )
    parser.add_argument("--force", action="store_true", help="replace the output where it is there already")
    add_models(parser)


def encode(options) -> int:
    """Writes the codes of every example, in the input's order, and tells how many and how fast."""
    from keras_ae.apps.encoding.encode import encode, summary

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    head, stream = opened(options)
    done = encode(head, stream, options.output, options.batch, options.force, _bar(stream.count))
    print("\n".join(summary(done, head, stream, options.output)))
    return 0


def _bar(count):
    """A progress bar on standard error where that is a terminal; called with the number of examples done."""
    if not sys.stderr.isatty():
        return lambda done: None
    import keras

    with redirect_stdout(sys.stderr):  # where Keras looks whether it may draw, and draws
        bar = keras.utils.Progbar(count, unit_name="example", stateful_metrics=["a second"])
    started = time.perf_counter()

    def show(done):
        with redirect_stdout(sys.stderr):
            bar.update(done, values=[("a second", done / max(time.perf_counter() - started, 1e-9))])

    return show
