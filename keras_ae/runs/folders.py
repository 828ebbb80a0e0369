"""The numbered folders of a model's runs: the newest, a finished one, one to resume, a new one."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

from keras_ae.catalog import names_beside
from keras_ae.errors import InputError
from keras_ae.files import check_folder
from keras_ae.model_names import find_model, no_model
from keras_ae.names import check_name, is_name, nearby
from keras_ae.runs.request import check_run, read_request

__all__ = [
    "check_called",
    "check_unused",
    "data_of_newest",
    "finished_run",
    "model_name",
    "models_of_runs",
    "next_folder",
    "recipe_of",
    "run_called",
    "run_folder",
    "run_to_resume",
    "started_on",
]

MODEL_FILE = "autoencoder.keras"
"""The file that marks the folder of a finished run."""


def run_folder(runs: Path, name: str, directory: Path | None = None, file: str = ".") -> Path | None:
    """The folder of a run: the one that is named, or the newest of a model.

    Args:
        runs: The folder of all runs.
        name: The model's name.
        directory: The run's own folder, in place of the newest.
        file: A file that the newest run must hold.

    Returns:
        The folder; None if the model has no run with that file.

    Raises:
        InputError: The named folder does not exist.
    """
    if directory is not None:
        if not directory.is_dir():
            near = nearby(str(directory), names_beside(str(directory)))
            raise InputError(f"the run's folder {directory} does not exist{near}; check the path")
        return directory
    folders = [path for path in (runs / name).glob("*") if path.name.isdecimal()]
    folders = [path for path in folders if (path / file).exists()]
    return max(folders, key=lambda path: int(path.name), default=None)


def models_of_runs(runs: Path, file: str = MODEL_FILE) -> dict[str, str]:
    """The models that have runs.

    Args:
        runs: The folder of all runs.
        file: A file that a run must hold to count.

    Returns:
        The recipe of each model's newest run by the model's name, sorted by name. A run that does not say its
        recipe is one of the recipe that its model is called after.
    """
    names = sorted(path.name for path in runs.glob("*") if is_name(path.name))
    newest = {name: run_folder(runs, name, None, file) for name in names}
    return {name: recipe_of(folder) or name for name, folder in newest.items() if folder is not None}


def recipe_of(directory: Path) -> str | None:
    """The name of the recipe that a run was started from.

    Args:
        directory: The run's folder.

    Returns:
        The name; None if the folder does not say it.
    """
    content = read_request(directory)
    return None if content is None else str(content["recipe"])


def model_name(directory: Path, runs: Path = Path("runs")) -> str | None:
    """The name of the model that a run is one of.

    Args:
        directory: The run's folder.
        runs: The folder of all runs; in it, a model is called as its folder is.

    Returns:
        The name; None if the folder does not say it.
    """
    folder = Path(os.path.abspath(directory))
    if str(folder.parent.parent) == os.path.abspath(runs) and folder.name.isdecimal():
        return folder.parent.name
    content = read_request(directory)
    return None if content is None else str(content.get("name", content["recipe"]))


def finished_run(runs: Path, text: str, directory: Path | None = None) -> Path:
    """The folder of a finished run: the one that is named, or the newest of a model.

    Args:
        runs: The folder of all runs.
        text: A model's name, its recipe's, or the path of that recipe's .py file.
        directory: The run's own folder, in place of the newest.

    Returns:
        The folder.

    Raises:
        InputError: There is no such finished run, the recipe has several models, or the named folder holds no
            run of that model.
    """
    if directory is not None:
        run_folder(runs, text, directory)
        check_run(directory, text)
        return directory
    models = models_of_runs(runs)
    name = find_model(text, models, runs)
    folder = None if name is None else run_folder(runs, name, None, MODEL_FILE)
    if folder is None:
        raise no_model(
            text, models, runs, "finished run", f"train one first: make train RECIPE={shlex.quote(text)}"
        )
    return folder


def run_called(runs: Path, text: str | os.PathLike) -> Path:
    """The folder of a run by its path or by a name.

    Args:
        runs: The folder of all runs.
        text: The run's folder, or what `finished_run` takes; a folder that is no run's yields to a model.

    Returns:
        The folder; what is neither a run's nor a name is returned as it is.

    Raises:
        InputError: It is a name that has no finished run.
    """
    folder, name = Path(text), str(text)
    if os.path.isfile(folder / MODEL_FILE) or not (is_name(name) or name.endswith(".py")):
        return folder
    if os.path.exists(folder) and find_model(name, models_of_runs(runs), runs) is None:
        return folder
    return finished_run(runs, name)


def run_to_resume(runs: Path, text: str, name: str | None, directory: Path | None = None) -> Path | None:
    """The folder of a run to resume: the one that is named, or the newest of a model.

    Args:
        runs: The folder of all runs.
        text: A model's name, its recipe's, or the path of that recipe's .py file.
        name: The model's name, where it was given apart.
        directory: The run's own folder, in place of the newest.

    Returns:
        The folder; None if there is none.

    Raises:
        InputError: The recipe has several models, none of them called as it is, or the named folder does not
            exist or holds no run of that model.
    """
    if directory is not None:
        run_folder(runs, text, directory)
        check_run(directory, text)
        if read_request(directory) is None:
            raise InputError(
                f"{directory} does not say how it was started, so that it cannot be resumed; repeat "
                "the command that started it, such as keras-ae sweep"
            )
        check_called(directory, runs, name)
        return directory
    name = name or find_model(text, models_of_runs(runs, "."), runs)
    return None if name is None else run_folder(runs, name)


def check_called(directory: Path, runs: Path, name: str | None) -> None:
    """Checks that a run is one of the model that was named.

    Args:
        directory: The run's folder.
        runs: The folder of all runs.
        name: The model's name; None if none was given.

    Raises:
        InputError: It is one of another model.
    """
    own = model_name(directory, runs)
    if None not in (name, own) and name != own:
        raise InputError(f"{directory} is a run called {own}, expected one called {name}; leave out --name")


def data_of_newest(runs: Path, name: str) -> str | None:
    """The data that the newest run of a model was started with.

    Args:
        runs: The folder of all runs.
        name: The model's name.

    Returns:
        The name of a data set, or a path; None for the recipe's own data, and if there is no run.
    """
    folder = run_folder(runs, name)
    content = read_request(folder) if folder is not None else None
    return None if content is None else content["data"]


def started_on(runs: Path, name: str, data: str) -> bool:
    """Whether the newest run of a model was started with some data.

    Args:
        runs: The folder of all runs.
        name: The model's name.
        data: The name of a data set, or a path, in whatever way it is written.

    Returns:
        Whether it was.
    """
    before = data_of_newest(runs, name)
    return before is not None and os.path.abspath(before) == os.path.abspath(data)


def check_unused(directory: Path) -> None:
    """Checks that a run may begin in a folder.

    Args:
        directory: The run's folder, which need not exist.

    Raises:
        InputError: It holds a run, or cannot be written.
    """
    check_folder(directory, "folder")
    if any(_has_epochs(file) for file in (directory / "checkpoint").rglob("state.json")):
        raise InputError(
            f"{directory} already contains a run; resume it with RESUME=1 (--resume), or name another folder"
        )


def _has_epochs(file):
    """Whether the state of a checkpoint is that of one epoch or more, or of a broken run."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))["epochs"] > 0
    except (OSError, ValueError, KeyError, TypeError):
        return True


def next_folder(folder: Path) -> Path:
    """Makes a new numbered folder; making it is what claims the number.

    Args:
        folder: The folder of a model's runs.

    Returns:
        The new folder, such as `runs/denoising/002`.

    Raises:
        InputError: It cannot be made, or its name is none that folders may have.
    """
    check_name(folder.name, "the name of a model")
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
