"""Recipe: one data set, one variant, one task, and how to train them; loading and overriding one."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import importlib.util
import sys
import types
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from keras_ae import backbones, blocks, data, losses, tasks, variants
from keras_ae.data.dataset import Dataset
from keras_ae.errors import InputError
from keras_ae.files import classes_below
from keras_ae.recipe_files import recipe_file
from keras_ae.tasks import Task
from keras_ae.variants import Variant

LOSSES = ("auto", *losses.LOSSES)
SCHEDULES = ("constant", "cosine")
CHECKPOINTS = ("best", "last")
LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training run.

    data, variant, task: one of each.
    epochs, batch_size: at least 1.
    min_steps_per_epoch: of the optimizer in an epoch, at least 0; on data so little that there would be fewer, an
        epoch goes through it several times.
    optimizer: by its Keras name; learning_rate: its highest, above 0.
    schedule: "cosine" falls to 0 over the run, "constant" stays.
    lr_warmup_steps: steps over which the learning rate first rises, at least 0; at most a tenth of the run.
    loss: "auto" fits the data's domain: binary cross-entropy in [0, 1], squared error of real values,
        categorical cross-entropy of classes. A variant with a likelihood leaves it at that.
    checkpoint: "best", the epoch whose validation loss is the lowest, or "last": what is generated may still become
        sharper when what is held back is no longer found likelier.
    seed: of weights, order and noise; from 0 to 2^32 - 1.
    callbacks: functions without arguments that make further Keras callbacks.
    name: the recipe file's own, filled in when it is loaded.
    """

    data: Dataset
    variant: Variant
    task: Task
    epochs: int = 20
    batch_size: int = 128
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "cosine"
    lr_warmup_steps: int = 0
    loss: str = "auto"
    min_steps_per_epoch: int = 0
    checkpoint: str = "best"
    seed: int = 0
    callbacks: tuple[Callable, ...] = ()
    name: str = ""

    def __post_init__(self):
        for name, least in (
            ("epochs", 1),
            ("batch_size", 1),
            ("lr_warmup_steps", 0),
            ("min_steps_per_epoch", 0),
            ("seed", 0),
        ):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is at least {least}, received {getattr(self, name)}")
        if self.seed > LARGEST_SEED:
            raise ValueError(f"seed is at most {LARGEST_SEED}, received {self.seed}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate is above 0, received {self.learning_rate}")
        for name, allowed in (("loss", LOSSES), ("schedule", SCHEDULES), ("checkpoint", CHECKPOINTS)):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is one of {', '.join(allowed)}; received {getattr(self, name)!r}")


def load(name: str) -> Recipe:
    """The recipe of a name or of a path to a .py file.

    Raises InputError for an unknown one, and for a file that does not define `recipe`.
    """
    path = recipe_file(name)
    module_spec = importlib.util.spec_from_file_location(f"recipe_{path.stem}", path)
    module = importlib.util.module_from_spec(module_spec)
    sys.modules[module_spec.name] = module  # where dataclasses of its own look their types up
    try:
        module_spec.loader.exec_module(module)
    except Exception as error:  # whatever a user's file may raise
        raise InputError(f"{path} cannot be loaded: {type(error).__name__}: {error}") from error
    recipe = getattr(module, "recipe", None)
    if not isinstance(recipe, Recipe):
        raise InputError(f"expected {path} to define `recipe = Recipe(...)`; found {type(recipe).__name__}")
    return dataclasses.replace(recipe, name=path.stem)


def override(recipe: Recipe, settings: Sequence[str]) -> Recipe:
    """The recipe with fields changed by settings such as `variant.latent_dim=16`.

    A field that is an object takes another of its kind: `task.corruption=Masking(rate=0.3)`.
    Raises InputError for an unknown field (naming those there are), a wrong type, or a value
    outside its domain.
    """
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals:
            raise InputError(f"expected field=value, received {setting!r}")
        if path.strip() == "name":
            raise InputError("a recipe's name is that of its file; copy the file to give it another")
        recipe = _replaced(recipe, path.strip().split("."), text.strip(), path.strip())
    return recipe


