"""The verb that runs an exported head on arrays, rows and images: predict."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from keras_ae.cli.arguments import EXPORT, MODELS, add_option, words
from keras_ae.cli.checks import check_file, check_package
from keras_ae.cli.output import STANDARD, load_tensorflow, show
from keras_ae.cli.parser import add_former
from keras_ae.cli.requests import exported_model
from keras_ae.cli.standard import input_file, output_file, sent_output
from keras_ae.cli.tables import table
from keras_ae.errors import InputError
from keras_ae.names import check_name, nearby
from keras_ae.recipe_files import recipe_stem

__all__ = ["ORDER", "add", "predict"]

ORDER = 4


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "predict", predict, "run an exported head on arrays, rows, images or sounds", "use",
        "keras-ae predict table_anomaly rows.csv --head detector --output scores.csv", result=True,
    )  # fmt: skip
    parser.add_argument("recipe", help=EXPORT)
    parser.add_argument(
        "inputs", nargs="+", metavar="INPUT",
        help="an .npy or .npz file of arrays; a table's rows (.csv, .xlsx, .parquet, ...); texts (.txt); "
        "images, sounds and folders of them; or - for standard input",
    )  # fmt: skip
    add_option(parser, "--head", "default: encoder", default="encoder", metavar="NAME")
    add_option(parser, "--url")
    add_option(parser, "--signature", "default: serving_default, or image_bytes for images", metavar="NAME")
    which = parser.add_mutually_exclusive_group()
    add_option(which, "--label", "default: stable, or the newest version on a server", metavar="NAME")
    add_option(which, "--head-version", type=int, metavar="N")
    add_former(parser, "--version", "is now --head-version")
    add_option(parser, "--outputs", "default: all", default="", metavar="NAME,...")
    add_option(
        parser, "--output",
        "an .npz, .npy, .csv, .parquet or .tfrecord file; a folder (ending in /) for PNG or WAV files; or - "
        "for standard output, as rows of a .csv, or as an .npy for arrays (default: print a table about the "
        "outputs)",
        metavar="FILE",
    )  # fmt: skip
    add_option(parser, "--force", action="store_true")
    add_option(parser, "--batch", "default: 64", type=int, default=64, metavar="N")
    add_option(parser, "--timeout", "default: 60", type=float, metavar="S")
    add_option(parser, "--models", type=Path, metavar="FOLDER")


def predict(options: argparse.Namespace) -> int:
    """Runs a head on the inputs and writes its outputs, or prints a table.

    Args:
        options: The parsed arguments.

    Returns:
        The exit status, 1 where some inputs were left out.
    """
    _check(options)
    with ExitStack() as stack:
        stack.enter_context(sent_output(options))
        inputs = [stack.enter_context(input_file(path)) for path in options.inputs]
        request, suffix = _request(options, inputs)
        output = stack.enter_context(output_file(options.output, suffix, options.results))
        if options.url is None:
            load_tensorflow()
        from keras_ae.apps.prediction.predict import predict

        prediction = predict(replace(request, output=output))
        for path, reason in prediction.failures.items():
            print(f"keras-ae: left out {path}: {reason}", file=sys.stderr)
        for note in prediction.notes:
            print(f"keras-ae: {note}", file=sys.stderr)
        if prediction.remark:
            print(f"keras-ae: {prediction.remark}", file=sys.stderr)
    if not prediction.rows:
        print(f"keras-ae: none of {prediction.count} {prediction.noun} could be used", file=sys.stderr)
    elif options.output == STANDARD:
        print(*(line.replace(str(output), "standard output") for line in prediction.written), sep="\n")
    else:
        written = [line.replace(str(output), str(options.output)) for line in prediction.written]
        _show(options, replace(prediction, written=written))
    return 1 if prediction.failures else 0


def _check(options):
    """Raises InputError for options that do not go together."""
    if options.url is None and options.timeout is not None:
        raise InputError("--timeout is for a server; name one with --url, or leave it out")
    if options.url is not None and options.models is not None:
        raise InputError("a server has its own models; leave out --models, or --url")
    if options.force and options.output in (None, STANDARD):
        raise InputError("--force replaces a file; name one with --output, or leave it out")
    if options.json and options.output == STANDARD:
        raise InputError("--json and --output - both write to standard output; leave one out")
    if options.inputs.count(STANDARD) > 1:
        raise InputError("standard input can be read once; name - once")
    if options.batch < 1:
        raise InputError(f"expected --batch of at least 1, received {options.batch}")
    if str(options.output).lower().endswith(".parquet"):
        check_package("pyarrow", "parquet", "a .parquet")


def _request(options, inputs):
    """The request, whose files and head are checked without TensorFlow.

    Returns it and the suffix of what goes to standard output.
    """
    from keras_ae.apps.prediction.outputs import check_output
    from keras_ae.apps.prediction.request import PredictionRequest
    from keras_ae.apps.prediction.source import check_paths, source_of

    check_paths(inputs)
    for path in inputs:
        if path.suffix.lower() != ".txt":  # of rows, of a text or of a level, as the head has it
            check_file(path)
    name = recipe_stem(options.recipe)
    check_name(name, "the name of a model")
    request = PredictionRequest(
        name if options.url else exported_model(options), inputs, options.models or MODELS,
        options.head, options.url, options.signature, options.label, options.head_version,
        words(options.outputs), None, options.force, options.batch,
        60.0 if options.timeout is None else options.timeout,
    )  # fmt: skip
    source = source_of(request)
    if source.file is not None:
        check_file(source.file)
    specs = {} if options.url else _outputs(options, request, options.signature or source.signature)
    check_output(None if options.output == STANDARD else options.output, specs, options.force)
    arrays = source.file is not None and source.file.suffix.lower() in (".npy", ".npz")
    return request, ".npy" if arrays else ".csv"


def _outputs(options, request, signature):
    """The outputs to write of an exported head, as its card has them; none where that does not say it."""
    from keras_ae.serving.card_signatures import check_outputs, signatures
    from keras_ae.serving.versions import find_version

    there = signatures(
        find_version(request.models, request.model, request.head, request.version, request.label)
    )
    if options.signature is not None and there and signature not in there:
        raise InputError(
            f"{request.model} has no signature {signature!r} of its {options.head}"
            f"{nearby(signature, there)}; it has {', '.join(there)}"
        )
    if signature not in there:  # which is told with what the head takes
        return {}
    outputs, chosen = there[signature]["outputs"], words(options.outputs)
    check_outputs(chosen, outputs)
    return {each: outputs[each] for each in chosen or outputs}


def _show(options, prediction):
    """Shows what the outputs are, or where they were written."""
    from keras_ae.apps.prediction.summary import summary, words_in

    rows = summary(prediction.outputs)
    lines = prediction.written or table(rows, left=3)
    outputs = {
        name: {"shape": array.shape, "dtype": "bytes" if array.dtype == object else array.dtype.name}
        | ({} if name.endswith("_bytes") or options.output else {"values": words_in(array)})
        for name, array in prediction.outputs.items()
    }
    result = {"rows": prediction.rows, "outputs": outputs, "left_out": prediction.failures}
    result["remark"] = prediction.remark
    show(options, result | ({"output": options.output} if options.output else {}), lines)
