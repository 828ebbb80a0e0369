"""The recipes that data are for, and why data are not enough for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keras_ae.data.dataset import Dataset
from keras_ae.data.find import find_dataset
from keras_ae.data.types import Data
from keras_ae.declared import declared_value
from keras_ae.errors import InputError
from keras_ae.overrides import override_data
from keras_ae.recipe_files import recipe_names
from keras_ae.tasks.calibration import with_calibration

if TYPE_CHECKING:
    from keras_ae.recipe import Recipe

__all__ = ["RecipeCheck", "check_recipe", "check_recipes"]


@dataclass(frozen=True)
class RecipeCheck:
    """Whether data are enough for a recipe.

    Attributes:
        recipe: The recipe's name.
        refusal: Why it cannot be trained on them, and what to do; "" if nothing was found that speaks against
            it.
    """

    recipe: str
    refusal: str = ""


def check_recipes(
    text: str, dataset: Dataset, data: Data, settings: Sequence[str]
) -> tuple[RecipeCheck, ...]:
    """Checks all recipes for data of a category, as far as no network need be built for it.

    The examples of each split are as many as its task takes, where this can be read from the recipe's file.

    Args:
        text: A path, or the name of a data set.
        dataset: What it is read as.
        data: The data, as `Dataset.outline` gives them.
        settings: Changes to the data set's fields.

    Returns:
        A check for each recipe whose own data are of the same category.
    """
    checks = []
    for name in recipe_names():
        try:
            own = declared_value(name, "data")
        except LookupError:
            continue
        if own.category != dataset.category:
            continue
        try:
            checks.append(RecipeCheck(name, _refusal(name, own, text, dataset, data, settings)))
        except LookupError:  # a kind of its own, such as a test set
            continue
    return tuple(checks)


def check_recipe(recipe: Recipe, data: Data) -> RecipeCheck:
    """Checks all that training checks before its first epoch; TensorFlow is imported here.

    Args:
        recipe: The recipe.
        data: As its data set loads them.

    Returns:
        The check.
    """
    from keras_ae.training.train import build

    try:
        build(recipe, recipe.task.prepare(data))
    except InputError as error:
        return RecipeCheck(recipe.name, str(error))
    return RecipeCheck(recipe.name)


def _refusal(name, own, text, dataset, data, settings):
    """Why a recipe cannot be trained on data; "" if nothing was found that speaks against it."""
    try:
        read = override_data(find_dataset(text, own), settings)
        kind = type(getattr(read, read.wraps) if read.wraps else read)
        if kind is not type(dataset):
            raise LookupError(name)
        used = data if read == dataset else read.outline()
        try:
            threshold = declared_value(name, "task.threshold")
        except LookupError:  # of a task that needs no examples beside the splits
            return ""
        with_calibration(used, threshold)
    except InputError as error:
        return str(error)
    return ""
