"""The verbs that store codes in few bytes and decode them again: compress and decompress."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from keras_ae.apps.encoding.request import EncodingRequest, check_quantization
from keras_ae.cli.arguments import EXPORT, MODELS, add_option
from keras_ae.cli.checks import check_data, check_package
from keras_ae.cli.encode import encoding_bar
from keras_ae.cli.output import STANDARD, load_tensorflow, show
from keras_ae.cli.requests import exported_model
from keras_ae.cli.standard import input_file
from keras_ae.errors import InputError
from keras_ae.files import check_new

__all__ = ["ORDER", "add", "compress", "decompress"]

ORDER = 8


def add(verb: Any) -> None:
    """Adds the verbs of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "compress", compress, "store images, arrays or a data set as codes in few bytes", "use",
        "keras-ae compress digits photos/ --output codes.kae", result=True,
    )  # fmt: skip
    parser.add_argument("recipe", help=EXPORT)
    parser.add_argument(
        "input",
        help="a data set's name, an image or a folder of them, an .npy or .npz file, rows, ...; or - for "
        "standard input",
    )
    add_option(parser, "--output", "*.kae", ("-o",), required=True, metavar="FILE")
    add_option(parser, "--bits", type=int, metavar="N")
    add_option(parser, "--tolerance", "default: 0.05", type=float, metavar="FRACTION")
    add_option(parser, "--head-version", "default: the stable one", type=int, metavar="N")
    add_option(parser, "--split", "default: all", choices=("train", "validation", "test"))
    add_option(parser, "--key", metavar="NAME")
    add_option(parser, "--batch", "default: by their size", type=int, metavar="N")
    add_option(parser, "--force", action="store_true")
    add_option(parser, "--models", type=Path, default=MODELS, metavar="FOLDER")
    parser = verb(
        "decompress", decompress, "decode what compress has stored", "use",
        "keras-ae decompress codes.kae --output photos/", result=True,
    )  # fmt: skip
    parser.add_argument("file", type=Path, help="a .kae that compress wrote")
    parser.add_argument("recipe", nargs="?", help=f"{EXPORT} (default: the one that the file names)")
    add_option(
        parser, "--output",
        "a folder (ending in /) for images and other files of examples, or an .npy, .npz, .csv, .parquet or "
        ".tfrecord file", ("-o",), required=True, metavar="FILE",
    )  # fmt: skip
    add_option(parser, "--codes", action="store_true")
    add_option(parser, "--force", action="store_true")
    add_option(parser, "--models", type=Path, default=MODELS, metavar="FOLDER")


def compress(options: argparse.Namespace) -> int:
    """Writes the codes of every example to a .kae, and prints what they take and what that costs.

    Args:
        options: The parsed arguments.

    Returns:
        The exit status.
    """
    from keras_ae.codec.codes_file import SUFFIX

    output = Path(options.output)
    if output.suffix != SUFFIX:
        raise InputError(f"expected --output to be named *{SUFFIX}, received {options.output!r}; add it")
    check_package("constriction", "codec", f"a {SUFFIX}")
    check_quantization(options.bits, options.tolerance)
    if options.batch is not None and options.batch < 1:
        raise InputError(f"expected --batch of at least 1, received {options.batch}; or leave it out")
    name = exported_model(options)
    if options.input != STANDARD:
        check_data(options.input)
    check_new(output, options.force)
    load_tensorflow()
    from keras_ae.apps.encoding.compress import compress, report, stored_bytes
    from keras_ae.apps.encoding.quantize import Quantization

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    quantization = Quantization(options.bits, options.tolerance)
    with input_file(options.input) as source:
        request = EncodingRequest(
            name, str(source), options.models, version=options.head_version, split=options.split,
            key=options.key,
        )  # fmt: skip
        head, stream = request.open()
        bar, size = encoding_bar(options, stream.count), stored_bytes(str(source))
        compressed = compress(head, stream, output, quantization, options.batch, size, bar)
    if compressed.remark:
        print(f"keras-ae: {compressed.remark}", file=sys.stderr)
    sizes, loss = compressed.sizes, compressed.loss
    result = {"output": output, "examples": compressed.count, "bytes": sizes.total}
    result |= {"bytes_an_example": compressed.bytes_an_example, "parts": vars(sizes), "mse": loss.mse}
    result |= {"psnr": loss.psnr, "decoder_bytes": compressed.decoder_bytes}
    result |= {"input_bytes": size, "pays_from": compressed.pays_from, "left_out": compressed.failures}
    show(options, result, report(compressed, stream, output))
    return 0


def decompress(options: argparse.Namespace) -> int:
    """Decodes a .kae into images, arrays or rows, or into the codes themselves.

    Args:
        options: The parsed arguments.

    Returns:
        The exit status.
    """
    check_package("constriction", "codec", "a .kae")
    output, is_folder = Path(options.output), options.output.endswith(("/", os.sep))
    is_folder = is_folder or output.is_dir() or (not output.suffix and not options.codes)
    if options.codes and (options.recipe is not None or output.suffix != ".npy"):
        raise InputError("--codes writes codes without a model: name an .npy with --output, and no recipe")
    if not is_folder:
        check_new(output, options.force)
    from keras_ae.codec.codes_file import read_codes

    codes = read_codes(options.file)
    load_tensorflow()
    from keras_ae.apps.encoding import decompress as app

    result = {"output": options.output, "examples": len(codes.levels), "model": codes.model}
    if options.codes:
        line = app.write_codes(codes, output)
        show(options, result | {"shape": [len(codes.levels), *codes.shape]}, [line])
        return 0
    from keras_ae.apps.encoding.decoder import Decoder

    decoder = Decoder.of_codes(codes, options.models, options.recipe)
    result |= {"model": decoder.model, "version": decoder.version}
    paths = app.image_paths(codes, output, decoder, options.force) if is_folder else None
    if paths is not None:
        lines = [app.write_images(codes, decoder, paths, encoding_bar(options, len(paths)))]
    else:
        lines = _predicted(options, codes, decoder, is_folder)
    show(options, result, [*lines, f"decoded by version {decoder.version} of {decoder.model}"])
    return 0


def _predicted(options, codes, decoder, is_folder):
    """What a prediction of the decoder writes; returns its lines."""
    from keras_ae.apps.encoding.decompress import write_arrays
    from keras_ae.apps.prediction.predict import predict
    from keras_ae.apps.prediction.request import PredictionRequest

    output = f"{options.output.rstrip('/')}/" if is_folder else options.output
    outputs = ("reconstruction",) if output.endswith(".npy") else ()
    with tempfile.TemporaryDirectory() as folder:
        request = PredictionRequest(
            decoder.model, [write_arrays(codes, Path(folder))], options.models, decoder.folder.parent.name,
            version=decoder.version, outputs=outputs, output=output, force=options.force, batch=256,
        )  # fmt: skip
        return predict(request).written
