"""What a run is started with: a recipe, the data to train it on, and changes to its fields."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_ae.addresses import without_secrets
from keras_ae.data.sources.local import title_of
from keras_ae.errors import InputError
from keras_ae.files import replace_text
from keras_ae.model_names import check_model_name, default_name
from keras_ae.names import check_name, is_name
from keras_ae.recipe_files import recipe_file, recipe_stem

if TYPE_CHECKING:
    from keras_ae.recipe import Recipe

__all__ = ["RECIPE_FILE", "REQUEST_FILE", "RunRequest", "check_run", "read_request"]

REQUEST_FILE = "request.json"
RECIPE_FILE = "recipe.json"
"""The file in a run's folder with all settings of its recipe, however the run was started."""


@dataclass(frozen=True)
class RunRequest:
    """A recipe with the data and the settings that a user chose, and the name of the model.

    Attributes:
        recipe: A recipe's name, or the path of a .py file.
        data: A data set's name or a path, in place of the recipe's own data.
        settings: Changes to the recipe's fields, such as "epochs=5".
        in_python: Whether the run was started from a Python program with what no command line can say, such
            as an array.
        name: The model's name; None for the one that follows from recipe and data.
        directory: The folder of a run that does not say how it was started, from whose settings the recipe is
            made again; None to load the recipe by its name.

    Raises:
        InputError: There is no such recipe, or the name is none that folders may have.
    """

    recipe: str
    data: str | None = None
    settings: tuple[str, ...] = ()
    in_python: bool = False
    name: str | None = None
    directory: Path | None = None

    def __post_init__(self) -> None:
        if self.data is not None:
            object.__setattr__(self, "data", without_secrets(self.data))
        object.__setattr__(self, "settings", tuple(map(without_secrets, self.settings)))
        if self.has_file:
            recipe_file(self.recipe)
        if self.name is not None:
            check_name(self.name, "--name")

    @property
    def recipe_name(self) -> str:
        """The recipe's name: its file's, without the suffix."""
        return recipe_file(self.recipe).stem if self.has_file else self.recipe

    @property
    def has_file(self) -> bool:
        """Whether the recipe is that of a file."""
        return not self.in_python and self.directory is None

    @classmethod
    def from_python(cls, recipe: str) -> RunRequest:
        """The request of a run that no command line can start.

        Args:
            recipe: The recipe's name.

        Returns:
            The request, which tells those who read it so.
        """
        return cls(recipe, in_python=True)

    @classmethod
    def of_run(cls, directory: Path, text: str | None = None) -> RunRequest:
        """Reads what a run was started with.

        Args:
            directory: The run's folder.
            text: What should name the run: its recipe's name or the path of that file, or its model's name.

        Returns:
            The request, by the path of the recipe where the text is one.

        Raises:
            InputError: The folder is no run's, a run of another recipe and model, or its recipe is not there.
        """
        if _has_settings_alone(directory):
            recipe = directory.absolute().parent.name if text is None else recipe_stem(text)
            return cls(recipe, directory=directory)
        content = check_run(directory)
        if content.get("in_python", False):
            raise InputError(
                f"{directory} was trained from Python on what no command line can name; go on there: "
                f"keras_ae.load({str(directory)!r})"
            )
        check_run(directory, text)
        recipe = started = str(content["recipe"])
        if text is not None and text.endswith(".py") and recipe_stem(text) == started:
            recipe = text
        try:
            recipe_file(recipe)
        except InputError as error:
            file = content.get("file", f"path/to/{started}.py")
            raise InputError(
                f"{directory} is a run of the recipe {started}, which is not among those here; give the path "
                f"of its file in place of the name: {file} --run-dir {directory}"
            ) from error
        return cls(recipe, content["data"], tuple(content["set"]), name=content.get("name"))

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

        if self.directory is None:
            recipe = recipes.load(self.recipe)
        else:
            from keras_ae.runs.rebuild import rebuilt_recipe

            recipe = rebuilt_recipe(self.directory)
        if self.data:
            recipe = dataclasses.replace(recipe, data=find_dataset(self.data, recipe.data))
        return recipes.override(recipe, self.settings)

    def with_default_name(self) -> RunRequest:
        """The same request with a name: the recipe's, or with other data `<recipe>-<data>`.

        TensorFlow is imported here where data are given, which may be the recipe's own.

        Returns:
            The request; this one if it has a name.

        Raises:
            InputError: The recipe or the data cannot be loaded, or the name is that of another recipe.
        """
        if self.name is not None:
            return self
        name = self.recipe_name
        texts = [text.partition("=") for text in self.settings]
        by_setting = [value.strip() for field, _, value in texts if field.strip() == "data"]
        data = by_setting[-1] if by_setting else self.data
        if data is not None and not self._has_own_data(by_setting[-1:]):
            name = default_name(name, title_of(data))
            check_model_name(name, self.recipe_name, "the model's default name")
        return dataclasses.replace(self, name=name)

    def _has_own_data(self, data_settings):
        """Whether the data are those that the recipe names itself."""
        from keras_ae import recipe as recipes
        from keras_ae.runs.settings import settings_of

        own = recipes.load(self.recipe)
        other = dataclasses.replace(self, settings=tuple(f"data={text}" for text in data_settings)).load()
        return settings_of(other) == settings_of(own)

    def write(self, directory: Path) -> None:
        """Writes the request into a run's folder.

        Args:
            directory: The run's folder.
        """
        content: dict[str, Any] = {"name": self.name or self.recipe_name, "recipe": self.recipe_name}
        content |= {"data": self.data, "set": list(self.settings)}
        content |= {"in_python": True} if self.in_python else {}
        content |= {"file": self.recipe} if self.recipe != self.recipe_name else {}
        replace_text(directory / REQUEST_FILE, json.dumps(content, indent=1) + "\n")


