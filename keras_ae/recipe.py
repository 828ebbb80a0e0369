"""Recipes: a data set, a variant, a task and how to train them; loading and overriding recipes."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import keras

from keras_ae.addresses import without_secrets
from keras_ae.checked import Checked
from keras_ae.data.augmentation import Augmentation
from keras_ae.data.dataset import Dataset
from keras_ae.data.find import as_dataset
from keras_ae.data.memory import content_of
from keras_ae.errors import SCALARS, InputError, check_types
from keras_ae.overrides import construct, replace_field, several_of
from keras_ae.recipe_files import new_imports, recipe_file
from keras_ae.recipe_values import check_values, loss_called
from keras_ae.tasks import Task
from keras_ae.variants import Variant

__all__ = ["Recipe", "flat", "load", "override", "replaced"]


@dataclass(frozen=True)
class Recipe(metaclass=Checked):
    """Everything that determines a training run.

    Attributes:
        data: The data set. An array or a data frame in memory is wrapped into `Arrays` or `Frame`; a text is
            a data set's name or a path.
        variant: The autoencoder. A text is read as on the command line, such as "variational", the module's
            name, or "Variational(latent_dim=8)".
        task: How examples become inputs and targets, and how the model is evaluated; a text as for `variant`.
        epochs: Number of epochs, at least 1; None for `default_epochs`, with at least `min_steps`
            and at most `max_steps`.
        batch_size: Examples per batch, at least 1.
        optimizer: The optimizer's Keras name.
        learning_rate: The highest learning rate, above 0.
        schedule: "cosine", which decays the learning rate to 0 over the run, or "constant".
        lr_warmup_steps: Steps over which the learning rate rises at the start, at least 0; capped at a tenth
            of the run.
        loss: "auto" chooses by the data's domain: binary cross-entropy for values in [0, 1], squared error
            for real values, categorical cross-entropy for classes. Else "squared_error" (or "mse"),
            "absolute_error" ("mae"), "huber", "ssim" (1 - SSIM, of images in [0, 1]), "binary_crossentropy"
            ("bce"), "categorical_crossentropy", of sounds "negative_sdr", or of colors "color_distance".
            Keep "auto" for a variant with a likelihood.
        huber_delta: The error from which the loss "huber" grows linearly, above 0, in the units of the
            network: standard deviations of standardized values, fractions of white in images.
        min_steps_per_epoch: Minimum number of optimizer steps per epoch, at least 0; with too little data
            for that, an epoch passes over the data several times.
        default_epochs: Number of epochs where `epochs` is None, at least 1.
        min_steps: Minimum number of optimizer steps of the run where `epochs` is None, at least 0; with too
            little data for that, an epoch passes over the data several times, and training stops early when
            validation no longer improves.
        max_steps: Maximum number of optimizer steps of the run where `epochs` is None, at least 0; with more
            data than that, there are fewer epochs, at least one. 0 for no maximum.
        checkpoint: The epoch whose weights are loaded at the end: "best" for the lowest validation loss,
            without what is only trained alongside ("val_selection"), or "last". Samples may still become
            sharper when the validation loss no longer falls.
        seed: Seed of weights, order and noise, from 0 to 2^32 - 1.
        augment: How training examples are changed at random, another way in each epoch, before the task pairs
            them; a tuple of augmentations, or the text of some, such as "Shift(pixels=2), Noise(sigma=0.1)".
        callbacks: Functions without arguments that return further Keras callbacks. Those of batches are
            called at the end of a call of the training function, which takes up to 16 steps of a small model.
        xla: Whether XLA compiles the training step, which takes some seconds at the start.
        warm_start: A model whose weights the layers of the same name and shape begin with: a run's folder or
            a model's name, or a Keras file of a model (.keras) or of weights (.h5); "" for none.
        freeze: Whether the encoder of a warm start stays as it is.
        thaw_after: Epochs after which a frozen encoder is trained too, at least 0; 0 for never.
        thaw_rate: The fraction of the learning rate that it is trained with then, above 0 and at most 1.
        name: The name of the recipe's file, set when the recipe is loaded.

    Raises:
        InputError: For a field of another type, or a value outside its range.
    """

    data: Dataset
    variant: Variant
    task: Task
    epochs: int | None = None
    batch_size: int = 128
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "cosine"
    lr_warmup_steps: int = 0
    loss: str = "auto"
    huber_delta: float = 1.0
    min_steps_per_epoch: int = 0
    default_epochs: int = 20
    min_steps: int = 1500
    max_steps: int = 0
    checkpoint: str = "best"
    seed: int = 0
    augment: tuple[Augmentation, ...] = ()
    callbacks: tuple[Callable[[], keras.callbacks.Callback], ...] = ()
    xla: bool = False
    warm_start: str = ""
    freeze: bool = False
    thaw_after: int = 0
    thaw_rate: float = 0.1
    name: str = ""

    def __post_init__(self) -> None:
        for name, base in (("data", Dataset), ("variant", Variant), ("task", Task)):
            object.__setattr__(self, name, _part(name, base, getattr(self, name)))
        object.__setattr__(self, "augment", _augmentations(self.augment))
        check_types(self)
        check_values(vars(self))
        object.__setattr__(self, "loss", loss_called(self.loss))
        if 0 < self.max_steps < self.min_steps:
            expected = f"expected max_steps of at least min_steps, {self.min_steps}, or 0 for no maximum"
            raise InputError(f"{expected}; received {self.max_steps}")
        _check_thawing(self)
        wrong = [make for make in self.callbacks if not callable(make)]
        if wrong:
            raise InputError(
                f"callbacks must be functions that make callbacks, such as classes; received {wrong[0]!r}"
            )


def _check_thawing(recipe: Recipe) -> None:
    """Refuses an encoder that stays as it is without a warm start, and one that thaws without a freeze."""
    if recipe.freeze and not recipe.warm_start:
        raise InputError(
            "freeze=True keeps the encoder of a warm start, and there is none; name a run, such as "
            'SET="warm_start=runs/digits/001"'
        )
    if recipe.thaw_after and not recipe.freeze:
        raise InputError("thaw_after is of a frozen encoder; add freeze=true, or leave thaw_after out")
    if not 0 < recipe.thaw_rate <= 1:
        raise InputError(f"thaw_rate must be above 0 and at most 1, received {recipe.thaw_rate}")


def _part(name: str, base: type, value: Any) -> Any:
    """A recipe's data, variant or task, from what stands for it: an array, or the name of a module."""
    if isinstance(value, base):
        return _with_objects(value, name)
    if name == "data" and not isinstance(value, int | float | type):
        return as_dataset(value)
    if isinstance(value, str):
        return construct(value, base, name)
    if isinstance(value, type) and issubclass(value, base):
        raise InputError(f"expected a recipe's {name}, received the class; write {value.__name__}()")
    raise InputError(
        f"expected a recipe's {name} to be a {base.__name__}, received {value!r}; "
        f"inherit from {base.__module__}.{base.__name__}"
    )


