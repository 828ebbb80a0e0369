"""The verbs that generate examples and explore the latent space: generate, interpolate, traverse, ..."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_ae.cli.arguments import MODEL, add_option, add_run
from keras_ae.cli.output import load_tensorflow, show
from keras_ae.cli.parser import add_former
from keras_ae.cli.requests import define_layers, finished, request_of_run
from keras_ae.errors import InputError
from keras_ae.recipe_files import recipe_stem
from keras_ae.runs.folders import model_name

if TYPE_CHECKING:
    from keras_ae.apps.generation.session import Session

__all__ = ["ORDER", "add"]

ORDER = 5

FOLDERS = {
    "generate": "generated",
    "interpolate": "interpolated",
    "traverse": "traversed",
    "attribute": "attributed",
    "reconstruct": "reconstructed",
    "nearest": "nearest",
}
"""The folder of each verb's files by default, which holds one for each model."""

ROW_SUFFIXES = (".csv", ".tsv", ".txt")
"""Suffixes of the file that rows of a table are written to, in the place of a folder."""

EXAMPLE = "a file, an example such as test:5, or a generated one such as seed:3"


def add(verb: Any) -> None:
    """Adds the verbs of this file.

    Args:
        verb: (name, function, help, group, example, result) -> the parser of a new verb.
    """
    parser = _add(
        verb, generate, "generate new examples with the newest run of a recipe",
        "keras-ae generate level_generation --count 4 --seed 1",
    )  # fmt: skip
    add_option(parser, "--seed", "default: 0", type=int, default=0, metavar="N")
    add_option(parser, "--count", "default: 16", ("-n",), type=int, default=16, metavar="N")
    add_option(parser, "--where", "in a run trained for that column", metavar="COLUMN=VALUE", default="")
    add_option(parser, "--temperature", "default: 1", type=float, default=1.0, metavar="T")
    add_option(parser, "--length", type=int, metavar="N")
    add_option(parser, "--after", metavar="FILE")
    add_option(parser, "--best-of", "default: 1", type=int, default=1, metavar="N")
    add_option(parser, "--playable", "", ("--valid",), action="store_true", dest="valid")
    parser = _add(
        verb, interpolate, "interpolate between two examples",
        "keras-ae interpolate denoising test:0 test:5 --steps 5",
    )  # fmt: skip
    parser.add_argument("first", help=EXAMPLE)
    parser.add_argument("last", help="the same")
    add_option(parser, "--steps", "both ends among them (default: 8)", type=int, default=8, metavar="N")
    parser = _add(
        verb, traverse, "change one dimension of a code at a time",
        "keras-ae traverse denoising test:0 --dimension 2",
    )  # fmt: skip
    parser.add_argument("input", help=EXAMPLE)
    add_option(parser, "--dimension", "default: the ones with the largest change", type=int, metavar="K")
    add_option(parser, "--steps", "default: 9", type=int, default=9, metavar="N")
    parser = _add(
        verb, attribute, "add an attribute to examples, or remove it",
        "keras-ae attribute level_generation test:0 --add sky --strength 1.5",
    )  # fmt: skip
    parser.add_argument("input", nargs="+", help=EXAMPLE)
    add_option(parser, "--add", required=True, metavar="NAME")
    add_option(parser, "--strength", "default: 1.0", default="1.0")
    parser = _add(
        verb, reconstruct, "encode examples and decode them again",
        "keras-ae reconstruct denoising test:0 seed:3",
    )  # fmt: skip
    parser.add_argument("input", nargs="+", help=EXAMPLE)
    parser = _add(
        verb, nearest, "find the training examples nearest to an example",
        "keras-ae nearest denoising test:0 --count 3 --json",
    )  # fmt: skip
    parser.add_argument("input", nargs="+", help=EXAMPLE)
    add_option(parser, "--count", "neighbors of each (default: 5)", type=int, default=5, metavar="N")


def _add(verb, function, text, example) -> argparse.ArgumentParser:
    """A verb with the arguments that all of this file have."""
    parser = verb(function.__name__, function, text, "generate", example, result=True)
    parser.add_argument("recipe", help=MODEL)
    add_option(parser, "--class", dest="decode_as", metavar="CLASS")
    add_former(parser, "--label", "is now --class")
    add_option(
        parser, "--output", f"default: {FOLDERS[function.__name__]}/MODEL", type=Path, metavar="FOLDER"
    )
    add_option(parser, "--force", action="store_true")
    add_run(parser)
    return parser


