"""The numbered folders of a recipe's runs: the newest, a finished one, a new one."""

from __future__ import annotations

import shlex
from pathlib import Path

from keras_ae.errors import InputError
from keras_ae.recipe_files import recipe_file
from keras_ae.runs.request import RunRequest

__all__ = ["finished_run", "next_folder", "run_folder"]

MODEL_FILE = "autoencoder.keras"
"""The file that marks the folder of a finished run."""


def run_folder(runs: Path, name: str, directory: Path | None = None, file: str = ".") -> Path | None:
    """The folder of a run: the one that is named, or the newest of a recipe.

    Args:
        runs: The folder of all runs.
        name: The recipe's name.
        directory: The run's own folder, in place of the newest.
        file: A file that the newest run must hold.

    Returns:
        The folder; None if the recipe has no run with that file.

    Raises:
        InputError: The named folder does not exist.
    """
    if directory is not None:
        if not directory.is_dir():
            raise InputError(f"the run's folder {directory} does not exist")
        return directory
    folders = [path for path in (runs / name).glob("*") if path.name.isdecimal()]
    folders = [path for path in folders if (path / file).exists()]
    return max(folders, key=lambda path: int(path.name), default=None)


def finished_run(runs: Path, recipe: str, directory: Path | None = None) -> Path:
    """The folder of a finished run: the one that is named, or the recipe's newest.

    Args:
        runs: The folder of all runs.
        recipe: The recipe's name, or the path of its .py file.
        directory: The run's own folder, in place of the newest.

    Returns:
        The folder.

    Raises:
        InputError: The recipe has no finished run, or the named folder holds no run of it.
    """
    name = recipe_file(recipe).stem
    folder = run_folder(runs, name, directory, MODEL_FILE)
    if folder is None:
        raise InputError(
            f"there is no finished run of {name} below {runs}; "
            f"train one first: make train RECIPE={shlex.quote(recipe)}"
        )
    if directory is not None:
        RunRequest.of_run(folder, recipe)
    return folder


def next_folder(folder: Path) -> Path:
    """Makes a new numbered folder; making it is what claims the number.

    Args:
        folder: The folder of a recipe's runs.

    Returns:
        The new folder, such as `runs/denoising/002`.

    Raises:
        InputError: It cannot be made.
    """
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