def _augmentations(value: Any) -> Any:
    """A recipe's augmentations as a tuple, from one alone, a list, or texts that stand for some."""
    if isinstance(value, type) and issubclass(value, Augmentation):
        raise InputError(f"expected augmentations, received the class; write {value.__name__}()")
    several = value if isinstance(value, list | tuple) else () if value is None else (value,)
    parts = (
        several_of(part, Augmentation, "augment") if isinstance(part, str) else (part,) for part in several
    )
    return tuple(chain.from_iterable(parts))


def _with_objects(owner: Any, path: str) -> Any:
    """A dataclass with objects in the place of the texts that stand for them, such as a backbone's name."""
    if not dataclasses.is_dataclass(owner) or isinstance(owner, type):
        return owner
    texts = [field.name for field in dataclasses.fields(owner) if isinstance(getattr(owner, field.name), str)]
    hints = typing.get_type_hints(type(owner)) if texts else {}
    objects = {
        name: construct(getattr(owner, name), hints[name], f"{path}.{name}")
        for name in texts
        if isinstance(hints[name], type) and hints[name] is not Any and not issubclass(str, hints[name])
        if hints[name] not in SCALARS
    }
    return dataclasses.replace(owner, **objects) if objects else owner


def load(name: str) -> Recipe:
    """Loads a recipe.

    Args:
        name: A recipe's name, or the path of a .py file that defines `recipe`.

    Returns:
        The recipe, named after its file.

    Raises:
        InputError: If the recipe does not exist or its file cannot be loaded.
    """
    path = recipe_file(name)
    module_spec = importlib.util.spec_from_file_location(f"recipe_{path.stem}", path)
    assert module_spec is not None  # the path ends in .py
    assert module_spec.loader is not None
    module = importlib.util.module_from_spec(module_spec)
    sys.modules[module_spec.name] = module  # dataclasses in the file resolve their annotations there
    try:
        module_spec.loader.exec_module(module)
    except Exception as error:  # a user's file may raise anything
        said = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
        raise InputError(f"{path} cannot be loaded: {said}{_advice(path, error)}") from error
    recipe = getattr(module, "recipe", None)
    if not isinstance(recipe, Recipe):
        raise InputError(f"expected {path} to define `recipe = Recipe(...)`; found {type(recipe).__name__}")
    return dataclasses.replace(recipe, name=path.stem)


