"""Training and loading from a Python program: the functions of `keras_ae` itself."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import pandas as pd

from keras_ae.catalog import names_beside
from keras_ae.data.dataset import Dataset
from keras_ae.data.find import as_dataset
from keras_ae.data.memory import Arrays
from keras_ae.data.sources.local import title_of
from keras_ae.data.tables.frames import Frame
from keras_ae.errors import InputError
from keras_ae.heads import ServableHeads
from keras_ae.model_names import check_model_name, default_name
from keras_ae.names import check_name, nearby
from keras_ae.recipe import Recipe, flat, replaced
from keras_ae.recipe import load as load_recipe
from keras_ae.recipe_files import recipe_names
from keras_ae.runs.artifacts import MODEL_FILE, load_artifacts
from keras_ae.runs.checkpoint import read_state
from keras_ae.runs.folders import check_called, model_name, next_folder, run_called, run_folder
from keras_ae.runs.plan import plan_for
from keras_ae.runs.rebuild import rebuilt_recipe
from keras_ae.runs.request import RunRequest
from keras_ae.runs.settings import RECIPE_FILE, settings_of
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.training import train as training
from keras_ae.training.complete import describe, keeping_epochs, tell_other_data
from keras_ae.training.finished import FinishedRun
from keras_ae.training.trainer import Trainer
from keras_ae.training.words import in_python, words_of_python
from keras_ae.variants import Variant

__all__ = ["build_trainer", "evaluate", "export", "load", "train"]


def train(
    recipe: str | Recipe | Variant,
    data: Any = None,
    *,
    name: str | None = None,
    validation_data: Any = None,
    directory: str | os.PathLike | None = None,
    runs: str | os.PathLike = "runs",
    resume: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: int = 1,
    **fields: Any,
) -> FinishedRun:
    """Trains a recipe, evaluates it on its test split and writes its model card.

    Example:
        >>> run = keras_ae.train("digits", data=images, epochs=5, variant="variational")
        >>> codes = run.encode(images)

    Args:
        recipe: A recipe's name, the path of its file, a `Recipe`, or a variant, which is trained to
            reconstruct its inputs.
        data: The data in place of the recipe's own: an array, a data frame, a path, a data set's name, or a
            `Dataset` such as `Arrays(x, y)`.
        name: The model's name, which the folders of its runs and exports have. By default it is the recipe's,
            or the variant's; with other data than the recipe's own `<recipe>-<data>`, such as
            "denoising-photos", or "denoising-arrays" for what is in memory.
        validation_data: Examples to validate on, or (examples, labels), in place of a part of `data`, which
            are then in memory too.
        directory: The run's folder; by default `runs/<name>/<number>`.
        runs: The folder of all runs.
        resume: Whether to resume the model's newest run, or the one in `directory`, after its last epoch.
        callbacks: Keras callbacks in addition to the recipe's own.
        verbose: 0 prints nothing, 1 a progress bar, or about thirty lines where the output is no terminal, 2
            a line for each epoch.
        **fields: Changes to the recipe's fields, such as `epochs=5`; a field of a field has two underscores
            between, `variant__latent_dim=8`.

    Returns:
        The finished run.

    Raises:
        InputError: If the recipe, the data, a field or the folder cannot be used.
        TrainingInterrupted: After Ctrl-C; the folder holds the completed epochs, and `resume` goes on.
    """
    if verbose not in (0, 1, 2):
        raise InputError(f"verbose must be 0, 1 or 2, received {verbose!r}")
    _check_callbacks(callbacks)
    report = _say if verbose else _silent
    with words_of_python():
        changed = _changed(recipe, data, validation_data, fields)
        called = _name(recipe, data, changed) if name is None else name
        check_model_name(called, changed.name, "name")
        own = None if directory is None else Path(directory)
        resumed = run_folder(Path(runs), called, own) if resume else None
        if resumed is not None:
            check_called(resumed, Path(runs), name)
            called = model_name(resumed, Path(runs)) or called
        own = resumed or own
        if own is not None:
            changed = training.claimable(changed, own, resume=resumed is not None)
        loaded = training.load_and_build(changed, report)
        if resume and resumed is None:
            report(f"nothing to resume in {Path(runs) / called}: starting a new run")
        if resumed is None and name is None and isinstance(data, str | os.PathLike):
            tell_other_data(Path(runs), called, os.fspath(data), report)
        folder = own or next_folder(Path(runs) / called)
        with keeping_epochs(folder, remove=not own):
            training.claim(changed, folder)
            replace(_request(recipe, data, fields, changed), name=called).write(folder)
            report(f"run folder: {folder}")
            run = training.train(changed, folder, resumed is not None, report, verbose, callbacks, loaded)
            describe(run, report=report)
    heads = ServableHeads(run.heads, run.data.scaler, {}, run.sampler, run.served_heads)
    return FinishedRun(folder, heads, run.history, run.data.label_names, changed, run)


def load(
    directory: str | os.PathLike, recipe: str | Recipe | None = None, *, runs: str | os.PathLike = "runs"
) -> FinishedRun:
    """Loads a finished run from its folder; the data that it was trained on need not exist any more.

    Args:
        directory: The run's folder, such as "runs/denoising/001", or a model's or a recipe's name, for its
            newest finished run as on the command line.
        recipe: The recipe that it was trained with, where that has classes of its own; otherwise it is read
            from the folder.
        runs: The folder of all runs, in which a name is looked up.

    Returns:
        The run.

    Raises:
        InputError: If the folder is no finished run's, or a newer version of keras_ae wrote it; or a name
            has no finished run.
    """
    with words_of_python():
        folder = run_called(Path(runs), directory)
        _check_run(folder)
        loaded: Recipe | None = load_recipe(recipe) if isinstance(recipe, str) else recipe
        artifacts = load_artifacts(folder)  # whose layers the recipe's file may define
        if loaded is None:
            try:
                loaded = rebuilt_recipe(folder)
            except InputError:
                loaded = None  # asked for where it is needed
    history = read_state(folder / "checkpoint")["history"]
    return FinishedRun(folder, artifacts, history, artifacts.label_names, loaded)


def evaluate(
    run: FinishedRun | str | os.PathLike, x: Any = None, y: Any = None
) -> dict[str, dict[str, float]]:
    """Computes metrics of a finished run; see `FinishedRun.evaluate`.

    Args:
        run: The run, or its folder or its model's name, as for `load`.
        x: (n, ...), examples; None for the test split of the run's data.
        y: (n,), their labels.

    Returns:
        Metrics by row and name, the model's row last.
    """
    return (run if isinstance(run, FinishedRun) else load(run)).evaluate(x, y)


def export(
    run: FinishedRun | str | os.PathLike,
    models: str | os.PathLike = "saved_models",
    keep: int | None = None,
    name: str | None = None,
) -> dict[str, Path]:
    """Exports the heads of a finished run for TF Serving; see `FinishedRun.export`.

    Args:
        run: The run, or its folder or its model's name, as for `load`.
        models: The folder of all exported models.
        keep: Number of newest versions of each head to keep; None keeps all.
        name: The name to export them under; None for the run's.

    Returns:
        The folder of each head's new version, by the head's name.
    """
    return (run if isinstance(run, FinishedRun) else load(run)).export(models, keep, name)


def build_trainer(recipe: str | Recipe | Variant, data: Any = None, **fields: Any) -> Trainer:
    """Builds the Keras model that trains the whole objective of a recipe, to be compiled and fitted by hand.

    Example:
        >>> trainer = keras_ae.build_trainer("binarized_vae", data=images)
        >>> trainer.compile("adam")
        >>> trainer.fit(images, epochs=3)
        >>> trainer.heads.encoder.save("encoder.keras")

    Args:
        recipe: As for `train`.
        data: As for `train`; the network is built for it.
        **fields: As for `train`.

    Returns:
        The trainer, not compiled, with its `heads`. It takes values as the network has them: in [0, 1],
        bytes, or standardized.

    Raises:
        InputError: If the recipe, the data or a field cannot be used.
    """
    with words_of_python():
        changed = _changed(recipe, data, None, fields)
        paired, heads = training.load_and_build(changed, _silent)
        steps = plan_for(changed, len(paired.data.train)).steps
        return training.trainer_for(changed, heads, paired.data.train.shape, paired.data.scaler, steps)


def _changed(recipe, data, validation_data, fields) -> Recipe:
    """The recipe that is trained, with a name."""
    paths = _paths(fields)
    if "data" in paths:
        raise InputError("give the data as data=...; received it twice")
    if "name" in paths:
        raise InputError("a trainer has no name; leave name out")
    if isinstance(recipe, Variant):
        if data is None:
            raise InputError(f"expected data to train {type(recipe).__name__} on; give data=...")
        name = type(recipe).__module__.rpartition(".")[2]
        base = Recipe(_dataset(data, validation_data, None), recipe, Reconstruction(), name=name)
    else:
        if not isinstance(recipe, str | Recipe):
            raise InputError(
                f"expected a recipe's name, a Recipe or a variant such as Variational(), received {recipe!r}"
            )
        base = load_recipe(recipe) if isinstance(recipe, str) else recipe
        if data is not None:
            base = replace(base, data=_dataset(data, validation_data, base.data))
        elif validation_data is not None:
            base = replace(base, data=_validated(base.data, validation_data))
    changed = replaced(base, paths)
    changed = replace(changed, name=changed.name or "model")
    check_name(changed.name, "the name of a recipe")
    return changed


def _name(recipe: Any, data: Any, changed: Recipe) -> str:
    """The name of a model that was given none: the recipe's, or with other data `<recipe>-<data>`."""
    is_text = isinstance(data, str | os.PathLike)
    if data is None:
        return changed.name
    if isinstance(recipe, Variant):  # which has no data of its own, but may have a recipe's name
        if not is_text and changed.name not in recipe_names():
            return changed.name
    else:
        own = load_recipe(recipe) if isinstance(recipe, str) else recipe
        if type(own.data) is type(changed.data) and flat(own.data) == flat(changed.data):
            return changed.name
    if is_text:
        return default_name(changed.name, title_of(os.fspath(data)))
    if isinstance(data, Dataset):
        paths = [value for value in vars(data).values() if isinstance(value, str) and value]
        return default_name(changed.name, data.name or (paths or [type(data).__name__.lower()])[0])
    return default_name(changed.name, "frame" if isinstance(data, pd.DataFrame) else "arrays")


