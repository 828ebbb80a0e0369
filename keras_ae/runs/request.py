"""What a run is started with: a recipe, the data to train it on, and changes to its fields."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_ae.errors import InputError
from keras_ae.files import replace_text
from keras_ae.recipe_files import recipe_file

if TYPE_CHECKING:
    from keras_ae.recipe import Recipe

__all__ = ["REQUEST_FILE", "RunRequest"]

REQUEST_FILE = "request.json"


@dataclass(frozen=True)
class RunRequest:
    """A recipe with the data and the settings that a user chose.

    Attributes:
        recipe: A recipe's name, or the path of a .py file.
        data: A data set's name or a path, in place of the recipe's own data.
        settings: Changes to the recipe's fields, such as "epochs=5".
        in_python: Whether the run was started from a Python program with what no command line can say, such
            as an array.

    Raises:
        InputError: There is no such recipe.
    """

    recipe: str
    data: str | None = None
    settings: tuple[str, ...] = ()
    in_python: bool = False

    def __post_init__(self) -> None:
        if not self.in_python:
            recipe_file(self.recipe)

    @property
    def name(self) -> str:
        """The recipe's name: its file's, without the suffix."""
        return self.recipe if self.in_python else recipe_file(self.recipe).stem

    @classmethod
    def from_python(cls, name: str) -> RunRequest:
        """The request of a run that no command line can start.

        Args:
            name: The recipe's name.

        Returns:
            The request, which tells those who read it so.
        """
        return cls(name, in_python=True)

    @classmethod
    def of_run(cls, directory: Path, recipe: str) -> RunRequest:
        """Reads what a run was started with.

        Args:
            directory: The run's folder.
            recipe: The name or path of the recipe that it should be a run of.

        Returns:
            The request, by that name or path of the recipe.

        Raises:
            InputError: The folder is no run's, or a run of another recipe.
        """
        try:
            content = json.loads((directory / REQUEST_FILE).read_text(encoding="utf-8"))
            started, data, settings = content["recipe"], content["data"], tuple(content["set"])
            in_python = content.get("in_python", False)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{directory} is not a run's folder: its {REQUEST_FILE} cannot be read"
            ) from error
        if in_python:
            raise InputError(
                f"{directory} was trained from Python on what no command line can name; go on there: "
                f"keras_ae.load({str(directory)!r})"
            )
        request = cls(recipe, data, settings)
        if started != request.name:
            raise InputError(f"{directory} is a run of {started}, expected one of {request.name}")
        return request

    def changed(self, data: str | None = None, settings: Sequence[str] = ()) -> RunRequest:
        """The same request with other data and with further settings.

        Args:
            data: Data in place of this request's; None leaves them.
            settings: Changes that follow this request's, and so win over them.

        Returns:
            The new request.
        """
        return dataclasses.replace(self, data=data or self.data, settings=(*self.settings, *settings))

    def load(self) -> Recipe:
        """Loads the recipe with its data and settings changed. TensorFlow is imported here.

        Returns:
            The recipe.

        Raises:
            InputError: The recipe cannot be loaded, or does not take the data or a setting.
        """
        from keras_ae import recipe as recipes
        from keras_ae.data.find import find_dataset

        recipe = recipes.load(self.recipe)
        if self.data:
            recipe = dataclasses.replace(recipe, data=find_dataset(self.data, recipe.data))
        return recipes.override(recipe, self.settings)

    def write(self, directory: Path) -> None:
        """Writes the request into a run's folder.

        Args:
            directory: The run's folder.
        """
        content: dict[str, Any] = {"recipe": self.name, "data": self.data, "set": list(self.settings)}
        content |= {"in_python": True} if self.in_python else {}
        replace_text(directory / REQUEST_FILE, json.dumps(content, indent=1) + "\n")
