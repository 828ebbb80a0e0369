"""Where a recipe's runs lie, and what each was started with."""

from __future__ import annotations

import argparse
import dataclasses
import json
import shlex
from pathlib import Path

from keras_ae import recipe_files
from keras_ae.errors import InputError

RUNS, MODELS = Path("runs"), Path("saved_models")
INTERRUPTED = 130
"""Exit status of what Ctrl-C ended."""


def add_runs(parser: argparse.ArgumentParser) -> None:
    """The option that names the folder of all runs."""
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of all runs (default: %(default)s)")


def add_models(parser: argparse.ArgumentParser) -> None:
    """The option that names the folder of all exported models."""
    parser.add_argument(
        "--models", type=Path, default=MODELS, help="folder of all exported models (default: %(default)s)"
    )


def add_recipe(parser: argparse.ArgumentParser, configurable: bool = True) -> argparse.ArgumentParser:
    """The arguments of a verb that works on a recipe's runs."""
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
    parser.add_argument("--run-dir", type=Path, help="the run's folder; otherwise RUNS/<recipe>/<number>")
    add_runs(parser)
    add_models(parser)
    return parser


def finished(options):
    """The folder of the run that was named, or of the recipe's newest finished one."""
    name = recipe_files.recipe_file(options.recipe).stem
    directory = latest(options, name, "autoencoder.keras")
    if directory is None:
        raise InputError(
            f"there is no finished run of {name} below {options.runs}; "
            f"train one first: make train RECIPE={shlex.quote(options.recipe)}"
        )
    print(f"run folder: {directory}")
    return directory


def requested(options, directory):
    """The recipe with the data and settings asked for, on top of those that a run was started with."""
    from keras_ae import recipe as recipes
    from keras_ae.data.find import find_dataset

    request = {"recipe": recipe_files.recipe_file(options.recipe).stem, "data": None, "set": []}
    if directory is not None:
        request = _read_request(directory, request["recipe"])
    request["set"] = request["set"] + settings(options.set)
    request["data"] = options.data or request["data"]
    recipe = recipes.load(options.recipe)
    if request["data"]:
        recipe = dataclasses.replace(recipe, data=find_dataset(request["data"], recipe.data))
    return recipes.override(recipe, request["set"]), request


def _read_request(directory, name):
    """What a run was started with."""
    try:
        request = json.loads((directory / "request.json").read_text())
        started, _, _ = request["recipe"], request["data"], request["set"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{directory} is not a run's folder: its request.json cannot be read") from error
    if started != name:
        raise InputError(f"{directory} is a run of {started}, expected one of {name}")
    return request


def settings(texts):
    """The words of what was given as settings."""
    try:
        return [setting for text in texts for setting in shlex.split(text)]
    except ValueError as error:
        raise InputError(f"the settings {texts} cannot be split into words: {error}") from error


def latest(options, name, holding="."):
    """The run's folder that was named, or the recipe's newest that holds a file; None without one."""
    if options.run_dir:
        if not options.run_dir.is_dir():
            raise InputError(f"the run's folder {options.run_dir} does not exist")
        _read_request(options.run_dir, name)
        return options.run_dir
    folders = [path for path in (options.runs / name).glob("*") if path.name.isdecimal()]
    folders = [path for path in folders if (path / holding).exists()]
    return max(folders, key=lambda path: int(path.name), default=None)


def next_folder(folder):
    """A new numbered folder; making it is what claims the number."""
    number = max((int(path.name) for path in folder.glob("*") if path.name.isdecimal()), default=0)
    while True:
        number += 1
        try:
            (folder / f"{number:03d}").mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise InputError(
                f"the run's folder {folder} cannot be written ({error.strerror}); see --runs"
            ) from error
        return folder / f"{number:03d}"
