"""The fields of a recipe, as its file and those of classes write them; the recipe is not imported."""

from __future__ import annotations

import ast
import functools
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keras_ae.catalog import PACKAGE, check_class
from keras_ae.errors import InputError
from keras_ae.field_names import no_such_field, scalar
from keras_ae.recipe_files import recipe_file
from keras_ae.recipe_values import check_values

__all__ = ["check_fields", "declared_value", "field_paths"]


@dataclass(frozen=True)
class Declared:
    """A dataclass as its file declares it.

    Attributes:
        names: Its own name and those of its bases.
        fields: The expressions of the fields' defaults, by name; None for a field without one.
        files: The file of each of these, in which the names in it are looked up.
        wraps: The field that holds another object whose fields may be set as its own; "" for none.
        hints: The annotations of the fields, by name.
    """

    names: tuple[str, ...]
    fields: dict[str, ast.expr | None]
    files: dict[str, Path]
    wraps: str = ""
    hints: dict[str, str] = field(default_factory=dict)


def check_fields(
    recipe: str, paths: Sequence[str], own_data: bool = True, texts: Mapping[str, str] | None = None
) -> None:
    """Checks that a recipe has fields and that these take some values, as far as this can be read from files.

    Args:
        recipe: The recipe's name, or the path of a .py file; "" for any recipe.
        paths: The fields' paths, such as "variant.latent_dim". What is below another of them is not looked
            at, because that one may set another object.
        own_data: Whether the recipe's data are its own, and no others in their place.
        texts: What fields are set to, by their paths.

    Raises:
        InputError: If it lacks one, with the fields that are near, or one does not take its value.
    """
    declared = _declared("Recipe", PACKAGE / "recipe.py")
    file = recipe_file(recipe) if recipe else None
    call = None if file is None else _call_of_recipe(file)
    every = list(_paths("", declared, call, file))
    for path in paths:
        known = own_data or not path.startswith("data.")
        if known and not any(path.startswith(f"{other}.") for other in paths):
            hint = _check(path, path.split("."), declared, call, file, every)
            if texts and path in texts:
                _check_value(path, texts[path], hint)


def field_paths(recipe: str) -> list[str]:
    """The paths of a recipe's fields, as far as they can be read from files.

    Args:
        recipe: The recipe's name, or the path of a .py file.

    Returns:
        The paths as `--set` takes them, such as "epochs" and "variant.latent_dim", the outer ones first.

    Raises:
        InputError: If there is no such recipe.
    """
    file = recipe_file(recipe)
    declared = _declared("Recipe", PACKAGE / "recipe.py")
    return sorted(_paths("", declared, _call_of_recipe(file), file), key=lambda path: path.count("."))


def _paths(prefix, declared, call, file):
    """The paths of the fields of an object and of those inside it, whose calls a file has."""
    for name in () if declared is None else declared.fields:
        yield prefix + name
        if call is not None:
            value, where = _argument(call, name, declared, file)
            if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
                yield from _paths(f"{prefix}{name}.", _declared(value.func.id, where), value, where)


def declared_value(recipe: str, path: str) -> Any:
    """The value that a recipe's file gives for a field, made without loading the recipe.

    Only the classes that the value itself is made of are imported, so that no network need be built, nor
    TensorFlow imported, to know a recipe's data.

    Args:
        recipe: The recipe's name, or the path of a .py file.
        path: The field's path, such as "data" or "task.threshold".

    Returns:
        The value.

    Raises:
        LookupError: The recipe has no such field, or it is not written as calls of classes and constants.
    """
    file = recipe_file(recipe)
    call, declared = _call_of_recipe(file), _declared("Recipe", PACKAGE / "recipe.py")
    value: ast.expr | None = None
    for name in path.split("."):
        if call is None or declared is None or name not in declared.fields:
            raise LookupError(f"{recipe} does not write {path} as a call")
        value, file = _argument(call, name, declared, file)
        call = value if isinstance(value, ast.Call) else None
        declared = _declared(ast.unparse(call.func), file) if call is not None else None
    return _evaluated(value, file)


def _evaluated(value: ast.expr | None, file: Path) -> Any:
    """The value of an expression of calls and constants, with the names that its file imports."""
    if value is None:
        raise LookupError(f"{file} does not write the value")
    if not isinstance(value, ast.Call):
        try:
            return ast.literal_eval(value)
        except (ValueError, TypeError) as error:
            raise LookupError(f"{file} writes {ast.unparse(value)}") from error
    kind = _imported_object(ast.unparse(value.func), file)
    arguments = [_evaluated(one, file) for one in value.args]
    try:
        return kind(*arguments, **{str(word.arg): _evaluated(word.value, file) for word in value.keywords})
    except (InputError, TypeError) as error:  # told where the recipe is loaded
        raise LookupError(f"{file} writes {ast.unparse(value)}") from error


def _imported_object(name: str, file: Path) -> Any:
    """What a file imports by a name from this package."""
    for node in _tree(file).body:
        if not isinstance(node, ast.ImportFrom) or (node.module or "").split(".")[0] != PACKAGE.name:
            continue
        for alias in node.names:
            if name == (alias.asname or alias.name):
                return _attribute(str(node.module), alias.name, file)
    raise LookupError(f"{file} does not import {name}")


def _attribute(module: str, name: str, file: Path) -> Any:
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:  # told where the recipe is loaded
        raise LookupError(f"{file} imports {name} from {module}") from error