def flat(instance, prefix: str = "") -> dict[str, object]:
    """Every field of a nest of dataclasses by its dotted path; an object stands by its class name too.

    Functions stand by their names, so that the listing is the same in every process.
    """
    fields = {}
    for field in dataclasses.fields(instance):
        value = getattr(instance, field.name)
        if dataclasses.is_dataclass(value):
            fields[prefix + field.name] = type(value).__name__
            fields |= flat(value, f"{prefix}{field.name}.")
        elif isinstance(value, tuple) and any(map(callable, value)):
            fields[prefix + field.name] = tuple(getattr(item, "__qualname__", repr(item)) for item in value)
        else:
            fields[prefix + field.name] = value
    return fields


def _replaced(owner, names, text, path):
    name, *rest = names
    there = [field.name for field in dataclasses.fields(owner)] if dataclasses.is_dataclass(owner) else []
    if name not in there:
        fields = f"its fields are {', '.join(there)}" if there else "it has no fields"
        raise InputError(f"{path}: {type(owner).__name__} has no field {name!r}; {fields}")
    value = getattr(owner, name)
    hint = typing.get_type_hints(type(owner))[name]
    new = _replaced(value, rest, text, path) if rest else _parsed(text, value, hint, path)
    try:
        return dataclasses.replace(owner, **{name: new})
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error


def _parsed(text, value, hint, path):
    if dataclasses.is_dataclass(value):
        return _constructed(text, hint, path)
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if type(None) in options and text.lower() == "none":
        return None
    kind = next(option for option in options if option is not type(None))
    if typing.get_origin(kind) is tuple and typing.get_args(kind)[0] in _SCALARS:
        element = typing.get_args(kind)[0]
        return tuple(
            _scalar(part.strip(), element, path) for part in text.strip("()[],").split(",") if part.strip()
        )
    if kind not in _SCALARS:
        raise InputError(f"{path} cannot be set from text; change it in the recipe's file")
    return _scalar(text, kind, path)


_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_SCALARS = {
    bool: ("true or false", lambda text: _TRUTH[text.lower()]),
    int: ("a whole number", int),
    float: ("a number", float),
    str: ("text", str),
}


def _scalar(text, kind, path):
    expected, convert = _SCALARS[kind]
    try:
        return convert(text)
    except (ValueError, KeyError) as error:
        raise InputError(f"{path}: expected {expected}, received {text!r}") from error


def _constructed(text, hint, path):
    """An instance from `Name` or `Name(field=value, ...)`, of a class that the hint admits."""
    wanted = {name for name in vars(hint) if not name.startswith("_") or name == "__call__"}
    fitting = {
        name: kind
        for name, kind in _building_blocks()
        if wanted <= {member for base in kind.__mro__ for member in vars(base)}
    }
    expected = f"{path}: expected {' or '.join(sorted(fitting))}, such as Name or Name(field=value, ...)"
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise InputError(f"{expected}; received {text!r}") from error
    call = node if isinstance(node, ast.Call) else ast.Call(node, [], [])
    if not isinstance(call.func, ast.Name) or call.args or call.func.id not in fitting:
        raise InputError(f"{expected}; received {text!r}")
    try:
        instance = fitting[call.func.id]()
    except TypeError as error:  # a field without a default
        raise InputError(
            f"{path}: {call.func.id} cannot be made from text; write it in the recipe"
        ) from error
    for word in call.keywords:
        constant = isinstance(word.value, ast.Constant) and isinstance(word.value.value, str)
        value = word.value.value if constant else ast.unparse(word.value)
        instance = _replaced(instance, [str(word.arg)], value, f"{path}.{word.arg}")
    return instance


def _building_blocks():
    """Every dataclass that a recipe may hold, and its name."""
    folders = (backbones, blocks, data, tasks, variants)
    kinds = [kind for folder in folders for kind in classes_below(folder) if dataclasses.is_dataclass(kind)]
    return [(kind.__name__, kind) for kind in kinds]
