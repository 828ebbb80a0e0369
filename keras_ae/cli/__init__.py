"""The command line: each file with an ORDER adds verbs. TensorFlow is imported by the verbs that need it."""

from __future__ import annotations

import argparse
import os
import sys
import traceback

from keras_ae.addresses import without_secrets
from keras_ae.cli.messages import in_words_of_the_door, resume_command
from keras_ae.cli.output import redirected
from keras_ae.cli.parser import make_parser
from keras_ae.errors import ExportError, InputError, TrainingInterrupted, WorkerLost
from keras_ae.extras import without_tensorflow

__all__ = ["INTERRUPTED", "main"]

INTERRUPTED = 130
"""The exit status after Ctrl-C."""


def main(arguments: list[str] | None = None) -> int:
    """Runs one verb.

    Args:
        arguments: The words of the command line after the program's name; by default the process's.

    Returns:
        The exit status: 0, 1 after a failure, 2 for unusable input, 130 after an interruption.
    """
    given = sys.argv[1:] if arguments is None else arguments
    options = make_parser().parse_args([*map(without_secrets, given)])  # which nothing prints or saves then
    status = _run(options)
    if options.ends_at_once:  # threads of TensorFlow may wait for a lost worker for ever
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


def _run(options: argparse.Namespace) -> int:
    """Runs the verb of parsed arguments, and prints its error."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    # TensorFlow leaves oneDNN off on some CPUs; convolutional epochs took 1.0 to 1.2 times as long
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    try:
        with redirected(options):
            return options.verb(options)
    except TrainingInterrupted as interruption:
        print(f"\nstopped; {interruption}", file=sys.stderr)
        print(f"resume with: {resume_command(options, interruption.directory)}", file=sys.stderr)
        return INTERRUPTED
    except KeyboardInterrupt:
        print("\nkeras-ae: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the output, such as head, has exited
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # one line for users, the whole traceback with --debug
        error = without_tensorflow(error) or error
        if options.debug:
            traceback.print_exc()
        text = in_words_of_the_door(without_secrets(" ".join(str(error).split()))[:2000])
        expected = isinstance(error, (InputError, ExportError, WorkerLost, OSError))
        print(
            f"keras-ae: {text}"
            if expected
            else f"keras-ae: {type(error).__name__}: {text} (--debug shows where)",
            file=sys.stderr,
        )
        return 2 if isinstance(error, (InputError, OSError)) else 1