def _check(path, names, declared, call, file, every):
    """Checks a path from an object on, whose class and whose call in a file may not be known.

    What has no such field is told with those of all paths that are near. Returns the annotation of the last
    field; "" if it is not known.
    """
    if declared is None:
        return ""
    name, *rest = names
    if name not in declared.fields and declared.wraps and _wrapped_has(name, declared, call, file):
        return ""
    if name not in declared.fields:
        inner = _wrapped(declared, call, file)
        further = [f"{declared.wraps}.{each}" for each in inner.fields] if inner else []
        raise no_such_field(path, declared.names, name, [*declared.fields, *further], every)
    if rest and call is not None:
        value, file = _argument(call, name, declared, file)
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            return _check(path, rest, _declared(value.func.id, file), value, file, every)
    return "" if rest else declared.hints[name]


def _check_value(path, text, hint):
    """Checks that a text stands for a value of a field with an annotation."""
    options = [option.strip() for option in hint.split("|")]
    if "None" in options and text.lower() == "none":
        return
    kinds = {"bool": bool, "int": int, "float": float, "str": str}
    several = any(option.startswith("tuple") for option in options) and ("," in text or text[:1] in "([")
    if options[0] in kinds and not several:
        value = scalar(text.strip("\"'"), kinds[options[0]], path)
        if "." not in path:
            _check_own_value(path, value)
    check_class(path, options[0], text)


def _check_own_value(name, value):
    """Checks the value of a field of the recipe itself."""
    try:
        check_values({name: value})
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def _wrapped_has(name, declared, call, file):
    """Whether the object that another one wraps has a field, or may have it."""
    inner = _wrapped(declared, call, file)
    return inner is None or name in inner.fields


def _wrapped(declared, call, file):
    """The class of the object that another one wraps; None if it wraps none, or it is not known."""
    value, file = _argument(call, declared.wraps, declared, file) if declared.wraps and call else (None, file)
    named = isinstance(value, ast.Call) and isinstance(value.func, ast.Name)
    return _declared(value.func.id, file) if named else None


def _argument(call, name, declared, file):
    """(expression, file) of what a call gives for a field, or of the field's default."""
    given = dict(zip(declared.fields, call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords}
    unpacked = None in given or any(isinstance(value, ast.Starred) for value in call.args)
    if unpacked:
        return None, file
    return (given[name], file) if name in given else (declared.fields[name], declared.files[name])


def _call_of_recipe(file: Path) -> ast.Call | None:
    """The `Recipe(...)` that a file assigns last to `recipe`; None if it is written in another way."""
    assigned = [
        node.value
        for node in ast.walk(_tree(file))
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id == "recipe"
    ]
    call = assigned[-1] if assigned else None
    if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == "Recipe":
        return call
    return None


def _tree(file: Path) -> ast.Module:
    try:
        return _parsed(file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):  # told where the recipe is loaded
        return ast.Module([], [])


@functools.cache  # by the text, because a file may change, and a relative path be another one
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


def _declared(name: str, file: Path) -> Declared | None:
    """A class by the name that it has in a file; None if the file neither declares it nor imports it."""
    for node in _tree(file).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return _read(node, file)
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if name == (alias.asname or alias.name):
                    return _imported(alias.name, (node.module or "").split("."))
    return None


def _imported(name: str, module: Sequence[str]) -> Declared | None:
    """A class of a module of this package, or of one of the files in the folder that the module is."""
    place = PACKAGE.joinpath(*module[1:])
    if module[0] != PACKAGE.name or place == PACKAGE:
        return None
    if not place.is_dir():
        return _declared(name, place.with_suffix(".py"))
    classes = ((node, file) for file in sorted(place.rglob("*.py")) for node in _tree(file).body)
    found = (
        _read(node, file) for node, file in classes if isinstance(node, ast.ClassDef) and node.name == name
    )
    return next(found, None)


def _read(node: ast.ClassDef, file: Path) -> Declared | None:
    """The fields of a class after those of its bases; None if one of these cannot be read."""
    bases = [_declared(ast.unparse(base), file) for base in node.bases]
    if None in bases:
        return None
    known = [base for base in bases if base is not None]
    names = [node.name, *(name for base in known for name in base.names)]
    fields: dict[str, ast.expr | None] = {}
    files: dict[str, Path] = {}
    hints: dict[str, str] = {}
    for base in reversed(known):  # the order in which dataclasses take the fields of their bases
        fields |= base.fields
        files |= base.files
        hints |= base.hints
    wraps = next((base.wraps for base in known if base.wraps), "")
    own = [part for part in node.body if isinstance(part, ast.AnnAssign)]
    is_field = {part: not ast.unparse(part.annotation).startswith("ClassVar") for part in own}
    if any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list):
        fields |= {ast.unparse(part.target): part.value for part in own if is_field[part]}
        files |= {ast.unparse(part.target): file for part in own if is_field[part]}
        hints |= {ast.unparse(part.target): ast.unparse(part.annotation) for part in own if is_field[part]}
    constants = {ast.unparse(part.target): part.value for part in own if not is_field[part]}
    own_wraps = constants.get("wraps")
    wraps = str(own_wraps.value) if isinstance(own_wraps, ast.Constant) else wraps
    return Declared(tuple(names), fields, files, wraps, hints)
