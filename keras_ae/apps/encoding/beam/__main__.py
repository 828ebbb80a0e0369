"""`python -m keras_ae.apps.encoding.beam`: encodes in shards; see the package."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from keras_ae.addresses import without_secrets
from keras_ae.apps.encoding.request import EncodingRequest
from keras_ae.errors import InputError
from keras_ae.extras import install_command

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Encodes in shards.

    Args:
        arguments: The words of the command line after the program's name; by default the process's.

    Returns:
        The exit status: 0, 1 after a failure, 2 for unusable input, 130 after an interruption.
    """
    parser = argparse.ArgumentParser(
        prog="python -m keras_ae.apps.encoding.beam",
        description="Encode in shards, by Apache Beam; flags that are not listed are Beam's own.",
        allow_abbrev=False,
    )
    parser.add_argument("recipe", help="the name of an exported model, or of its recipe")
    parser.add_argument("input", help="a data set's name, a folder of images, an .npy or .npz file")
    parser.add_argument("--outputs", default="", metavar="NAME,...", help="what to write (default: code)")
    parser.add_argument("--head", default="encoder", help="the head (default: %(default)s)")
    parser.add_argument(
        "--head-version", type=int, metavar="N", help="version of the head (default: the stable one)"
    )
    parser.add_argument(
        "--split", choices=("train", "validation", "test"), help="split of a named data set (default: all)"
    )
    parser.add_argument("--key", help="name of the array in an .npz, as data.key in training")
    parser.add_argument("--batch", type=int, metavar="N", help="examples at a time (default: by their size)")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder of the shards")
    parser.add_argument("--shards", type=int, required=True, metavar="N", help="how many")
    parser.add_argument("--format", choices=("npy", "parquet"), default="npy", help="(default: %(default)s)")
    parser.add_argument("--join", type=Path, metavar="FILE", help="then write all .npy shards to one file")
    parser.add_argument("--force", action="store_true", help="replace that file where it already exists")
    parser.add_argument(
        "--models", type=Path, default=Path("saved_models"), help="exported models (default: %(default)s)"
    )
    options, flags = parser.parse_known_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # as `keras-ae encode` does: the same codes
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _run(options, flags)
        return 0
    except KeyboardInterrupt:
        print("\nkeras_ae.apps.encoding.beam: interrupted; run the same command to resume", file=sys.stderr)
        return 130
    except (InputError, OSError) as error:
        print(
            f"keras_ae.apps.encoding.beam: {without_secrets(' '.join(str(error).split()))}", file=sys.stderr
        )
        return 2
    except Exception as error:  # Beam has logged the whole of it
        text = str(error).strip() or type(error).__name__
        print(f"keras_ae.apps.encoding.beam: {without_secrets(text.splitlines()[-1])}", file=sys.stderr)
        return 1


def _run(options, flags):
    try:
        from keras_ae.apps.encoding.beam.pipeline import encode_shards, options_of
    except ImportError as error:
        raise InputError(f"encoding in shards needs Apache Beam: {install_command('beam')}") from error
    from keras_ae.apps.encoding.beam.shards import Job, join, join_paths
    from keras_ae.apps.encoding.writers import RowColumns
    from keras_ae.data.images.listing import fault_note
    from keras_ae.serving.versions import find_exported

    beam_options = options_of(flags)
    request = EncodingRequest(
        find_exported(options.models, options.recipe),
        options.input,
        options.models,
        tuple(options.outputs.replace(",", " ").split()),
        options.head,
        options.head_version,
        options.split,
        options.key,
    )
    head, stream = request.open()
    head.check(stream)
    if not 1 <= options.shards <= stream.count:
        raise InputError(
            f"expected 1 to {stream.count} shards, as there are examples; received {options.shards}"
        )
    if options.format == "npy" and len(head.outputs) > 1:
        raise InputError(
            f"an .npy holds one output, received --outputs {options.outputs}; use --format parquet"
        )
    job = Job(
        head, options.input, options.split, options.key, stream.count,
        RowColumns(stream.has_names, stream.labeled), options.output, options.shards, f".{options.format}",
        head.batch(options.batch),
    )  # fmt: skip
    if options.join:
        join_paths(job, options.join, options.force)
    started = time.perf_counter()
    written, failures = encode_shards(job, stream, beam_options)
    seconds = time.perf_counter() - started
    print(
        f"{job.folder}: {written} of {job.shards} shards written in {seconds:.1f} s, "
        f"{job.count:,} examples in all"
    )
    if failures:
        print(fault_note(failures, job.count))
    if options.join:
        print(f"{options.join}: {join(job, options.join, options.force):,} rows")


if __name__ == "__main__":
    sys.exit(main())
