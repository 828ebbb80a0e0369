"""The fields of a recipe with their values, types and meanings."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from typing import Any

from keras_ae.recipe import Recipe

__all__ = ["described_fields"]


def described_fields(recipe: Recipe) -> list[dict[str, str]]:
    """Every field of a recipe and of its objects.

    Args:
        recipe: The recipe.

    Returns:
        The path of each field as `--set` takes it, its value, type and default as texts, and the first
        sentence of its meaning. The default is empty where the field must be given.
    """
    return [dict(entry) for entry in _fields(recipe, "") if entry["field"] != "name"]


def _fields(owner: Any, prefix: str) -> Iterator[dict[str, str]]:
    meanings = _meanings(type(owner))
    for field in dataclasses.fields(owner):
        value = getattr(owner, field.name)
        yield {
            "field": prefix + field.name,
            "value": _text(value),
            "default": _default(field),
            "type": str(field.type),
            "meaning": meanings.get(field.name, ""),
        }
        if dataclasses.is_dataclass(value):
            yield from _fields(value, f"{prefix}{field.name}.")


def _default(field: dataclasses.Field) -> str:
    if field.default is not dataclasses.MISSING:
        return _text(field.default)
    return "" if field.default_factory is dataclasses.MISSING else _text(field.default_factory())


def _text(value: Any) -> str:
    """A value as a user would write it; of an object, the name of its class."""
    if dataclasses.is_dataclass(value):
        return type(value).__name__
    if isinstance(value, tuple):
        return ", ".join(getattr(part, "__qualname__", str(part)) for part in value)
    return str(value)


def _meanings(kind: type) -> dict[str, str]:
    """The first sentence about each attribute in the docstrings of a class and of its bases."""
    meanings: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        section = re.search(
            r"^(?:Attributes|Args):\n((?:    .*\n|\n)*)", inspect.cleandoc(base.__doc__ or "") + "\n", re.M
        )
        for entry in re.split(r"\n(?=    \w)", "\n" + section[1] if section else ""):
            name, colon, text = entry.strip().partition(":")
            if colon and name.isidentifier():
                meanings[name] = re.split(r"(?<=[.;]) ", " ".join(text.split()))[0].rstrip(".;")
    return meanings
