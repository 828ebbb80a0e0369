"""The verbs on exported heads: export."""

from __future__ import annotations

import json

from keras_ae import catalogue
from keras_ae.cli.folders import add_recipe, finished
from keras_ae.errors import InputError


def add(verb) -> None:
    """Adds the verbs of this file."""
    parser = add_recipe(
        verb("export", export, "export the heads of a finished run as the next version"), False
    )
    add_keep(parser)


def add_keep(parser) -> None:
    """The option of those verbs that export."""
    parser.add_argument("--keep", type=int, metavar="N", help="versions of each head to keep; otherwise all")


def export(options) -> int:
    """Exports a finished run's heads once more, as the next version."""
    export_run(finished(options), options)
    return 0


def export_run(directory, options):
    """Exports a finished run's heads and tells where they are."""
    from keras_ae.runs import saved_heads
    from keras_ae.serving.export import export_heads

    heads, units, examples = saved_heads(directory)
    file = directory / "card.json"
    if not file.exists():
        raise InputError(f"{file} is missing: the run was not finished; go on with --resume (RESUME=1)")
    name = catalogue.recipe_file(options.recipe).stem
    folders = export_heads(heads, units, examples, name, json.loads(file.read_text()), options.models)
    for head, folder in folders.items():
        print(f"exported {head:12} {folder}")
