"""The verb that takes exported heads to other runtimes: convert."""

from __future__ import annotations

import sys
from pathlib import Path

from keras_ae.cli.arguments import add_models
from keras_ae.errors import ExportError, InputError

RUNTIMES = "onnx,litert,litert_int8"
COLUMNS = ("KiB", "1 row us", "p99 us", "64 rows us", "largest error", "mean error")

ORDER = 9


def add(verb) -> None:
    """Adds the verbs of this file."""
    parser = verb("convert", convert, "convert exported heads to ONNX and LiteRT, check and time them there")
    parser.add_argument("recipe", help="name of an exported recipe")
    parser.add_argument(
        "--head", default="encoder", help="heads, with commas between them (default: %(default)s)"
    )
    parser.add_argument(
        "--to", default=RUNTIMES, help="runtimes, with commas between them (default: %(default)s)"
    )
    parser.add_argument("--version", type=int, metavar="N", help="version to take; otherwise the stable one")
    add_models(parser)
    parser.add_argument("--output", type=Path, help="folder to write to; otherwise MODELS/converted")
    parser.add_argument("--force", action="store_true", help="replace what was converted before")


def convert(options) -> int:
    """Converts heads, checks them on their warm-up records, and prints what they cost where they run.

    Goes on where a runtime cannot take a head; the status then is 1.
    """
    from keras_ae.serving.runtimes import conversion
    from keras_ae.serving.runtimes.models import open_source
    from keras_ae.serving.versions import find_version

    names, heads = _words(options.to, "runtime"), _words(options.head, "head")
    conversion.check_runtimes(names)
    recipe = Path(options.recipe).stem if options.recipe.endswith(".py") else options.recipe
    folders = [find_version(options.models, recipe, head, options.version) for head in heads]
    output = options.output or options.models / "converted"
    sources = [open_source(folder) for folder in folders]
    if not options.force:
        _check_new(
            [file for source in sources for name in names for file in conversion.paths(source, name, output)]
        )
    return max([_convert(source, names, output) for source in sources])


def _words(text, kind):
    words = list(dict.fromkeys(text.replace(",", " ").split()))
    if not words:
        raise InputError(f"expected a {kind} or several with commas between them, received {text!r}")
    return words


def _check_new(files):
    """What was converted before is replaced only when asked for."""
    for file in files:
        if file.exists():
            raise InputError(f"{file} is there already; replace it with --force")


def _convert(source, names, output):
    """Converts a head to each of the runtimes and prints a table; returns the status."""
    import tensorflow as tf

    from keras_ae.serving.runtimes import conversion
    from keras_ae.serving.runtimes.models import SIGNATURE

    titles = {name: conversion.RUNTIMES[name].title for name in names}
    width = max(map(len, ("TensorFlow", *titles.values())))
    place = "the GPU" if tf.config.list_physical_devices("GPU") else "all cores"
    print(f"\n{source.name}, version {source.folder.name}; TensorFlow on {place}, others on one core")
    print("  ".join([" " * width, *COLUMNS]))
    _print_row("TensorFlow", width, conversion.measure(source, source.run, source.size), str(source.folder))
    status = 0
    for name, title in titles.items():
        try:
            converted = conversion.convert(source, name)
        except ExportError as error:
            print(f"{title:{width}}  -", flush=True)
            print(f"keras-ae: {' '.join(str(error).split())}", file=sys.stderr)
            status = 1
            continue
        figures = conversion.measure(source, converted.run, len(converted.content))
        file = conversion.write(source, name, converted, output)
        kind = (converted.quantization or "").replace("_", "-")
        told = "; ".join(filter(None, [kind, converted.note]))
        _print_row(title, width, figures, f"{file} ({told})" if told else str(file))
    others = sorted(set(source.exported.card["signatures"]) - {SIGNATURE})
    if others:
        print(f"left to TF Serving: {', '.join(others)}")
    return status


def _print_row(title, width, figures, told):
    cells = [
        f"{figures.size:.1f}",
        f"{figures.single:.0f}",
        f"{figures.single_p99:.0f}",
        f"{figures.batch:.0f}",
        f"{figures.worst:.2g}",
        f"{figures.mean:.2g}",
    ]
    cells = [f"{cell:>{len(column)}}" for cell, column in zip(cells, COLUMNS, strict=True)]
    print("  ".join([f"{title:{width}}", *cells, told]), flush=True)
