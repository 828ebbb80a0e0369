"""The exceptions of the package; the command line prints each in one line."""

from __future__ import annotations

import dataclasses
import math
import numbers
import types
import typing
from collections.abc import Collection, Hashable
from pathlib import Path
from typing import Any

__all__ = [
    "ExportError",
    "InputError",
    "TrainingInterrupted",
    "WorkerLost",
    "check_choices",
    "check_convolutions",
    "check_least",
    "check_types",
    "check_widths",
    "check_within",
]


class InputError(ValueError):
    """An error of the input, which says in one line what was expected, what came and what to do next.

    The command line prints it without a traceback and exits with status 2; in Python it is a ValueError.
    """


class ExportError(RuntimeError):
    """An exported head does not give what its Keras model gives; the export was removed."""


class WorkerLost(RuntimeError):
    """Another worker of a training ended or does not answer; what was trained can be resumed.

    Attributes:
        lost: The worker or workers, in words.
    """

    def __init__(self, lost: str):
        super().__init__(
            f"{lost} was lost; completed epochs are kept in the run's folder: start all workers again, with "
            "--resume"
        )
        self.lost = lost


class TrainingInterrupted(KeyboardInterrupt):
    """Training was interrupted; the run's folder holds every completed epoch and can be resumed.

    Attributes:
        directory: The run's folder.
        epochs: Completed epochs, those of stages among them.
        planned: Epochs of the whole training; None if it has stages.
    """

    def __init__(self, directory: Path, epochs: int, planned: int | None):
        planned_text = "" if planned is None else f" of {planned}"
        super().__init__(f"{epochs}{planned_text} epochs are kept in {directory}")
        self.directory, self.epochs, self.planned = directory, epochs, planned


def check_choices(owner: object, **choices: Collection[Any]) -> None:
    """Checks that fields have one of some values.

    Args:
        owner: The object whose fields they are.
        **choices: The values that each field may have, by its name.

    Raises:
        InputError: For a field with another value.
    """
    for name, allowed in choices.items():
        value = getattr(owner, name)
        plain = isinstance(value, Hashable) and not isinstance(value, bool)
        if not plain or value not in tuple(allowed):
            raise InputError(f"{name} must be one of {', '.join(map(str, allowed))}; received {value!r}")


def check_convolutions(filters: tuple[int, ...], kernel_size: int) -> None:
    """Checks the sizes of convolutions.

    Args:
        filters: Of the layers, at least one; each at least 1.
        kernel_size: Side of a kernel, odd and at least 1.

    Raises:
        InputError: For other sizes.
    """
    check_widths("filters", filters)
    if not isinstance(kernel_size, int) or kernel_size < 1 or kernel_size % 2 == 0:
        raise InputError(f"kernel_size must be odd and at least 1, received {kernel_size}")


def check_least(owner: object, **least: float) -> None:
    """Checks that fields are not below their least values.

    Args:
        owner: The object whose fields they are.
        **least: The least value of each field, by its name.

    Raises:
        InputError: For a field that is below its least value, or not a number.
    """
    for name, low in least.items():
        value = getattr(owner, name)
        if not _is_number(value):
            raise InputError(f"{name} must be a number of at least {low}, received {value!r}")
        if not value >= low:
            raise InputError(f"{name} must be at least {low}, received {value}")


def check_widths(name: str, widths: Any, least: int = 1) -> None:
    """Checks the widths of layers.

    Args:
        name: The name of the field.
        widths: A tuple of whole numbers, each at least 1.
        least: Number of layers at least.

    Raises:
        InputError: For anything else.
    """
    if not isinstance(widths, tuple) or not all(isinstance(width, numbers.Integral) for width in widths):
        raise InputError(f"{name} must be a tuple of whole numbers, such as (16, 32); received {widths!r}")
    if len(widths) < least or any(width < 1 for width in widths):
        some = "one or more widths" if least else "widths"
        raise InputError(f"{name} needs {some} of at least 1, received {widths}")


def check_within(owner: object, **intervals: str) -> None:
    """Checks that fields lie within intervals.

    Args:
        owner: The object whose fields they are.
        **intervals: By the field's name its interval, such as "(0, 1]": above 0 and at most 1.

    Raises:
        InputError: For a field outside its interval, or not a number.
    """
    for name, interval in intervals.items():
        value = getattr(owner, name)
        low, high = map(float, interval[1:-1].split(","))
        words = _interval_in_words(interval, low, high)
        if not _is_number(value):
            raise InputError(f"{name} must be a number {words}, received {value!r}")
        above = value > low if interval[0] == "(" else value >= low
        below = value < high if interval[-1] == ")" else value <= high
        if not (above and below):
            raise InputError(f"{name} must be {words}, received {value}")


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _interval_in_words(interval, low, high):
    if interval[0] + interval[-1] == "[]":
        return f"from {low:g} to {high:g}"
    above = f"{'above' if interval[0] == '(' else 'at least'} {low:g}"
    below = f"{'below' if interval[-1] == ')' else 'at most'} {high:g}" if high < math.inf else "finite"
    return f"{above} and {below}" if low > -math.inf else below


SCALARS: dict[type, tuple[str, tuple[type, ...]]] = {
    bool: ("true or false", (bool,)),
    int: ("a whole number", (numbers.Integral,)),
    float: ("a number", (numbers.Real,)),
    str: ("text", (str,)),
}
"""What a field of a plain type holds, in words and as types."""


def check_types(owner: Any, path: str = "") -> None:
    """Checks that the fields of a dataclass, and of those inside it, have the types of their annotations.

    Args:
        owner: A dataclass.
        path: The path of the owner, to stand before its fields' names in a message.

    Raises:
        InputError: For a field of another type.
    """
    try:
        hints = typing.get_type_hints(type(owner))
    except NameError:  # a class that a function defines
        return
    for field in dataclasses.fields(owner):
        value, name = getattr(owner, field.name), f"{path}{field.name}"
        expected = _mismatch(value, hints[field.name])
        if expected:
            raise InputError(f"{name} must be {expected}, received {_received(value)}")
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            check_types(value, f"{name}.")


def _mismatch(value, hint):
    """What a hint expects in words, where a value is something else; "" where it fits or cannot be told."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        wrong = [_mismatch(value, option) for option in typing.get_args(hint)]
        return "" if "" in wrong else " or ".join(dict.fromkeys(wrong))
    if hint is Any:
        return ""
    if hint is type(None):
        return "" if value is None else "None"
    if hint in SCALARS:
        words, kinds = SCALARS[hint]
        fits = isinstance(value, kinds) and (hint is bool or not isinstance(value, bool))
        return "" if fits else words
    if typing.get_origin(hint) is tuple:
        element, *rest = typing.get_args(hint) or (Any,)
        if not isinstance(value, tuple):
            return "a tuple"
        wrong = [_mismatch(part, element) for part in value] if rest == [...] else []
        return f"a tuple, each part of it {next(filter(None, wrong))}" if any(wrong) else ""
    if isinstance(hint, type) and not isinstance(value, hint):
        return f"a{'n' * (hint.__name__[0] in 'AEIOU')} {hint.__name__}"
    return ""


def _received(value):
    """A value in a message; of a class, what to write in its place."""
    if isinstance(value, type):
        return f"the class {value.__name__}; write {value.__name__}(...)"
    text = " ".join(repr(value).split())
    return text if len(text) <= 100 else f"{text[:100]}... ({type(value).__name__})"
