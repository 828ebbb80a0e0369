"""The settings that a run was trained with: every field of its recipe as text, in the run's folder."""

from __future__ import annotations

import json
from dataclasses import fields
from functools import reduce
from pathlib import Path

from keras_ae.errors import InputError
from keras_ae.files import replace_text
from keras_ae.recipe import Recipe, flat, replaced
from keras_ae.runs import first_format
from keras_ae.runs.data_facts import folder_format
from keras_ae.runs.plan import read_plan
from keras_ae.runs.request import RECIPE_FILE

__all__ = ["RECIPE_FILE", "as_begun", "differences", "save_settings", "settings_of"]

LENGTH = ("epochs", "default_epochs", "min_steps", "max_steps")
"""The settings of a training's length, which may change when a run is resumed."""


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
    before = _settings_in(directory)
    if before is None:
        return {}
    now = settings_of(recipe)
    ignored = () if "min_steps" in before else LENGTH  # of a version that had epochs alone
    return {
        name: (before.get(name), now.get(name))
        for name in sorted({*before, *now}.difference(ignored))
        if before.get(name) != now.get(name) and not (name not in before and _is_default(recipe, name))
    }


def as_begun(recipe: Recipe, directory: Path) -> Recipe:
    """A recipe to resume a run with, which an earlier version of keras_ae may have begun.

    Args:
        recipe: The recipe.
        directory: The run's folder.

    Returns:
        The recipe; of a run without a plan, with as many epochs as that was begun with, if it was given any
        and the recipe names no others.

    Raises:
        InputError: If the folder's settings cannot be read, or the run was begun with other settings.
    """
    before = _settings_in(directory) or {}
    changed = {name: pair for name, pair in differences(recipe, directory).items() if name not in LENGTH}
    if changed:
        listing = ", ".join(f"{name} (was {was}, is {now})" for name, (was, now) in changed.items())
        raise InputError(
            f"{directory} was trained with another recipe: {listing}; start a new run without RESUME=1"
        )
    given = before.get("epochs", "None")
    if recipe.epochs is None and given != "None" and read_plan(directory) is None:
        return replaced(recipe, {"epochs": given})
    return recipe


def _settings_in(directory: Path) -> dict[str, str] | None:
    """The settings in a run's folder, in today's words; None if it has none."""
    file = directory / RECIPE_FILE
    if not file.exists():
        return None
    try:
        before = dict(json.loads(file.read_text(encoding="utf-8")))
        return first_format.settings(before) if folder_format(directory) == 0 else before
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{file} cannot be read ({error}); train again") from error


def _is_default(recipe, path):
    """Whether a field has its default value."""
    *owners, name = path.split(".")
    owner = reduce(getattr, owners, recipe)
    return any(entry.name == name and entry.default == getattr(owner, name) for entry in fields(owner))
