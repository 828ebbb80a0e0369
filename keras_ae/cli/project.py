"""The verb that projects the codes of a finished run to the plane: project."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from keras_ae.cli.arguments import MODEL, add_option, add_recipe, add_run, words
from keras_ae.cli.checks import check_data, check_package, check_settings
from keras_ae.cli.messages import report
from keras_ae.cli.output import load_tensorflow, show
from keras_ae.cli.requests import finished
from keras_ae.cli.tables import table
from keras_ae.errors import InputError
from keras_ae.files import check_folder
from keras_ae.names import nearby
from keras_ae.runs.request import RunRequest

__all__ = ["ORDER", "add", "project"]

ORDER = 9

NAMES = ("pca", "tsne", "umap", "spectral")
"""The projections, as keras_ae.apps.projection.project has them."""


def add(verb: Any) -> None:
    """Adds the verb of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = verb(
        "project", project, "show the codes of a finished run in the plane", "use",
        "keras-ae project digits --method pca,tsne", result=True,
    )  # fmt: skip
    add_recipe(parser, text=MODEL)
    parser.add_argument(
        "input", nargs="?", help="data in place of the run's own: a data set's name, a folder, or a file"
    )
    add_option(parser, "--method", "default: pca,tsne", default="pca,tsne", metavar="NAME,...")
    add_option(
        parser, "--split", "default: test, of other data all",
        choices=("train", "validation", "test", "all"),
    )  # fmt: skip
    add_option(parser, "--count", "at most, default: 5000", type=int, default=5000, metavar="N")
    add_option(parser, "--seed", "default: 0", type=int, default=0, metavar="N")
    add_option(parser, "--output", "a folder, default: projection in the run's", type=Path, metavar="FOLDER")
    add_run(parser)


def project(options: argparse.Namespace) -> int:
    """Writes an image and the coordinates of each projection, and prints how far to trust them.

    Args:
        options: The parsed arguments.

    Returns:
        The exit status.
    """
    methods = _check(options)
    directory = finished(options)
    request = RunRequest.of_run(directory, options.recipe).changed(options.input, [])
    check_settings(request)
    load_tensorflow()
    from keras_ae.apps.projection import project as app
    from keras_ae.runs.load import load_run

    run = load_run(request.load(), directory, report)
    split = options.split or ("test" if options.input is None else "all")
    codes, labels, indices = app.codes_of(run, split, options.count)
    folder = options.output or directory / "projection"
    found = app.project(run, folder, codes, labels, indices, methods, options.seed, report)
    rows = [["method", "trustworthiness", "continuity", "seconds"]]
    for each in found:
        rows.append(
            [each.method, *(f"{value:.4f}" for value in each.metrics.values()), f"{each.seconds:.1f}"]
        )
    metrics = {each.method: dict(each.metrics) | {"seconds": each.seconds} for each in found}
    files = [file for each in found for file in each.files]
    lines = [*table(rows), *(f"{each.files[0]}, .csv and .npy" for each in found)]
    shown = {"output": folder, "examples": len(codes), "split": split, "methods": metrics, "files": files}
    show(options, shown, [*lines, "look at them in TensorBoard's projector too: keras-ae tensorboard"])
    return 0


def _check(options):
    """The names of the methods; checks what needs no TensorFlow."""
    methods = words(options.method)
    for name in methods:
        if name not in NAMES:
            raise InputError(f"expected --method {', '.join(NAMES)}; received {name!r}{nearby(name, NAMES)}")
    if not methods:
        raise InputError(f"expected --method {', '.join(NAMES)}; received none")
    if options.count < 4:
        raise InputError(f"expected --count of at least 4, received {options.count}")
    if options.seed < 0:
        raise InputError(f"expected --seed of at least 0, received {options.seed}")
    if "umap" in methods:
        check_package("umap", "umap", "--method umap, of umap-learn,")
    check_data(options.input)
    if options.output is not None:
        check_folder(options.output, "--output")
    return methods
