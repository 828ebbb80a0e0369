"""Names of a table's columns as a served signature can have them.

TensorFlow makes them the parameters of a Python function, and tells them apart without regard to case.
A served name follows from the column's own, unless two would be the same: so a client can work it out, and
another training on other columns too gives the same.
"""

from __future__ import annotations

import hashlib
import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain, count, islice

from keras_ae.errors import InputError

__all__ = ["find_columns", "is_servable", "served_names"]

RESERVED = frozenset({"self", "inputs", "condition", "together"})
"""The parameter of every method, the heads' own inputs that may stand beside columns, and a layer's name."""

_SERVABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_UNFIT = re.compile(r"[^A-Za-z0-9_]")
_FORMERLY_UNFIT = re.compile(r"[^A-Za-z0-9_.-]")
DIGITS = 8
"""Digits of a name's hash that tell it from others."""


def is_servable(name: str) -> bool:
    """Whether a signature's input may have a name.

    Args:
        name: Of a column.

    Returns:
        Whether it is a word of ASCII letters, digits and underscores that begins with a letter, and is free.
    """
    return _SERVABLE.fullmatch(name) is not None and not keyword.iskeyword(name) and name not in RESERVED


def served_names(columns: Iterable[str]) -> dict[str, str]:
    """The columns of a table by names that a served signature can have.

    A name that can be served stays as it is. Others keep their letters, digits and underscores, as in "km_h"
    for "km/h". Where letters of other scripts are lost, or two names would be the same, a hash is added:
    "column_0a1b2c3d".

    Args:
        columns: The names of the columns, each one once.

    Returns:
        Served names, different also without regard to case, to those of the columns, in their order.

    Raises:
        InputError: A name is no text that can be written.
    """
    columns = tuple(columns)
    for column in columns:
        if any("\ud800" <= c <= "\udfff" for c in column) or "\0" in column:
            raise InputError(f"the column {column!r} has a name that cannot be written as UTF-8; rename it")
    served: dict[str, str] = {}
    taken: set[str] = set()
    for column in (*filter(is_servable, columns), *(name for name in columns if not is_servable(name))):
        served[column] = next(name for name in _candidates(column) if name.lower() not in taken)
        taken.add(served[column].lower())
    return {served[column]: column for column in columns}


def find_columns(
    served: Iterable[str],
    columns: Collection[str],
    known: Mapping[str, str] | None = None,
    where: str = "the input",
) -> dict[str, str]:
    """Finds the columns that a signature's inputs stand for.

    Args:
        served: The names of the inputs.
        columns: The columns that there are, by their own names or those served.
        known: The columns' own names by those served, as in a model card; without it they are those whose
            names are served so.
        where: What has the columns, for messages.

    Returns:
        A column for each input.

    Raises:
        InputError: A column is missing, or it cannot be told which one is meant.
    """
    found = _candidate_columns(tuple(served), columns, known or {})
    missing = [(known or {}).get(name, name) for name, candidates in found.items() if not candidates]
    if missing:
        some = ", ".join(missing[:20]) + (f" and {len(missing) - 20} more" if len(missing) > 20 else "")
        raise InputError(
            f"expected a column for each of the head's inputs in {where}, it lacks {some}; add it, or "
            "rename one"
        )
    for name, candidates in found.items():
        if len(candidates) > 1:
            raise InputError(
                f"expected one column for the head's input {name} in {where}, it could be "
                f"{' or '.join(map(repr, candidates))}; leave out the others"
            )
    return {name: column for name, [column] in found.items()}


def _candidate_columns(
    served: Collection[str], columns: Collection[str], known: Mapping[str, str]
) -> dict[str, list[str]]:
    """The columns that each of a signature's inputs may stand for."""
    inputs, by_form = {*served}, dict[str, list[str]]()
    for column in columns:
        form = next((form for form in _forms(column) if form in inputs), None)
        if form is not None:
            by_form.setdefault(form, []).append(column)
    existing = {*columns}
    return {
        name: [column for column in (known[name], name) if column in existing][:1]
        if name in known
        else by_form.get(name, [])
        for name in served
    }


def _forms(column: str) -> Iterator[str]:
    """The names that a column may be served by, the least ambiguous first; the last is a former version's."""
    first, second = islice(_candidates(column), 2)
    yield from (column, second, first, _FORMERLY_UNFIT.sub("_", column))


def _candidates(column: str) -> Iterator[str]:
    """Names that a column can be served by, the best first."""
    digest = hashlib.sha256(column.encode()).hexdigest()[:DIGITS]
    name, is_whole = _plain(column)
    hashed = f"{name}_{digest}"
    yield from chain([name] if is_whole else [], [hashed], (f"{hashed}_{number}" for number in count(2)))


def _plain(column: str) -> tuple[str, bool]:
    """A servable name of a column's letters and digits, and whether none of them was lost."""
    if is_servable(column):
        return column, True
    letters = "".join(c for c in unicodedata.normalize("NFKD", column) if not unicodedata.combining(c))
    name = _UNFIT.sub("_", letters).lstrip("_")
    is_whole = bool(name) and not any(c.isalnum() and not c.isascii() for c in letters)
    if not is_whole:
        name = re.sub("_+", "_", name).strip("_") or "column"
    name = name if name[0].isalpha() else f"column_{name}"
    return name if is_servable(name) else f"{name}_", is_whole