def read_request(directory: Path) -> dict[str, Any] | None:
    """What a run's folder says of how it was started.

    Args:
        directory: A folder.

    Returns:
        The recipe's name ("recipe"), "data", the settings ("set"), and where they are known "name", "file"
        and "in_python"; None if the folder has no such file, or one of another form.
    """
    try:
        content = json.loads((directory / REQUEST_FILE).read_text(encoding="utf-8"))
        names = [content["recipe"], content.get("name", content["recipe"])]
        texts = [*content["set"], content["data"] or ""]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    is_known = all(map(is_name, names)) and all(isinstance(text, str) for text in texts)
    return content if is_known else None


def check_run(directory: Path, text: str | None = None) -> dict[str, Any]:
    """Checks that a folder holds a run, and that a text names it.

    Args:
        directory: The run's folder.
        text: The name of its recipe or of its model, or the path of the recipe's .py file.

    Returns:
        What the folder says of how the run was started, as `read_request` gives it.

    Raises:
        InputError: The folder is no run's, or a run of another recipe and model.
    """
    content = read_request(directory)
    if text is not None and _has_settings_alone(directory):
        return {"recipe": recipe_stem(text), "data": None, "set": []}
    if content is None:
        raise InputError(
            f"{directory} is not a run's folder: its {REQUEST_FILE} cannot be read; name one such as "
            "runs/denoising/001"
        )
    recipe, name = content["recipe"], content.get("name", content["recipe"])
    if text is not None and recipe_stem(text) not in (recipe, name, directory.absolute().parent.name):
        called = "" if name == recipe else f" called {name}"
        raise InputError(
            f"{directory} is a run of {recipe}{called}, expected one of {recipe_stem(text)}; name {name} in "
            "its place"
        )
    return content


def _has_settings_alone(directory: Path) -> bool:
    """Whether a run's folder has the settings of its recipe, and nothing of how it was started."""
    return (directory / RECIPE_FILE).is_file() and not (directory / REQUEST_FILE).exists()
