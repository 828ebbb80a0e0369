"""Examples selected by the user: a file, an example of a split, or one generated from a seed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ae.apps.generation.generator import Generator
from keras_ae.apps.generation.request import LITERAL, SPLITS, check_example
from keras_ae.data.scaling import in_original_units
from keras_ae.data.types import Data
from keras_ae.errors import InputError

__all__ = ["InputExample", "cut_windows", "example_file", "join_windows", "read_example"]


@dataclass(frozen=True, eq=False)
class InputExample:
    """An example and its name.

    Attributes:
        name: The name used for its files.
        example: (...), in original units; it may be longer than a window.
        code: The code that it was generated from, or None.
        choices: The noise of its decoder's choices, or None if it makes none.
        label: The index of its class, or None if it is not known.
        decode_as: The index of the class to decode its code as, or None for its own.
    """

    name: str
    example: np.ndarray
    code: np.ndarray | None = None
    choices: np.ndarray | None = None
    label: int | None = None
    decode_as: int | None = None


def read_example(
    text: str, generator: Generator, data: Callable[[], Data], label: int | None = None
) -> InputExample:
    """Loads the example that a text names.

    Args:
        text: A file, `test:5` for an example of a split, `seed:3` for a generated one, or itself an example,
            such as a sentence or `text:word`, where examples are texts.
        generator: The generator.
        data: Loads the data of the run if it is needed.
        label: The class to decode as, which is also used for an example without a label.

    Returns:
        The example.

    Raises:
        InputError: If the example does not exist.
    """
    kind, _, number = text.partition(":")
    if kind == "seed" and number.isdecimal():
        generated = generator.generate(1, int(number), label=label)
        codes = {name: rows[0] for name, rows in generator.sample_codes(generated.noise).items()}
        known = None if generated.labels is None else generated.labels[0]
        return InputExample(
            f"seed_{number}", generated.examples[0], codes["code"], codes.get("choices"), known
        )
    if kind in SPLITS and number.isdecimal():
        split = data().splits[kind]
        if int(number) >= len(split):
            raise InputError(f"expected {kind}:N with N below {len(split):,}, received {text}; name another")
        row = split.take(slice(int(number), int(number) + 1))
        known = label if row.labels is None else int(row.labels[0])
        example = in_original_units(row, generator.scaler)[0]
        return InputExample(f"{kind}_{number}", example, label=known, decode_as=label)
    check_example(text)
    example = None if os.path.isfile(text) else generator.format.example_of(text.removeprefix(LITERAL))
    if example is not None:
        return InputExample(_file_name(text.removeprefix(LITERAL)), example, label=label)
    path = example_file(text, generator)
    return InputExample(path.stem, generator.format.read(path, generator.element_shape), label=label)


def _file_name(text: str) -> str:
    """A name for the files of an example that is itself a text: its letters, at most 40."""
    return re.sub(r"\W+", "_", text).strip("_")[:40] or "text"


def example_file(text: str, generator: Generator) -> Path:
    """The file of an example.

    Args:
        text: Its path.
        generator: The generator.

    Returns:
        The path.

    Raises:
        InputError: If the file does not exist or has another suffix.
    """
    path, suffixes = Path(text), ", ".join(generator.format.suffixes)
    if not path.is_file():
        raise InputError(f"there is no file {text}; name one ({suffixes})")
    if path.suffix.lower() not in generator.format.suffixes:
        raise InputError(f"expected a file of {suffixes}, received {text}; convert it, or name another")
    return path


def cut_windows(
    example: np.ndarray, shape: tuple[int, ...], axis: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Cuts an example that may be longer along its axis into windows, one after the other.

    Args:
        example: (...).
        shape: The shape of a window.
        axis: The axis along which the example may be longer, or None.

    Returns:
        Windows (n, *shape), and where each begins, (n,); the last ends where the example does.

    Raises:
        InputError: If the example has another shape.
    """
    if example.shape == shape:
        return example[None], np.zeros(1, int)
    others = [other for other in range(len(shape)) if other != axis]
    same = example.ndim == len(shape) and all(example.shape[other] == shape[other] for other in others)
    if axis is None or not same or example.shape[axis] < shape[axis]:
        raise InputError(
            f"expected an example of shape {shape}, received {example.shape}; give one of the same"
        )
    size, length = shape[axis], example.shape[axis]
    starts = np.unique(np.append(np.arange(0, length - size + 1, size), length - size))
    return np.stack([example.take(range(at, at + size), axis=axis) for at in starts]), starts


def join_windows(windows: np.ndarray, starts: np.ndarray, axis: int | None) -> np.ndarray:
    """Joins windows to the example that they were cut from.

    Args:
        windows: (n, ...); later ones overwrite earlier ones.
        starts: Where each begins, (n,).
        axis: The axis of an example along which they follow each other.

    Returns:
        The example, (...).
    """
    if len(windows) == 1 or axis is None:
        return windows[0]
    windows = np.moveaxis(windows, 1 + axis, 1)
    whole = np.empty((starts[-1] + windows.shape[1], *windows.shape[2:]), windows.dtype)
    for window, start in zip(windows, starts, strict=True):
        whole[start : start + len(window)] = window
    return np.moveaxis(whole, 0, axis)
