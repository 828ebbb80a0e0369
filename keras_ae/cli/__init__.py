"""The command line: each file adds verbs of one kind. TensorFlow is imported by the verbs that need it."""

from __future__ import annotations

import argparse
import os
import sys
import traceback

from keras_ae import __version__
from keras_ae.cli import convert, detect, encode, generate, predict, restore, serve, sweep, train
from keras_ae.cli.paths import INTERRUPTED
from keras_ae.errors import ExportError, InputError


def main(arguments: list[str] | None = None) -> int:
    """Runs one verb and returns its status: 0, 1 failure, 2 unusable input, 130 interrupted."""
    options = _parser().parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    # TensorFlow leaves oneDNN off on some CPUs; convolutional epochs took 1.0 to 1.2 times as long
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    try:
        return options.verb(options)
    except KeyboardInterrupt:
        print("\nkeras-ae: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output, such as head, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # the last to see it: one line for a user, the whole for --debug
        if options.debug:
            traceback.print_exc()
        text = " ".join(str(error).split())[:2000]
        expected = isinstance(error, (InputError, ExportError, OSError))
        print(
            f"keras-ae: {text}"
            if expected
            else f"keras-ae: {type(error).__name__}: {text} (--debug shows where)",
            file=sys.stderr,
        )
        return 2 if isinstance(error, (InputError, OSError)) else 1


class _OneLineParser(argparse.ArgumentParser):
    """A parser that tells a mistake in one line, where argparse puts the usage before it."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message}; for what it takes: {self.prog} --help\n")


def _parser():
    parser = _OneLineParser(
        prog="keras-ae",
        description=(
            "Train autoencoders from recipes, look at them in TensorBoard, and export heads for TF Serving."
        ),
    )
    parser.add_argument("--version", action="version", version=f"keras-ae {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(name, function, text):
        added = verbs.add_parser(name, help=text, description=text)
        added.set_defaults(verb=function)
        added.add_argument("--debug", action="store_true", help="show the traceback of an error")
        return added

    kinds = (train, sweep, serve, predict, generate, restore, detect, encode)
    for module in (*kinds, convert):
        module.add(verb)
    return parser