def _advice(path: Path, error: Exception) -> str:
    """A hint for a recipe that uses a former import path or class name."""
    if not isinstance(error, ImportError) or not (error.name or "").startswith("keras_ae"):
        return ""
    statements = new_imports(path)
    return f"; write {'; '.join(statements)}" if statements else ""


def override(recipe: Recipe, settings: Sequence[str]) -> Recipe:
    """Changes some of a recipe's fields.

    Args:
        recipe: The recipe to change.
        settings: Strings such as `variant.latent_dim=16`. A field that holds an object takes another object
            of the same kind: `task.corruption=Masking(rate=0.3)`.

    Returns:
        A new recipe.

    Raises:
        InputError: If a field does not exist (the message lists the existing ones) or cannot take the value.
    """
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals:
            raise InputError(f'expected FIELD=VALUE, such as "epochs=5", received {setting!r}')
        if path.strip() == "name":
            raise InputError("a recipe is named after its file; to rename it, copy the file")
        recipe = replace_field(recipe, path.strip().split("."), text.strip(), path.strip(), flat(recipe))
    return recipe


def flat(instance: Any, prefix: str = "") -> dict[str, Any]:
    """Flattens nested dataclasses into a dict of values by dotted path.

    Args:
        instance: A dataclass, such as a recipe.
        prefix: Prepended to each path.

    Returns:
        The values by path. A nested dataclass is listed with its class name, a function with its name, so
        that the listing is the same in every process.
    """
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(instance):
        value = getattr(instance, field.name)
        if dataclasses.is_dataclass(value):
            fields[prefix + field.name] = type(value).__name__
            fields |= flat(value, f"{prefix}{field.name}.")
        elif isinstance(value, tuple) and any(map(callable, value)):
            fields[prefix + field.name] = tuple(getattr(item, "__qualname__", repr(item)) for item in value)
        else:
            shown = content_of(value)
            fields[prefix + field.name] = without_secrets(shown) if isinstance(shown, str) else shown
    return fields


def replaced(recipe: Recipe, fields: Mapping[str, Any]) -> Recipe:
    """Changes some of a recipe's fields to values of Python.

    Args:
        recipe: The recipe to change.
        fields: Values by the fields' paths, such as "epochs" or "variant.latent_dim". For an object, the text
            of a command line may stand, such as the name of a variant's module.

    Returns:
        A new recipe.

    Raises:
        InputError: If a field does not exist (the message lists the existing ones) or cannot take the value.
    """
    for path, value in fields.items():
        recipe = replace_field(recipe, path.split("."), value, path, flat(recipe))
    return recipe
