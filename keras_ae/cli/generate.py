"""The verbs that generate examples and explore the latent space: generate, interpolate, traverse, ..."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_ae import recipe_files
from keras_ae.cli.arguments import add_runs, finished, recipe_of_run

if TYPE_CHECKING:
    from keras_ae.apps.generation.session import Session

__all__ = ["ORDER", "add"]

ORDER = 5

EXAMPLE = "a file, an example such as test:5, or a generated one such as seed:3"


def add(verb: Any) -> None:
    """Adds the verbs of this file.

    Args:
        verb: (name, function, help) -> the parser of a new verb.
    """
    parser = _common(
        verb("generate", generate, "generate new examples with the newest run of a recipe"), "generated"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="random seed (default: 0)")
    parser.add_argument(
        "--count", type=int, default=16, metavar="N", help="number of examples (default: %(default)s)"
    )
    parser.add_argument(
        "--temperature",
        type=float,
        default=1.0,
        help="below 1 for typical examples, above 1 for unusual ones",
    )
    parser.add_argument("--length", type=int, metavar="N", help="length of joined windows in columns or bars")
    parser.add_argument("--after", metavar="FILE", help="an opening to continue, with --length")
    parser.add_argument(
        "--best-of", type=int, default=1, metavar="N", help="choose the most valid of this many samples"
    )
    parser.add_argument(
        "--playable", "--valid", action="store_true", dest="valid",
        help="repair invalid examples, and resample those that cannot be repaired",
    )  # fmt: skip
    parser = _common(verb("interpolate", interpolate, "interpolate between two examples"), "interpolated")
    parser.add_argument("first", help=EXAMPLE)
    parser.add_argument("last", help="the same")
    parser.add_argument(
        "--steps", type=int, default=8, metavar="N", help="number of examples, including both ends"
    )
    parser = _common(verb("traverse", traverse, "change one dimension of a code at a time"), "traversed")
    parser.add_argument("input", help=EXAMPLE)
    parser.add_argument(
        "--dimension", type=int, metavar="K", help="a dimension (default: the ones with the largest change)"
    )
    parser.add_argument("--steps", type=int, default=9, metavar="N", help="number of values per dimension")
    parser = _common(verb("attribute", attribute, "add an attribute to examples, or remove it"), "attributed")
    parser.add_argument("input", nargs="+", help=EXAMPLE)
    parser.add_argument("--add", required=True, metavar="NAME", help="a label, or an attribute of the format")
    parser.add_argument("--strength", default="1.0", help="negative values remove it (default: %(default)s)")
    parser = _common(
        verb("reconstruct", reconstruct, "encode examples and decode them again"), "reconstructed"
    )
    parser.add_argument("input", nargs="+", help=EXAMPLE)
    parser = _common(verb("nearest", nearest, "find the training examples nearest to an example"), "nearest")
    parser.add_argument("input", nargs="+", help=EXAMPLE)
    parser.add_argument(
        "--count", type=int, default=5, metavar="N", help="number of neighbors (default: %(default)s)"
    )


def _common(parser: argparse.ArgumentParser, folder: str) -> argparse.ArgumentParser:
    parser.add_argument("recipe", help="a recipe's name, or the path of a .py file")
    parser.add_argument(
        "--label", metavar="CLASS", help="the class that a conditional decoder decodes as, by name or number"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help=f"folder for the files (default: {folder}/RECIPE)"
    )
    parser.add_argument("--force", action="store_true", help="replace existing files")
    parser.add_argument("--run-dir", type=Path, help="the run's folder (default: the newest finished one)")
    add_runs(parser)
    parser.set_defaults(folder=folder, data=None, set=[])
    return parser


def _session(options: argparse.Namespace) -> Session:
    """The session for the run given by the arguments."""
    folder = options.output or Path(options.folder, recipe_files.recipe_file(options.recipe).stem)
    directory = finished(options)
    from keras_ae.apps.generation.generator import Generator
    from keras_ae.apps.generation.session import Session
    from keras_ae.runs.run import load_data

    return Session(
        Generator.of(directory),
        folder,
        lambda: load_data(recipe_of_run(options, directory)),
        options.label,
        options.force,
    )


def generate(options: argparse.Namespace) -> int:
    """Runs the verb `generate`."""
    from keras_ae.apps.generation.request import GenerationRequest

    request = GenerationRequest(
        options.count, options.seed, options.temperature, options.label, options.length, options.after,
        options.best_of, options.valid,
    )  # fmt: skip
    session = _session(options)
    from keras_ae.apps.generation.commands import generate_command

    generate_command(session, request)
    return 0


def interpolate(options: argparse.Namespace) -> int:
    """Runs the verb `interpolate`."""
    session = _session(options)
    from keras_ae.apps.generation.commands import interpolate_command

    interpolate_command(session, options.first, options.last, options.steps)
    return 0


def traverse(options: argparse.Namespace) -> int:
    """Runs the verb `traverse`."""
    session = _session(options)
    from keras_ae.apps.generation.commands import traverse_command

    traverse_command(session, options.input, options.dimension, options.steps)
    return 0


def attribute(options: argparse.Namespace) -> int:
    """Runs the verb `attribute`."""
    session = _session(options)
    from keras_ae.apps.generation.commands import attribute_command

    attribute_command(session, options.input, options.add, options.strength)
    return 0


def reconstruct(options: argparse.Namespace) -> int:
    """Runs the verb `reconstruct`."""
    session = _session(options)
    from keras_ae.apps.generation.commands import reconstruct_command

    reconstruct_command(session, options.input)
    return 0


def nearest(options: argparse.Namespace) -> int:
    """Runs the verb `nearest`."""
    session = _session(options)
    from keras_ae.apps.generation.commands import nearest_command

    nearest_command(session, options.input, options.count)
    return 0
