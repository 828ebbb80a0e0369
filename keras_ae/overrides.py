"""Fields of dataclasses, changed by the text of a command line or by values of Python."""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import re
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

from keras_ae.catalog import no_class, variants_called
from keras_ae.data.dataset import Dataset
from keras_ae.errors import SCALARS, InputError, check_types
from keras_ae.field_names import no_such_field, scalar
from keras_ae.files import classes_below

__all__ = ["construct", "names_of", "override_data", "recipe_classes", "replace_field", "several_of"]


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
        dataset = replace_field(dataset, names[1:], text.strip(), path.strip())
    return dataset


def replace_field(owner: Any, names: Sequence[str], text: Any, path: str, paths: Iterable[str] = ()) -> Any:
    """Changes one field of a dataclass, or of an object that it holds.

    Args:
        owner: The dataclass.
        names: The field's name, or those on the way to a field of an object.
        text: The text of a command line, or a value of Python.
        path: How messages call the field, such as "variant.latent_dim".
        paths: The paths of all fields, of which a message names those that are near.

    Returns:
        A new dataclass.

    Raises:
        InputError: If the field does not exist or cannot take the value.
    """
    name, *rest = names
    fields, inner = _field_names(owner), owner.wraps if isinstance(owner, Dataset) else ""
    if name not in fields and inner and name in _field_names(getattr(owner, inner)):
        return replace_field(owner, [inner, *names], text, path, paths)
    if name not in fields:
        further = [f"{inner}.{each}" for each in _field_names(getattr(owner, inner))] if inner else []
        raise no_such_field(path, names_of(type(owner)), name, [*fields, *further], paths)
    value = getattr(owner, name)
    hint = typing.get_type_hints(type(owner))[name]
    if rest and isinstance(value, tuple):
        whole = path.removesuffix("." + ".".join(rest))
        raise InputError(f"{path}: {whole} holds several values; set all of them at once: {whole}=...")
    if rest:
        new = replace_field(value, rest, text, path, paths)
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
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if type(None) in options and text.lower() == "none":
        return None
    kinds = [option for option in options if option is not type(None)]
    several = [option for option in kinds if typing.get_origin(option) is tuple]
    kind = several[0] if several and (len(kinds) == 1 or _is_several(text)) else kinds[0]
    if dataclasses.is_dataclass(value) or (value is None and _has_classes(kind)):
        return construct(quoted[0][1:-1] if quoted else text, hint, path)
    if typing.get_origin(kind) is tuple and typing.get_args(kind)[0] in SCALARS:
        element = typing.get_args(kind)[0]
        return tuple(scalar(part, element, path) for part in _parts(text))
    if typing.get_origin(kind) is tuple and _has_classes(typing.get_args(kind)[0]):
        return several_of(quoted[0][1:-1] if quoted else text, typing.get_args(kind)[0], path)
    if kind not in SCALARS:
        raise InputError(f"{path} cannot be set from text; change it in the recipe's file")
    return scalar(quoted[0][1:-1] if quoted else text, kind, path)


def _has_classes(kind: Any) -> bool:
    """Whether a type is one of a recipe's own, of which classes inherit, such as a backbone."""
    own = isinstance(kind, type) and kind not in SCALARS
    return own and any(issubclass(each, kind) for each in recipe_classes())


def _is_several(text: str) -> bool:
    """Whether a text stands for several values, where one alone may stand as well."""
    return "," in text or text.startswith(("(", "["))


_QUOTED = re.compile(r"""\"[^"]*"|'[^']*'""")
_PART = re.compile(rf"\s*(?:({_QUOTED.pattern})|([^,]*?))\s*(?:,|$)")


def _parts(text: str) -> list[str]:
    """The parts between commas, without brackets around all of them and quotation marks around each."""
    depths = [*accumulate((letter in "([") - (letter in ")]") for letter in text)]
    if text.startswith(("(", "[")) and 0 not in depths[:-1] and not depths[-1]:
        text = text[1:-1]
    return [quoted[1:-1] or part for quoted, part in _PART.findall(text) if quoted[1:-1] or part]


def construct(text: str, hint: Any, path: str) -> Any:
    """Makes an object of `Name` or `Name(field=value, ...)`.

    The name of a module may stand for the one such class in it: `variational` for `Variational`.

    Args:
        text: Such a text.
        hint: The type of the field, of which the object's class inherits.
        path: How messages call the field.

    Returns:
        The object.

    Raises:
        InputError: For the name of no such class, and for fields that do not exist or values that they cannot
            take.
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
        instance = replace_field(instance, [str(word.arg)], value, f"{path}.{word.arg}")
    return instance


def several_of(text: str, kind: type, path: str) -> tuple[Any, ...]:
    """Makes objects of their names between commas, with or without brackets around all of them.

    Args:
        text: Such as "Shift(pixels=2), Flip"; "none" or "()" for no objects.
        kind: The class that they inherit from.
        path: How messages call the field.

    Returns:
        The objects, in their order.

    Raises:
        InputError: As `construct` does.
    """
    if text.lower() in ("none", ""):
        return ()
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return (construct(text, kind, path),)  # which refuses it
    parts = node.elts if isinstance(node, ast.Tuple | ast.List) else [node]
    return tuple(construct(ast.unparse(part), kind, path) for part in parts)


def _called(text: str, kinds: Mapping[str, type]) -> type | None:
    """The one class that a text means, such as "denoising", or "vae" as papers have it; None without one."""
    plain = text.replace("_", "").lower()
    names = [name for name in kinds if name.lower() == plain]
    names = names or [name for name in variants_called(text) if name in kinds]
    return kinds[names[0]] if len(names) == 1 else None


def names_of(kind: type) -> list[str]:
    """The names of a class and of its bases.

    Args:
        kind: The class.

    Returns:
        The names, its own first.
    """
    return [base.__name__ for base in kind.__mro__]


def _is_subclass(kind: type, hint: Any) -> bool:
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return issubclass(kind, options)


@functools.cache
def recipe_classes() -> tuple[type, ...]:
    """The dataclasses that a recipe may contain.

    Returns:
        Backbones, samplers, data sets, tasks and what they take, and variants.
    """
    from keras_ae import backbones, blocks, data, tasks, variants  # TensorFlow, which most fields do not take

    folders = (backbones, blocks, data, tasks, variants)
    kinds = (kind for folder in folders for kind in classes_below(folder))
    return tuple(kind for kind in kinds if dataclasses.is_dataclass(kind))
