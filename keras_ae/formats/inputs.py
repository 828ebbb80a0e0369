"""Examples in files as inputs of a head: the values that pass between a format and who calls a head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_ae.errors import InputError
from keras_ae.imaging.frames import in_parallel

if TYPE_CHECKING:
    from keras_ae.formats.format import Format

__all__ = [
    "DEFAULT_SIGNATURE",
    "IMAGES",
    "LENGTHS",
    "ExampleInFile",
    "ExamplesInFiles",
    "HeadInputs",
    "ReadInputs",
    "read_inputs",
]

DEFAULT_SIGNATURE = "serving_default"
"""The signature that takes arrays."""

IMAGES = "image_bytes"
"""The signature of encoded images, and its input."""

LENGTHS = "lengths"
"""The input that says how much of each example counts, beside examples of different lengths."""


@dataclass(frozen=True)
class ExamplesInFiles:
    """The examples in files and folders that a user gives.

    Attributes:
        examples: A file, an image or another example of a file, or a text each; `str` names it.
        notes: Lines about files that are passed over, or hold several examples.
        files: The file of each example, where files hold several; () where each is a file.
    """

    examples: Sequence[Any]
    notes: tuple[str, ...] = ()
    files: Sequence[Path] = ()


@dataclass(frozen=True, eq=False)
class ExampleInFile:
    """An example of a file that holds several, which has been read with the others.

    Attributes:
        name: Its name, with that of its file where there are several.
        values: (...), in original units.
        entry: Its name within its file.
    """

    name: str
    values: np.ndarray
    entry: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class HeadInputs:
    """What a signature of a head takes.

    Attributes:
        specs: Its inputs, {"shape", "dtype"} by name.
        example_shape: The shape of an example as an array, None along an axis of any length; () where it is
            not known.
        remote: Whether a server has the head, which does not say what data it was trained on.
    """

    specs: Mapping[str, Mapping[str, Any]]
    example_shape: tuple[Any, ...] = ()
    remote: bool = False

    @property
    def names(self) -> list[str]:
        """The inputs but for the lengths of examples."""
        return [name for name in self.specs if name != LENGTHS]

    @property
    def shape(self) -> tuple[Any, ...]:
        """The shape of a row of the first of these, None along an axis of any length."""
        return tuple((self.specs[self.names[0]]["shape"] or [None])[1:])


@dataclass(frozen=True)
class ReadInputs:
    """Examples as inputs of a head.

    Attributes:
        inputs: Arrays by the inputs' names, a row for each example that was read.
        rows: The index of each of these among all.
        failures: The reason for each that was left out, by its name.
    """

    inputs: dict[str, np.ndarray]
    rows: list[int]
    failures: dict[str, str] = field(default_factory=dict)


def read_inputs(format: Format, examples: Sequence[Any], head: HeadInputs) -> ReadInputs:
    """Reads examples for a head; those that cannot be read are left out.

    Args:
        format: The format, which takes the head's inputs.
        examples: As `Format.find` gives them.
        head: What the head takes.

    Returns:
        The inputs; examples of different lengths are filled up with zeros, for a head that takes lengths.

    Raises:
        InputError: If the lengths of examples differ, and the head takes one at a time.
    """

    def read(example: Any) -> Any:
        try:
            return format.input_of(example, head)
        except InputError as error:
            return error

    each = list(enumerate(in_parallel(read, examples)))
    values = {row: value for row, value in each if not isinstance(value, InputError)}
    failures = {
        name: str(value).removeprefix(f"{name} ")
        for row, value in each
        if isinstance(value, InputError) and (name := str(examples[row]))
    }
    inputs: dict[str, np.ndarray] = {}
    if values:
        inputs = {head.names[0]: _joined([*values.values()], LENGTHS in head.specs)}
    if values and LENGTHS in head.specs:
        inputs[LENGTHS] = np.array([len(value) for value in values.values()], np.int32)
    return ReadInputs(inputs, [*values], failures)


def _joined(values: Sequence[Any], any_length: bool) -> np.ndarray:
    """Strings of bytes, or arrays, in one array."""
    if isinstance(values[0], bytes):
        return np.array(values, object)
    sizes = {len(value) for value in values}
    if len(sizes) > 1 and not any_length:
        raise InputError(
            f"this head takes examples of one length at a time, received {min(sizes):,} to {max(sizes):,}; "
            "give one file, or take a head that takes lengths too, such as --head restorer"
        )
    joined = np.zeros((len(values), max(sizes), *values[0].shape[1:]), values[0].dtype)
    for row, value in zip(joined, values, strict=True):
        row[: len(value)] = value
    return joined
