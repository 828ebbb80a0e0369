"""The verb that encodes data with an exported head: encode."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, redirect_stdout
from pathlib import Path
from typing import Any

from keras_ae.apps.encoding.request import EncodingRequest, check_bits, check_output
from keras_ae.cli.arguments import EXPORT, MODELS, RUNS, add_option, add_run, words
from keras_ae.cli.checks import check_data, check_package
from keras_ae.cli.output import STANDARD, load_tensorflow, show
from keras_ae.cli.parser import add_former
from keras_ae.cli.requests import define_layers, exported_model
from keras_ae.cli.standard import input_file, output_file, sent_output
from keras_ae.data.tables.suffixes import holds_rows
from keras_ae.errors import InputError
from keras_ae.files import check_new
from keras_ae.runs.folders import finished_run

__all__ = ["ORDER", "add", "encode", "encoding_bar"]

ORDER = 8

POOLS = ("none", "mean", "max")
"""As `layer_model` of apps/encoding/layers.py has them."""


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "encode", encode, "turn a data set, images, an array or a table's rows into codes", "use",
        "keras-ae encode denoising photos/ --output codes.npy", result=True,
    )  # fmt: skip
    parser.add_argument("recipe", help=EXPORT)
    parser.add_argument(
        "input",
        help="a data set's name, an image or a folder of them, an .npy or .npz file, rows (.csv, .xlsx, "
        ".parquet, ...), or - for standard input",
    )
    add_option(parser, "--outputs", "default: code", default="", metavar="NAME,...")
    add_option(parser, "--bits", "the output is then an .npz", type=int, metavar="N")
    add_option(parser, "--head", "default: encoder", default="encoder", metavar="NAME")
    add_option(parser, "--layer", metavar="NAME")
    add_option(
        parser, "--pool", "with --layer; none strings their numbers together (default: none)", choices=POOLS
    )
    add_option(parser, "--head-version", "default: the stable one", type=int, metavar="N")
    add_former(parser, "--version", "is now --head-version")
    add_option(parser, "--split", "default: all", choices=("train", "validation", "test"))
    add_option(parser, "--key", metavar="NAME")
    add_option(parser, "--batch", "default: by their size", type=int, metavar="N")
    add_option(
        parser, "--output",
        "*.npy, *.csv, *.parquet or *.tfrecord, or *.npz with --bits; or - for standard output, as rows of a "
        ".csv for a table's rows, else as an .npy", required=True, metavar="FILE",
    )  # fmt: skip
    add_option(parser, "--force", action="store_true")
    add_option(parser, "--models", type=Path, default=MODELS, metavar="FOLDER")
    add_run(parser, "the newest finished one; with --layer")


def encode(options: argparse.Namespace) -> int:
    """Writes the codes of every example, in the input's order, and prints how many and how fast.

    Args:
        options: The parsed arguments.

    Returns:
        The exit status.
    """
    with ExitStack() as stack:
        stack.enter_context(sent_output(options))
        source = str(stack.enter_context(input_file(options.input)))
        name, suffix = _check(options, source)
        output = Path(stack.enter_context(output_file(options.output, suffix, options.results)) or "")
        load_tensorflow()
        from keras_ae.apps.encoding.encode import encode, summary
        from keras_ae.apps.encoding.quantize import encode_quantized

        signal.signal(signal.SIGTERM, signal.default_int_handler)
        outputs = tuple(words(options.outputs))
        request = EncodingRequest(
            name, source, options.models, outputs, options.head, options.head_version,
            options.split, options.key,
        )  # fmt: skip
        if options.layer is None:
            head, stream = request.open()
        else:
            from keras_ae.apps.encoding.layers import layer_head

            define_layers(options, Path(name))
            head = layer_head(Path(name), options.layer, options.pool or POOLS[0])
            stream = head.open_stream(source, options.split, options.key)
        bar = encoding_bar(options, stream.count)
        if options.bits is not None:
            encoded, lines = encode_quantized(head, stream, output, options.bits, options.batch, bar)
        else:
            encoded = encode(head, stream, output, options.batch, options.force, bar)
            target = Path("standard output") if options.output == STANDARD else output
            lines = summary(encoded, head, stream, target)
    if encoded.remark:
        print(f"keras-ae: {encoded.remark}", file=sys.stderr)
    if options.output == STANDARD:
        print(*lines, sep="\n")
    else:
        lines = [line.replace(str(output), options.output) for line in lines]
        shapes = {name: [encoded.count, *shape] for name, (shape, _) in head.outputs.items()}
        result = {"output": options.output, "outputs": shapes, "left_out": encoded.failures}
        result["remark"] = encoded.remark
        show(options, result | {"seconds": encoded.seconds}, lines)
    return 0


def _check(options, source):
    """Checks what needs no TensorFlow.

    Returns the model, or with --layer the run's folder, and the suffix of what goes to standard output.
    """
    from keras_ae.serving.card_signatures import check_outputs, signatures
    from keras_ae.serving.versions import find_version

    if options.json and options.output == STANDARD:
        raise InputError("--json and --output - both write to standard output; leave one out")
    if options.batch is not None and options.batch < 1:
        raise InputError(f"expected --batch of at least 1, received {options.batch}; or leave it out")
    if options.output.endswith(".parquet"):
        check_package("pyarrow", "parquet", "a .parquet")
    name = _run_of_layer(options)
    if name is None:
        name = exported_model(options)
        there = signatures(find_version(options.models, name, options.head, options.head_version))
        if "serving_default" in there:
            check_outputs(words(options.outputs), there["serving_default"]["outputs"])
    check_data(source)
    if options.bits is not None:
        check_bits(options.bits, options.output)
        check_new(Path(options.output), options.force)
    elif options.output != STANDARD:
        check_output(Path(options.output))
        check_new(Path(options.output), options.force)
    return name, ".csv" if holds_rows(source) else ".npy"


def _run_of_layer(options):
    """The folder of the run whose layer encodes; None where an exported head does."""
    own = {"--pool": options.pool, "--run-dir": options.run_dir, "--runs": options.runs != RUNS}
    if options.layer is None:
        if unused := [name for name, value in own.items() if value]:
            raise InputError(f"{unused[0]} goes with --layer; leave it out, or name a layer of a run")
        return None
    others = {
        "--head": options.head != "encoder", "--head-version": options.head_version,
        "--outputs": options.outputs, "--bits": options.bits,
    }  # fmt: skip
    if unused := [name for name, value in others.items() if value]:
        raise InputError(f"--layer is of a run's own network, {unused[0]} of an exported head; leave one out")
    return str(finished_run(options.runs, options.recipe, options.run_dir))


def encoding_bar(options: argparse.Namespace, count: int) -> Callable[[int], None]:
    """A progress bar on standard error where that is a terminal.

    Args:
        options: The parsed arguments.
        count: How many examples there are.

    Returns:
        A function that is called with the number of examples done.
    """
    if options.quiet or not sys.stderr.isatty():
        return lambda done: None
    import keras

    with redirect_stdout(sys.stderr):  # Keras checks and uses standard output for the bar
        bar = keras.utils.Progbar(count, unit_name="example", stateful_metrics=["a second"])
    started = time.perf_counter()

    def show(done: int) -> None:
        with redirect_stdout(sys.stderr):
            bar.update(done, values=[("a second", done / max(time.perf_counter() - started, 1e-9))])

    return show