def _paths(fields: dict[str, Any]) -> dict[str, Any]:
    """Values by the paths of a recipe's fields, those of an object before those of its fields."""
    paths = {name.replace("__", "."): value for name, value in fields.items()}
    return {path: paths[path] for path in sorted(paths, key=lambda path: path.count("."))}


def _dataset(data: Any, validation_data: Any, instead: Dataset | None) -> Dataset:
    if validation_data is None:
        return as_dataset(data, instead)
    dataset = _validated(as_dataset(data), validation_data)
    return dataset if instead is None or isinstance(data, Dataset) else instead.around(dataset)


def _validated(dataset: Dataset, validation_data: Any) -> Dataset:
    """Data in memory with examples to validate on."""
    if not isinstance(dataset, Arrays | Frame):
        raise InputError(
            f"validation_data goes with data in memory, an array or a data frame; received it with "
            f"{type(dataset).__name__}, which has a validation split of its own; leave it out"
        )
    return replace(dataset, validation=validation_data)


def _request(recipe: Any, data: Any, fields: dict[str, Any], changed: Recipe) -> RunRequest:
    """What the command line can go on from: the same request in its words, or a note that there is none."""
    if isinstance(recipe, str) and (data is None or isinstance(data, str | os.PathLike)):
        settings = tuple(f"{path}={value}" for path, value in _paths(fields).items())
        request = RunRequest(recipe, None if data is None else os.fspath(data), settings)
        try:
            same = settings_of(request.load()) == settings_of(changed)
        except InputError:
            same = False
        if same:
            return request
    return RunRequest.from_python(changed.name)


