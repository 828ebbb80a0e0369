"""Recipes: a data set, a variant, a task and how to train them; loading and overriding recipes."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import importlib.util
import inspect
import re
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import keras

from keras_ae import backbones, blocks, data, losses, tasks, variants
from keras_ae.catalog import no_class, variants_called
from keras_ae.checked import Checked
from keras_ae.data.dataset import Dataset
from keras_ae.data.find import as_dataset
from keras_ae.data.memory import content_of
from keras_ae.errors import InputError, check_choices, check_least, check_types
from keras_ae.files import classes_below
from keras_ae.recipe_files import new_imports, no_such_field, recipe_file
from keras_ae.tasks import Task
from keras_ae.variants import Variant

__all__ = ["Recipe", "flat", "load", "override", "override_data", "recipe_classes", "replaced"]

LOSSES = ("auto", *losses.LOSSES)
SCHEDULES = ("constant", "cosine")
CHECKPOINTS = ("best", "last")
LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Recipe(metaclass=Checked):
    """Everything that determines a training run.

    Attributes:
        data: The data set. An array or a data frame in memory is wrapped into `Arrays` or `Frame`; a text is
            a data set's name or a path.
        variant: The autoencoder. A text is read as on the command line, such as "variational", the module's
            name, or "Variational(latent_dim=8)".
        task: How examples become inputs and targets, and how the model is evaluated; a text as for `variant`.
        epochs: Number of epochs, at least 1; None for `default_epochs`, with at least `min_steps`.
        batch_size: Examples per batch, at least 1.
        optimizer: The optimizer's Keras name.
        learning_rate: The highest learning rate, above 0.
        schedule: "cosine", which decays the learning rate to 0 over the run, or "constant".
        lr_warmup_steps: Steps over which the learning rate rises at the start, at least 0; capped at a tenth
            of the run.
        loss: "auto" chooses by the data's domain: binary cross-entropy for values in [0, 1], squared error
            for real values, categorical cross-entropy for classes. Keep "auto" for a variant with a
            likelihood.
        min_steps_per_epoch: Minimum number of optimizer steps per epoch, at least 0; with too little data
            for that, an epoch passes over the data several times.
        default_epochs: Number of epochs where `epochs` is None, at least 1.
        min_steps: Minimum number of optimizer steps of the run where `epochs` is None, at least 0; with too
            little data for that, an epoch passes over the data several times, and training stops early when
            validation no longer improves.
        checkpoint: The epoch whose weights are loaded at the end: "best" for the lowest validation loss,
            without what is only trained alongside ("val_selection"), or "last". Samples may still become
            sharper when the validation loss no longer falls.
        seed: Seed of weights, order and noise, from 0 to 2^32 - 1.
        callbacks: Functions without arguments that return further Keras callbacks.
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
    min_steps_per_epoch: int = 0
    default_epochs: int = 20
    min_steps: int = 1500
    checkpoint: str = "best"
    seed: int = 0
    callbacks: tuple[Callable[[], keras.callbacks.Callback], ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        for name, base in (("data", Dataset), ("variant", Variant), ("task", Task)):
            object.__setattr__(self, name, _part(name, base, getattr(self, name)))
        check_types(self)
        check_least(self, batch_size=1, default_epochs=1, seed=0)
        check_least(self, lr_warmup_steps=0, min_steps_per_epoch=0, min_steps=0)
        if self.epochs is not None:
            check_least(self, epochs=1)
        if self.seed > LARGEST_SEED:
            raise InputError(f"seed must be at most {LARGEST_SEED}, received {self.seed}")
        if not 0 < self.learning_rate < float("inf"):
            raise InputError(f"learning_rate must be above 0, received {self.learning_rate}")
        check_choices(self, loss=LOSSES, schedule=SCHEDULES, checkpoint=CHECKPOINTS)
        wrong = [make for make in self.callbacks if not callable(make)]
        if wrong:
            raise InputError(
                f"callbacks must be functions that make callbacks, such as classes; received {wrong[0]!r}"
            )


def _part(name: str, base: type, value: Any) -> Any:
    """A recipe's data, variant or task, from what stands for it: an array, or the name of a module."""
    if isinstance(value, base):
        return _with_objects(value, name)
    if name == "data" and not isinstance(value, int | float | type):
        return as_dataset(value)
    if isinstance(value, str):
        return _constructed(value, base, name)
    if isinstance(value, type) and issubclass(value, base):
        raise InputError(f"expected a recipe's {name}, received the class; write {value.__name__}()")
    raise InputError(
        f"expected a recipe's {name} to be a {base.__name__}, received {value!r}; "
        f"inherit from {base.__module__}.{base.__name__}"
    )


def _with_objects(owner: Any, path: str) -> Any:
    """A dataclass with objects in the place of the texts that stand for them, such as a backbone's name."""
    if not dataclasses.is_dataclass(owner) or isinstance(owner, type):
        return owner
    texts = [field.name for field in dataclasses.fields(owner) if isinstance(getattr(owner, field.name), str)]
    hints = typing.get_type_hints(type(owner)) if texts else {}
    objects = {
        name: _constructed(getattr(owner, name), hints[name], f"{path}.{name}")
        for name in texts
        if isinstance(hints[name], type) and hints[name] is not Any and not issubclass(str, hints[name])
        if hints[name] not in _SCALARS
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
            raise InputError(f"expected field=value, received {setting!r}")
        if path.strip() == "name":
            raise InputError("a recipe is named after its file; to rename it, copy the file")
        recipe = _replaced(recipe, path.strip().split("."), text.strip(), path.strip(), flat(recipe))
    return recipe


def override_data(dataset: Dataset, settings: Sequence[str]) -> Dataset:
    """Changes some of a data set's fields, without a recipe.

    Args:
        dataset: The data set to change.
        settings: Strings such as `data.window=32`.

    Returns:
        A new data set.

    Raises:
        InputError: If a field does not exist or cannot take the value, and for fields of other parts of a
            recipe.
    """
    for setting in settings:
        path, equals, text = setting.partition("=")
        names = path.strip().split(".")
        if not equals or names[0] != "data" or len(names) < 2:
            raise InputError(f"expected data.FIELD=VALUE where no recipe is named, received {setting!r}")
        dataset = _replaced(dataset, names[1:], text.strip(), path.strip())
    return dataset


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
            fields[prefix + field.name] = content_of(value)
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
        recipe = _replaced(recipe, path.split("."), value, path, flat(recipe))
    return recipe


def _replaced(owner: Any, names: Sequence[str], text: Any, path: str, paths: Iterable[str] = ()) -> Any:
    """A dataclass with one field changed, from the text of a command line or to a value of Python.

    What has no such field is told with those of `paths` that are near.
    """
    name, *rest = names
    fields, inner = _field_names(owner), owner.wraps if isinstance(owner, Dataset) else ""
    if name not in fields and inner and name in _field_names(getattr(owner, inner)):
        return _replaced(owner, [inner, *names], text, path, paths)
    if name not in fields:
        further = [f"{inner}.{each}" for each in _field_names(getattr(owner, inner))] if inner else []
        raise no_such_field(path, _names(type(owner)), name, [*fields, *further], paths)
    value = getattr(owner, name)
    hint = typing.get_type_hints(type(owner))[name]
    if rest:
        new = _replaced(value, rest, text, path, paths)
    else:
        new = _parsed(text, value, hint, path) if isinstance(text, str) else text
        new = tuple(new) if isinstance(new, list) else new
    try:
        changed = dataclasses.replace(owner, **{name: new})
        check_types(changed)
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: {error}") from error
    return changed


def _field_names(owner: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(owner)] if dataclasses.is_dataclass(owner) else []


def _parsed(text: str, value: Any, hint: Any, path: str) -> Any:
    """A value from text, without quotation marks around all of it."""
    quoted = _QUOTED.fullmatch(text)
    if dataclasses.is_dataclass(value):
        return _constructed(quoted[0][1:-1] if quoted else text, hint, path)
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if type(None) in options and text.lower() == "none":
        return None
    kind = next(option for option in options if option is not type(None))
    if typing.get_origin(kind) is tuple and typing.get_args(kind)[0] in _SCALARS:
        element = typing.get_args(kind)[0]
        return tuple(_scalar(part, element, path) for part in _parts(text))
    if kind not in _SCALARS:
        raise InputError(f"{path} cannot be set from text; change it in the recipe's file")
    return _scalar(quoted[0][1:-1] if quoted else text, kind, path)


_QUOTED = re.compile(r"""\"[^"]*"|'[^']*'""")
_PART = re.compile(rf"\s*(?:({_QUOTED.pattern})|([^,]*?))\s*(?:,|$)")


def _parts(text: str) -> list[str]:
    """The parts between commas, without brackets around all of them and quotation marks around each."""
    depths = [*accumulate((letter in "([") - (letter in ")]") for letter in text)]
    if text.startswith(("(", "[")) and 0 not in depths[:-1] and not depths[-1]:
        text = text[1:-1]
    return [quoted[1:-1] or part for quoted, part in _PART.findall(text) if quoted[1:-1] or part]


_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_SCALARS: dict[type, tuple[str, Callable[[str], Any]]] = {
    bool: ("true or false", lambda text: _TRUTH[text.lower()]),
    int: ("a whole number", int),
    float: ("a number", float),
    str: ("text", str),
}


def _scalar(text: str, kind: type, path: str) -> Any:
    expected, convert = _SCALARS[kind]
    try:
        return convert(text)
    except (ValueError, KeyError) as error:
        raise InputError(f"{path}: expected {expected}, received {text!r}") from error


def _constructed(text: str, hint: Any, path: str) -> Any:
    """Parses `Name` or `Name(field=value, ...)` into an instance of a subclass of the field's type.

    The name of a module may stand for the one such class in it: `variational` for `Variational`.
    """
    fitting = [kind for kind in recipe_classes() if _is_subclass(kind, hint)]
    subclasses = {kind.__name__: kind for kind in fitting}
    modules = [kind.__module__.rpartition(".")[2] for kind in fitting]
    by_module = {name: kind for name, kind in zip(modules, fitting, strict=True) if modules.count(name) == 1}
    base = getattr(hint, "__name__", "object")
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise no_class(path, base, text, sorted(subclasses)) from error
    call = node if isinstance(node, ast.Call) else ast.Call(node, [], [])
    chosen = call.func.id if isinstance(call.func, ast.Name) and not call.args else ""
    kind = (by_module | subclasses).get(chosen) or _called(chosen, subclasses)
    if kind is None:
        raise no_class(path, base, chosen or text, sorted(subclasses))
    if any(parameter.default is parameter.empty for parameter in inspect.signature(kind).parameters.values()):
        raise InputError(f"{path}: {chosen} cannot be created from text; write it in the recipe's file")
    instance = kind()
    for word in call.keywords:
        constant = isinstance(word.value, ast.Constant) and isinstance(word.value.value, str)
        value = (
            str(word.value.value)
            if isinstance(word.value, ast.Constant) and constant
            else ast.unparse(word.value)
        )
        instance = _replaced(instance, [str(word.arg)], value, f"{path}.{word.arg}")
    return instance


def _called(text: str, kinds: Mapping[str, type]) -> type | None:
    """The one class that a text means, such as "denoising", or "vae" as papers have it; None without one."""
    plain = text.replace("_", "").lower()
    names = [name for name in kinds if name.lower() == plain]
    names = names or [name for name in variants_called(text) if name in kinds]
    return kinds[names[0]] if len(names) == 1 else None


def _names(kind: type) -> list[str]:
    """The names of a class and of its bases."""
    return [base.__name__ for base in kind.__mro__]


def _is_subclass(kind: type, hint: Any) -> bool:
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return issubclass(kind, options)


def recipe_classes() -> list[type]:
    """The dataclasses that a recipe may contain.

    Returns:
        Backbones, samplers, data sets, tasks and what they take, and variants.
    """
    folders = (backbones, blocks, data, tasks, variants)
    return [kind for folder in folders for kind in classes_below(folder) if dataclasses.is_dataclass(kind)]
