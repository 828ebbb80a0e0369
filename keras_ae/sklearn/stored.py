"""Estimators in files: one Keras model's file with what the estimator is beside it, and no code."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from keras_ae.errors import InputError
from keras_ae.files import written_whole
from keras_ae.runs.rebuild import recipe_from_settings
from keras_ae.runs.settings import settings_of
from keras_ae.sklearn.network import Network, read_facts
from keras_ae.sklearn.parameters import BASES

__all__ = ["load_estimator", "save_estimator"]

T = TypeVar("T")

NETWORK = "network_"
"""The attribute of an estimator that is stored as Keras models."""


def save_estimator(estimator: Any, file: Path) -> None:
    """Writes a fitted estimator into a file.

    Args:
        estimator: The estimator.
        file: A `.keras` file, new or to be replaced.

    Raises:
        InputError: If the estimator's parts are not all of this package, or the file cannot be written.
    """
    if file.suffix != ".keras":
        raise InputError(f"expected a file that ends in .keras, received {file}; rename it")
    network: Network = estimator.network_
    try:
        recipe_from_settings(settings_of(network.recipe))
    except InputError as error:
        raise InputError(
            "the estimator has parts that are not of keras_ae, which a file without code cannot hold; "
            "save the model alone: estimator.network_.heads.end_to_end.save(path)"
        ) from error
    content = network.to_bytes({"estimator": type(estimator).__name__, "state": _state(estimator)})
    try:
        with written_whole(file) as (partial,):
            partial.write_bytes(content)
    except OSError as error:
        raise InputError(f"{file} cannot be written ({error.strerror}); name another file") from error


def load_estimator(kind: type[T], file: Path) -> T:
    """The estimator in a file.

    Args:
        kind: Its class.
        file: A file that `save_estimator` wrote.

    Returns:
        The fitted estimator.

    Raises:
        InputError: For any other file, and one of an estimator of another class.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}); check the path") from error
    facts = read_facts(content, str(file))
    other = facts.get("estimator")
    if other != kind.__name__:
        raise InputError(
            f"{file} holds an estimator of the class {other}; load it by that: {other}.load({str(file)!r})"
        )
    try:
        network, state = Network.from_bytes(content), facts["state"]
        params = {name: tuple(one) if isinstance(one, list) else one for name, one in state["params"].items()}
        estimator = kind(**params, **_objects(network, state["objects"]))
        for name, value in {**state["fitted"], NETWORK: network}.items():
            setattr(estimator, name, np.array(value, object) if name == "feature_names_in_" else value)
    except (KeyError, TypeError, ValueError, OSError, AttributeError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{file} is damaged ({' '.join(str(error).split())[:120]}); take another copy, or fit again"
        ) from error
    return estimator


def _state(estimator):
    """Parameters and fitted attributes as JSON has them; objects are those of the recipe."""
    params = estimator.get_params(deep=False)
    objects = [name for name in BASES if name in params and not isinstance(params[name], str | None)]
    plain = {name: value for name, value in params.items() if name not in objects}
    if isinstance(plain["random_state"], np.random.RandomState):
        plain["random_state"] = estimator.network_.recipe.seed
    fitted = {
        name: value for name, value in vars(estimator).items() if name.endswith("_") and name != NETWORK
    }
    return {
        "params": {name: _plain(value) for name, value in plain.items()},
        "objects": objects,
        "fitted": {name: _plain(value) for name, value in fitted.items()},
    }


def _plain(value):
    """A value without types of NumPy."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _objects(network, names):
    """The objects among the parameters, from the recipe."""
    recipe = network.recipe
    where = {
        "variant": lambda: recipe.variant,
        "corruption": lambda: recipe.task.corruption,
        "anomaly_score": lambda: recipe.task.score,
    }
    return {name: where[name]() for name in names}
