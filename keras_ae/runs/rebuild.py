"""The recipe of a run from its folder, without the file that it was written in."""

from __future__ import annotations

import ast
import dataclasses
import json
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from keras_ae.data.dataset import Dataset
from keras_ae.data.types import Data
from keras_ae.errors import SCALARS, InputError
from keras_ae.overrides import recipe_classes, several_of
from keras_ae.recipe import Recipe, flat
from keras_ae.runs import first_format
from keras_ae.runs.data_facts import folder_format
from keras_ae.runs.settings import RECIPE_FILE

__all__ = ["Unavailable", "rebuilt_recipe", "recipe_from_settings"]


@dataclass(frozen=True)
class Unavailable(Dataset):
    """Data that a run was trained on and that its folder does not lead to, such as arrays in memory.

    Attributes:
        kind: The class of the data set.
        content: What the folder says of it.
    """

    category: ClassVar[str] = ""
    kind: str
    content: str = ""

    def load(self) -> Data:
        """Nothing can be loaded.

        Raises:
            InputError: Always.
        """
        content = f" ({self.content})" if self.content else ""
        raise InputError(
            f"the run was trained on {self.kind}{content}, which its folder does not hold; give examples, "
            "evaluate(x), or the data again"
        )

    def sample(self) -> Data:
        """Nothing can be loaded."""
        return self.load()


def rebuilt_recipe(directory: Path) -> Recipe:
    """The recipe that a run was trained with, from the settings in its folder.

    Args:
        directory: The run's folder.

    Returns:
        The recipe, without callbacks; its data are `Unavailable` where they were in memory.

    Raises:
        InputError: If the settings cannot be read, or name a class that this package does not have.
    """
    file = directory / RECIPE_FILE
    try:
        settings = dict(json.loads(file.read_text(encoding="utf-8")))
        if folder_format(directory) == 0:
            settings = first_format.settings(settings)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{file} cannot be read ({error}); train again") from error
    return recipe_from_settings(settings)


def recipe_from_settings(settings: Mapping[str, str]) -> Recipe:
    """A recipe from its fields as text.

    Args:
        settings: Values by the fields' paths, as `settings_of` gives them.

    Returns:
        The recipe, without callbacks.

    Raises:
        InputError: If a value, a class or a setting is not one of this package's.
    """
    recipe = _built(Recipe, {**settings, "callbacks": "()"}, "")
    known = flat(recipe)
    unknown = [path for path in settings if path not in known and not path.startswith("data.")]
    if unknown:
        raise InputError(
            f"{unknown[0]} of the run is no setting of this version of keras_ae; give the recipe that it was "
            "trained with, load(directory, recipe=...)"
        )
    return recipe


def _built(kind: type, settings: Mapping[str, str], prefix: str) -> Any:
    """A dataclass from the settings below a path."""
    hints, values = typing.get_type_hints(kind), {}
    for field in dataclasses.fields(kind):
        path = f"{prefix}{field.name}"
        if path in settings:
            values[field.name] = _value(settings[path], hints[field.name], settings, path)
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{kind.__name__} cannot be made of the run's settings: {error}; give the recipe that it was "
            "trained with, load(directory, recipe=...)"
        ) from error


def _value(text: str, hint: Any, settings: Mapping[str, str], path: str) -> Any:
    """A field's value: a dataclass where the text names one, else what the text says in Python."""
    options = typing.get_args(hint) or (hint,)
    kinds = [option for option in options if isinstance(option, type)]
    named = [
        known for known in recipe_classes() if known.__name__ == text and issubclass(known, tuple(kinds))
    ]
    if hint is not str and named:
        try:
            return _built(named[0], settings, f"{path}.")
        except InputError:
            if hint is not Dataset:
                raise
    if hint is Dataset:
        content = next((value for name, value in settings.items() if name.startswith(f"{path}.")), "")
        return Unavailable(text, content)
    if text == "None" and type(None) in options:
        return None
    several = any(typing.get_origin(option) is tuple for option in (hint, *options)) and text.startswith("(")
    if str in options and not several:
        return text
    try:
        if typing.get_origin(hint) is tuple and kinds and kinds[0] not in SCALARS:
            return several_of(text, kinds[0], path)
        return ast.literal_eval(text)
    except (ValueError, SyntaxError) as error:
        raise InputError(
            f"{path} of the run is {text}, which is no class of keras_ae; give the recipe that it was "
            "trained with, load(directory, recipe=...)"
        ) from error
