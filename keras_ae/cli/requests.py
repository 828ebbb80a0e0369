"""What the arguments of several verbs stand for: a recipe to train, a finished run, an exported model."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from keras_ae.cli.arguments import MODELS, split_settings
from keras_ae.errors import InputError
from keras_ae.model_names import check_model_name
from keras_ae.names import is_name
from keras_ae.recipe_files import recipe_names
from keras_ae.runs.folders import finished_run, recipe_of, run_folder
from keras_ae.runs.request import RunRequest
from keras_ae.serving.versions import find_exported

__all__ = [
    "check_recipe",
    "define_layers",
    "exported_model",
    "finished",
    "request_of_run",
    "run_request",
    "with_name",
]


def run_request(options: argparse.Namespace) -> RunRequest:
    """The recipe, data and settings that the arguments name.

    Args:
        options: The parsed arguments.

    Returns:
        The request.
    """
    return RunRequest(options.recipe, options.data, tuple(split_settings(options.set)))


def check_recipe(text: str, runs: Path) -> None:
    """Refuses a model's name in the place of a recipe that is to be trained, and says what to write.

    Args:
        text: The argument RECIPE.
        runs: The folder of all runs.

    Raises:
        InputError: It is the name of a model and of no recipe.
    """
    if is_name(text) and text not in recipe_names() and (folder := run_folder(runs, text)) is not None:
        raise InputError(
            f"expected a recipe to train, {text} is a model of the recipe {recipe_of(folder)}; name that "
            f"one, and add --name for another run of {text}"
        )


def with_name(request: RunRequest, name: str | None) -> RunRequest:
    """A request with the name that was given for the model.

    Args:
        request: The request.
        name: The value of the option --name; None if it was not given.

    Returns:
        The request.

    Raises:
        InputError: The name is none that a model of this recipe may have.
    """
    if name is None:
        return request
    check_model_name(name, request.recipe_name)
    return replace(request, name=name)


def finished(options: argparse.Namespace) -> Path:
    """The folder of a finished run, whose path it prints.

    Args:
        options: The parsed arguments; those that name no run stand for the model's newest finished one.

    Returns:
        The run's folder.
    """
    directory = finished_run(options.runs, options.recipe, options.run_dir)
    print(f"run folder: {directory}", flush=True)
    return directory


def define_layers(options: argparse.Namespace, directory: Path) -> None:
    """Loads a run's recipe where it can be found, so that Keras finds the layers that its file defines.

    Args:
        options: The parsed argument `recipe`.
        directory: The run's folder.
    """
    with suppress(InputError):  # told where the run needs more than its folder
        request_of_run(options.recipe, directory).load()


def exported_model(options: argparse.Namespace) -> str:
    """The name of the exported model that the argument RECIPE stands for.

    Args:
        options: The parsed arguments `recipe` and `--models`.

    Returns:
        The name.
    """
    return find_exported(options.models or MODELS, options.recipe)


def request_of_run(text: str, directory: Path, settings: Sequence[str] = ()) -> RunRequest:
    """What a run was started with, changed by settings.

    Args:
        text: The argument RECIPE, which the run was found by.
        directory: The run's folder.
        settings: Values of the option --set.

    Returns:
        The request.
    """
    return RunRequest.of_run(directory, text).changed(None, split_settings(settings))
