"""The models that there are: their recipes, the data of their newest runs, and their exported heads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from keras_ae.runs.folders import MODEL_FILE, models_of_runs, run_folder
from keras_ae.runs.request import read_request
from keras_ae.serving.versions import STABLE, exported_models, head_folders, labels

__all__ = ["TrainedModel", "trained_models"]


@dataclass(frozen=True)
class TrainedModel:
    """A model that was trained or exported.

    Attributes:
        name: Its name.
        recipe: The name of its recipe.
        data: What its newest finished run was trained on in place of the recipe's own data; None for these,
            and where it is not known.
        run: The folder of its newest finished run; None if there is none.
        heads: The stable version of each exported head by the head's name.
    """

    name: str
    recipe: str
    data: str | None
    run: Path | None
    heads: dict[str, int]


def trained_models(runs: Path, models: Path) -> list[TrainedModel]:
    """The models that have a finished run or an exported head.

    Args:
        runs: The folder of all runs.
        models: The folder of all exported models.

    Returns:
        The models, sorted by name.
    """
    recipes = exported_models(models) | models_of_runs(runs)
    folders = head_folders(models)
    found = []
    for name, recipe in sorted(recipes.items()):
        run = run_folder(runs, name, None, MODEL_FILE)
        content = (read_request(run) if run is not None else None) or {}
        own = [folder for folder in folders if folder.parent.name == name]
        heads = {folder.name: labels(folder)[STABLE] for folder in own}
        found.append(TrainedModel(name, recipe, content.get("data"), run, heads))
    return found