def _check_run(folder: Path) -> None:
    """Refuses what is no run's folder, with what is there instead."""
    if not os.path.isdir(folder):
        near = nearby(str(folder), names_beside(str(folder)))
        state = "is a file" if os.path.exists(folder) else f"does not exist{near}"
        raise InputError(
            f"expected a run's folder such as runs/denoising/001, or a model's name; {folder} {state}; "
            "check the path"
        )
    if not (folder / RECIPE_FILE).exists() and not (folder / MODEL_FILE).exists():
        inside = sorted(path.parent for path in folder.glob(f"*/{MODEL_FILE}"))
        inside = inside or sorted(path.parent for path in folder.glob(f"*/*/{MODEL_FILE}"))
        advice = f"the runs in it are {', '.join(map(str, inside))}" if inside else "there is no run in it"
        raise InputError(f"expected a run's folder such as runs/denoising/001; {folder} is none, {advice}")


def _check_callbacks(callbacks: Any) -> None:
    """Refuses what Keras could not call."""
    several = callbacks if isinstance(callbacks, list | tuple) else [callbacks]
    wrong = [one for one in several if not isinstance(one, keras.callbacks.Callback)]
    if wrong or several is not callbacks:
        raise InputError(
            f"expected a list of objects of keras.callbacks.Callback as callbacks, received "
            f"{(wrong or several)[0]!r}; give callbacks=[MyCallback()]"
        )


def _silent(line: str) -> None:
    """Says nothing."""


def _say(line: str) -> None:
    print(in_python(line), flush=True)
