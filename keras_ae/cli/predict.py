"""The verb that runs an exported head on arrays and images: predict."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from keras_ae.cli.arguments import add_models
from keras_ae.cli.tables import Columns

__all__ = ["ORDER", "add", "predict"]

ORDER = 4


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help) -> the parser of a new verb.
    """
    parser = verb("predict", predict, "run an exported head on arrays or images, here or on a server")
    parser.add_argument("recipe", help="a recipe's name")
    parser.add_argument(
        "inputs", nargs="+", type=Path, metavar="INPUT",
        help="an .npy or .npz file of arrays; a table's rows (.csv); or images (PNG, JPEG) and folders",
    )  # fmt: skip
    parser.add_argument(
        "--head", default="encoder", help="encoder, decoder, autoencoder, ... (default: %(default)s)"
    )
    parser.add_argument(
        "--url", help="a server, http://host:8501 or grpc://host:8500 (default: run locally, from --models)"
    )
    parser.add_argument("--signature", help="signature (default: serving_default, or image_bytes for images)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--label", help="label of the version (default: stable locally, the newest on a server)"
    )
    which.add_argument("--version", type=int, metavar="N", help="number of the version")
    parser.add_argument(
        "--output", metavar="FILE",
        help="an .npz file, or a folder (ending in /) for PNG files (default: print a table)",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="overwrite existing files")
    parser.add_argument("--batch", type=int, default=64, metavar="N", help="rows at a time (default: 64)")
    parser.add_argument(
        "--timeout", type=float, default=60.0, metavar="S", help="seconds to wait for an answer (default: 60)"
    )
    add_models(parser)


def predict(options: argparse.Namespace) -> int:
    """Runs a head on the inputs and writes its outputs, or prints a table.

    Args:
        options: The parsed arguments.

    Returns:
        The exit status, 1 where some inputs were left out.
    """
    from keras_ae.apps.prediction.outputs import summary
    from keras_ae.apps.prediction.predict import predict
    from keras_ae.apps.prediction.request import PredictionRequest

    names = "recipe inputs models head url signature label version output force batch timeout".split()
    prediction = predict(PredictionRequest(**{name: getattr(options, name) for name in names}))
    for path, reason in prediction.failures.items():
        print(f"keras-ae: left out {path}: {reason}", file=sys.stderr)
    lines = prediction.written
    if not prediction.rows:
        print(f"keras-ae: none of {prediction.count} images could be used", file=sys.stderr)
    elif options.output is None:
        rows = summary(prediction.outputs)
        lines = list(map(Columns.of(rows, left=3).line, rows))
    for line in lines:
        print(line)
    return 1 if prediction.failures else 0
