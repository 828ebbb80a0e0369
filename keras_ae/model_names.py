"""The names of models: which one a text stands for, which a new run has, and what to say of none."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from keras_ae.errors import InputError
from keras_ae.names import check_name, nearby, shortened, slug
from keras_ae.recipe_files import recipe_names, recipe_stem

__all__ = ["check_model_name", "default_name", "find_model", "no_model"]

LOG = logging.getLogger(__name__)


def check_model_name(name: str, recipe: str, what: str = "--name") -> None:
    """Checks that a model of a recipe may have a name.

    Args:
        name: The name.
        recipe: The recipe's name.
        what: What the name was given as, to begin the message with.

    Raises:
        InputError: It does not keep the rule, or it is the name of another recipe.
    """
    check_name(name, what)
    if name != recipe and name in recipe_names():
        raise InputError(
            f"{name} is the name of another recipe, whose models this one would pass for; give a --name "
            "that no recipe has"
        )


def default_name(recipe: str, data: str) -> str:
    """The name of a model that is trained on other data than its recipe's own.

    Args:
        recipe: The recipe's name.
        data: The name of a data set, or the path of a folder or file, of which the last part counts.

    Returns:
        The name, `<recipe>-<data>`.
    """
    if os.path.exists(data):
        path = Path(os.path.abspath(data))  # of "." and ".."; a link keeps its own name
        data = path.name if path.is_dir() else path.stem
    return shortened(f"{recipe}-{slug(data)}")


def find_model(text: str, models: Mapping[str, str], where: Path) -> str | None:
    """The model that a text names, by its own name or by its recipe's.

    A model that is called as the recipe is has precedence, and which others there are is logged. Where there
    is none, the one other model of the recipe is taken, which is logged too.

    Args:
        text: The name of a model or of a recipe, or the path of a recipe's .py file.
        models: The recipe of each model by the model's name.
        where: The folder of the models, for messages.

    Returns:
        The model's name; None if there is no such model.

    Raises:
        InputError: The text is no name, or names a recipe of several models, of which none has its name.
    """
    name = text if text in models else recipe_stem(text)
    check_name(name, "the name of a recipe or of a model")
    others = sorted(model for model, recipe in models.items() if recipe == name and model != name)
    if name in models:
        if others:
            LOG.info("taking %s; %s also holds, of this recipe, %s", name, where, ", ".join(others))
        return name
    if len(others) > 1:
        raise InputError(
            f"{where} holds several models of the recipe {name}; name one of them in its place: "
            f"{', '.join(others)}"
        )
    if others:
        LOG.warning("taking %s, the one model of the recipe %s in %s", others[0], name, where)
    return others[0] if others else None


def no_model(text: str, models: Mapping[str, str], where: Path, kind: str, advice: str) -> InputError:
    """The error that there is no model of a name.

    Args:
        text: The name of a recipe or of a model, or the path of a recipe's .py file.
        models: The recipe of each model by the model's name.
        where: The folder of the models.
        kind: What there is none of, such as "finished run".
        advice: How to come by one of a recipe.

    Returns:
        The error. Where there is no recipe of that name either, it says so first, with names that are near.
    """
    name, recipes = recipe_stem(text), recipe_names()
    more = f" and {len(models) - MOST_LISTED} more" if len(models) > MOST_LISTED else ""
    listing = ", ".join(sorted(models)[:MOST_LISTED]) + more
    if name in recipes or os.path.isfile(text):
        others = f" (there is {listing})" if models else ""
        return InputError(f"there is no {kind} of {name} below {where}{others}; {advice}")
    near = nearby(name, [*recipes, *models])
    return InputError(
        f"there is no recipe or model called {name!r}{near}; {where} holds {listing or 'nothing'}; "
        "keras-ae list names the recipes"
    )


MOST_LISTED = 8
"""Models that a message names, at most."""
