"""The verb that fills in the missing values of a file of rows: impute."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import Any

from keras_ae.apps.imputation.request import ImputationRequest, find_imputer
from keras_ae.cli.arguments import EXPORT, MODELS, add_option
from keras_ae.cli.checks import check_file
from keras_ae.cli.output import load_tensorflow, show
from keras_ae.data.sources.local import local_copy

__all__ = ["ORDER", "add"]

ORDER = 6


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "impute", impute, "fill in the missing values of a file of rows, with intervals", "use",
        "keras-ae impute imputation-my my.csv --output filled.csv", result=True,
    )  # fmt: skip
    parser.add_argument("recipe", help=EXPORT)
    parser.add_argument("input", help="a file of rows, with the columns that the model was trained on")
    add_option(
        parser, "--output", "a copy of the input; beside it *.cells.csv lists what was filled in (default: "
        "imputed/MODEL/INPUT.csv)", type=Path, metavar="FILE.csv",
    )  # fmt: skip
    add_option(parser, "--flags", action="store_true")
    add_option(parser, "--force", action="store_true")
    add_option(parser, "--head-version", "default: the stable one", type=int, metavar="N")
    add_option(parser, "--models", type=Path, default=MODELS, metavar="FOLDER")


def impute(options: argparse.Namespace) -> int:
    """Fills in a file and prints how much; returns 1 if nothing was known of some rows."""
    source = local_copy(options.input)
    folder = find_imputer(options.models, options.recipe, options.input, options.head_version)
    model = folder.parents[1].name
    request = ImputationRequest.of(source, model, options.output, options.force, options.flags)
    check_file(request.source)
    load_tensorflow()
    from keras_ae.apps.imputation.impute import impute

    done = impute(folder, request)
    if done.remark:
        print(f"keras-ae: {done.remark}", file=sys.stderr)
    show(options, {**dataclasses.asdict(done), "lines": done.lines}, done.lines)
    return 1 if done.left_out else 0
