"""Arguments that several verbs share."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_ae.errors import InputError
from keras_ae.runs.folders import finished_run
from keras_ae.runs.request import RunRequest

if TYPE_CHECKING:
    from keras_ae.recipe import Recipe

__all__ = [
    "MODELS",
    "RUNS",
    "add_keep",
    "add_models",
    "add_recipe",
    "add_runs",
    "finished",
    "recipe_of_run",
    "resume_command",
    "run_request",
    "split_settings",
    "words",
]

RUNS, MODELS = Path("runs"), Path("saved_models")


def add_runs(parser: argparse.ArgumentParser) -> None:
    """Adds the option that names the folder of all runs.

    Args:
        parser: The verb's parser.
    """
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of all runs (default: %(default)s)")


def add_models(parser: argparse.ArgumentParser) -> None:
    """Adds the option that names the folder of all exported models.

    Args:
        parser: The verb's parser.
    """
    parser.add_argument(
        "--models", type=Path, default=MODELS, help="folder of all exported models (default: %(default)s)"
    )


def add_keep(parser: argparse.ArgumentParser) -> None:
    """Adds the option of the verbs that export.

    Args:
        parser: The verb's parser.
    """
    parser.add_argument(
        "--keep",
        type=int,
        metavar="N",
        help="number of newest versions of each head to keep, besides labeled ones (default: all)",
    )


def add_recipe(parser: argparse.ArgumentParser, configurable: bool = True) -> argparse.ArgumentParser:
    """Adds the arguments of a verb that works on a recipe's runs.

    Args:
        parser: The verb's parser.
        configurable: Whether the verb accepts data and settings that differ from the run's.

    Returns:
        The parser.
    """
    parser.add_argument("recipe", help="a recipe's name, or the path of a .py file")
    if configurable:
        parser.add_argument("--data", help="a data set's name, a folder of images, an .npy or .npz file")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="FIELD=VALUE",
            help='change fields of the recipe: --set "epochs=5 variant.latent_dim=16"',
        )
    parser.add_argument("--run-dir", type=Path, help="the run's folder (default: RUNS/<recipe>/<number>)")
    add_runs(parser)
    add_models(parser)
    return parser


def run_request(options: argparse.Namespace) -> RunRequest:
    """The recipe, data and settings that the arguments name.

    Args:
        options: The parsed arguments.

    Returns:
        The request.
    """
    return RunRequest(options.recipe, options.data, tuple(split_settings(options.set)))


def finished(options: argparse.Namespace) -> Path:
    """The folder of a finished run, whose path it prints.

    Args:
        options: The parsed arguments; those that name no run stand for the recipe's newest finished one.

    Returns:
        The run's folder.
    """
    directory = finished_run(options.runs, options.recipe, options.run_dir)
    print(f"run folder: {directory}")
    return directory


def recipe_of_run(options: argparse.Namespace, directory: Path) -> Recipe:
    """The recipe as a run was started with it, changed by the arguments' data and settings.

    Args:
        options: The parsed arguments.
        directory: The run's folder.

    Returns:
        The recipe.
    """
    request = RunRequest.of_run(directory, options.recipe)
    return request.changed(options.data, split_settings(options.set)).load()


def split_settings(texts: Sequence[str]) -> list[str]:
    """The single settings in the values of the option --set, each of which may hold several.

    Args:
        texts: The option's values.

    Returns:
        Settings such as "epochs=3".

    Raises:
        InputError: If quotation marks do not match.
    """
    try:
        return [setting for text in texts for setting in shlex.split(text)]
    except ValueError as error:
        raise InputError(f"the settings {texts} cannot be split into words: {error}") from error


def words(text: str) -> list[str]:
    """The words of an option's value, separated by commas or spaces, each once.

    Args:
        text: The option's value.

    Returns:
        The words in their order.
    """
    return list(dict.fromkeys(text.replace(",", " ").split()))


def resume_command(options: Any, directory: Path) -> str:
    """The command that resumes a run, in the form in which it was started: make or keras-ae.

    Args:
        options: The parsed arguments.
        directory: The run's folder.

    Returns:
        The command, quoted for a shell.
    """
    if "MAKELEVEL" in os.environ and not options.run_dir:
        return f"make train RECIPE={shlex.quote(options.recipe)} RESUME=1"
    command = [sys.executable, "-m", "keras_ae", "train", options.recipe, "--resume"]
    command += ["--run-dir", str(directory)]
    command += ["--models", str(options.models)] if options.models != MODELS else []
    return shlex.join(command)
