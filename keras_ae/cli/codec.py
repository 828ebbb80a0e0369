"""The verb that compares a model as a codec with principal components, JPEG and WebP: codec."""

from __future__ import annotations

import argparse
import math
from dataclasses import asdict
from typing import Any

from keras_ae.cli.arguments import MODEL, add_option, add_recipe, add_run
from keras_ae.cli.checks import check_package
from keras_ae.cli.messages import report
from keras_ae.cli.output import load_tensorflow, show
from keras_ae.cli.requests import finished, request_of_run
from keras_ae.cli.tables import table
from keras_ae.errors import InputError

__all__ = ["ORDER", "add", "codec"]

ORDER = 2


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "codec", codec, "compare the bytes of stored codes with PCA, JPEG and WebP at equal PSNR",
        "train and evaluate", "keras-ae codec digits --psnr 20", result=True,
    )  # fmt: skip
    add_recipe(parser, text=MODEL)
    add_option(
        parser, "--psnr", "default: of the model, whose squared error grows by 5 %", type=float, metavar="DB"
    )
    add_run(parser)


def codec(options: argparse.Namespace) -> int:
    """Prints a table of the bytes that test examples take in several forms.

    Args:
        options: The parsed arguments.

    Returns:
        The exit status.
    """
    check_package("constriction", "codec", "a comparison of codecs")
    if options.psnr is not None and not 0 < options.psnr < math.inf:
        raise InputError(f"expected --psnr above 0, such as 20, received {options.psnr}")
    directory = finished(options)
    load_tensorflow()
    from keras_ae.experiments.codec.compare import compare_codecs, pays_from, table_rows
    from keras_ae.runs.load import load_run

    run = load_run(request_of_run(options.recipe, directory).load(), directory, report)
    rows = compare_codecs(run, options.psnr, report)
    result = {"run": directory, "examples": len(run.data.test)}
    result["rows"] = [asdict(row) | {"pays_from": pays_from(rows[0], row)} for row in rows]
    lines = table(table_rows(rows))
    least = min(row.size for row in rows[1:])
    if rows[0].size > least:
        lines.append(f"{rows[0].name} does not pay here: another form takes {least:.2f} bytes an example")
    show(options, result, lines)
    return 0