def _session(options: argparse.Namespace, texts: tuple[str, ...] | list[str] = ()) -> Session:
    """The session for the run given by the arguments; its examples' files are there."""
    from keras_ae.apps.generation.request import check_example, check_file, check_new_folder

    file = options.output if options.verb is generate and _is_file(options.output) else None
    if file is not None:
        check_file(file, options.force)
    elif options.output is not None:
        check_new_folder(options.output, options.force)
    for text in texts:
        check_example(text)
    directory = finished(options)
    name = model_name(directory, options.runs) or recipe_stem(options.recipe)
    folder = Path(FOLDERS[options.verb.__name__], name) if file else options.output
    folder = folder or Path(FOLDERS[options.verb.__name__], name)
    if file is None:
        check_new_folder(folder, options.force)
    load_tensorflow()
    define_layers(options, directory)
    from keras_ae.apps.generation.generator import Generator
    from keras_ae.apps.generation.session import Session
    from keras_ae.runs.run import load_data

    return Session(
        Generator.of(directory),
        folder,
        lambda: load_data(request_of_run(options.recipe, directory).load()),
        options.decode_as,
        options.force,
        report=lambda line: None if options.json else show(options, None, [line]),
        file=file,
    )


def _is_file(output: Path | None) -> bool:
    """Whether a path of the option --output is that of a file of rows."""
    return output is not None and output.suffix.lower() in ROW_SUFFIXES and not output.is_dir()


def _finish(options: argparse.Namespace, session: Session, facts: dict[str, Any] | None = None) -> int:
    """Shows the result of a verb as JSON; its lines were shown as they came."""
    if options.json:
        folder = session.folder if session.file is None else session.file.parent
        show(options, {"folder": folder, "files": session.files} | (facts or {}), ())
    return 0


def generate(options: argparse.Namespace) -> int:
    """Runs the verb `generate`."""
    from keras_ae.apps.generation.request import GenerationRequest

    request = GenerationRequest(
        options.count, options.seed, options.temperature, options.decode_as, options.length, options.after,
        options.best_of, options.valid, options.where,
    )  # fmt: skip
    session = _session(options, [options.after] if options.after else [])
    from keras_ae.apps.generation.commands import generate_command

    generate_command(session, request)
    return _finish(options, session)


def interpolate(options: argparse.Namespace) -> int:
    """Runs the verb `interpolate`."""
    from keras_ae.apps.generation.request import check_steps

    check_steps(options.steps)
    session = _session(options, [options.first, options.last])
    from keras_ae.apps.generation.commands import interpolate_command

    interpolate_command(session, options.first, options.last, options.steps)
    return _finish(options, session)


def traverse(options: argparse.Namespace) -> int:
    """Runs the verb `traverse`."""
    from keras_ae.apps.generation.request import check_steps

    check_steps(options.steps)
    session = _session(options, [options.input])
    from keras_ae.apps.generation.commands import traverse_command

    rows = traverse_command(session, options.input, options.dimension, options.steps)
    names = ("dimension", "deviation", "change")
    return _finish(
        options, session, {"dimensions": [{name: getattr(row, name) for name in names} for row in rows]}
    )


def attribute(options: argparse.Namespace) -> int:
    """Runs the verb `attribute`."""
    from keras_ae.apps.generation.request import strength

    if not options.add:
        raise InputError("expected a label or an attribute to add, received nothing; name one with --add")
    factor = strength(options.strength)
    session = _session(options, options.input)
    from keras_ae.apps.generation.commands import attribute_command

    attribute_command(session, options.input, options.add, factor)
    return _finish(options, session)


def reconstruct(options: argparse.Namespace) -> int:
    """Runs the verb `reconstruct`."""
    session = _session(options, options.input)
    from keras_ae.apps.generation.commands import reconstruct_command

    reconstruct_command(session, options.input)
    return _finish(options, session)


def nearest(options: argparse.Namespace) -> int:
    """Runs the verb `nearest`."""
    from keras_ae.apps.generation.request import check_count

    check_count(options.count)
    session = _session(options, options.input)
    from keras_ae.apps.generation.commands import nearest_command

    rows = nearest_command(session, options.input, options.count)
    neighbors = [
        {
            "name": row.name,
            "neighbors": [
                {"train": index, "distance": distance}
                for index, distance in zip(row.indices.tolist(), row.distances.tolist(), strict=True)
            ],
        }
        for row in rows
    ]
    return _finish(options, session, {"nearest": neighbors})
