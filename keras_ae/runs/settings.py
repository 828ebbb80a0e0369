"""The settings that a run was trained with: every field of its recipe as text, in the run's folder."""

from __future__ import annotations

import json
from dataclasses import fields
from functools import reduce
from pathlib import Path

from keras_ae.errors import InputError
from keras_ae.files import replace_text
from keras_ae.recipe import Recipe, flat
from keras_ae.runs import first_format
from keras_ae.runs.data_facts import folder_format

__all__ = ["RECIPE_FILE", "differences", "save_settings", "settings_of"]

RECIPE_FILE = "recipe.json"
"""The name of the settings' file in a run's folder."""


def settings_of(recipe: Recipe) -> dict[str, str]:
    """Every field of a recipe as text.

    Args:
        recipe: A recipe.

    Returns:
        Values by the fields' paths, such as "variant.latent_dim".
    """
    return {name: str(value) for name, value in flat(recipe).items()}


def save_settings(recipe: Recipe, directory: Path) -> None:
    """Writes a recipe's settings into a run's folder.

    Args:
        recipe: The recipe that is trained.
        directory: The run's folder.
    """
    replace_text(directory / RECIPE_FILE, json.dumps(settings_of(recipe), indent=1))


def differences(recipe: Recipe, directory: Path) -> dict[str, tuple[str | None, str | None]]:
    """The settings of a recipe that differ from those that a run was trained with.

    A field that the run did not have yet, and that has its default now, makes no difference.

    Args:
        recipe: A recipe.
        directory: The run's folder.

    Returns:
        (then, now) by the field's path; nothing for a folder without settings.

    Raises:
        InputError: If the folder's settings cannot be read.
    """
    file = directory / RECIPE_FILE
    if not file.exists():
        return {}
    try:
        before = dict(json.loads(file.read_text(encoding="utf-8")))
        if folder_format(directory) == 0:
            before = first_format.settings(before)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{file} cannot be read ({error}); train again") from error
    now = settings_of(recipe)
    return {
        name: (before.get(name), now.get(name))
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name) and not (name not in before and _is_default(recipe, name))
    }


def _is_default(recipe, path):
    """Whether a field has its default value."""
    *owners, name = path.split(".")
    owner = reduce(getattr, owners, recipe)
    return any(entry.name == name and entry.default == getattr(owner, name) for entry in fields(owner))
