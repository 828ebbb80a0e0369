"""What a user names as an example: a file, an example of a split, or one generated from a seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ae.apps.generation.generator import Generator
from keras_ae.data.types import Data, in_original_units
from keras_ae.errors import InputError

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Given:
    """An example that was named.

    example: (...) as people have it, which may be longer than a window. code: what it was generated from, or
    None; choices: that which its decoder chose by, where it makes choices. label: its class, or None where
    none is known. wanted: the class to decode its code as, or None for its own.
    """

    name: str
    example: np.ndarray
    code: np.ndarray | None = None
    choices: np.ndarray | None = None
    label: int | None = None
    wanted: int | None = None


def given(text: str, generator: Generator, data: Callable[[], Data], label: int | None = None) -> Given:
    """The example that a text names: a file, `test:5` of the data, or `seed:3` as it is generated.

    data: opens what the run learned from, where it is needed. label: the class to decode as, and of an
    example whose own is not known.
    Raises InputError for what is none of them.
    """
    kind, _, number = text.partition(":")
    if kind == "seed" and number.isdecimal():
        made = generator.draw(1, int(number), label=label)
        drawn = {name: one[0] for name, one in generator.drawn(made.noise).items()}
        known = None if made.labels is None else made.labels[0]
        return Given(f"seed_{number}", made.examples[0], drawn["code"], drawn.get("choices"), known)
    if kind in SPLITS and number.isdecimal():
        split = getattr(data(), kind)
        if int(number) >= len(split):
            raise InputError(f"expected {kind}:N with N below {len(split):,}, received {text}")
        one = split.take(slice(int(number), int(number) + 1))
        known = None if one.labels is None else int(one.labels[0])
        known = label if known is None else known
        return Given(
            f"{kind}_{number}", in_original_units(one, generator.scaler)[0], label=known, wanted=label
        )
    kinds = ", ".join(generator.format.suffixes)
    if not Path(text).suffix:
        raise InputError(
            f"expected a file ({kinds}), an example such as test:5, or a seed such as seed:3; received "
            f"{text or 'nothing: INPUT=, or FROM= and TO='}"
        )
    path = file_of(text, generator)
    return Given(path.stem, generator.format.read(path, generator.element_shape), label=label)


def file_of(text: str, generator: Generator) -> Path:
    """The file of an example that a text names. Raises InputError for none, and for one of another kind."""
    path, kinds = Path(text), ", ".join(generator.format.suffixes)
    if not path.is_file():
        raise InputError(f"there is no file {text}; name one ({kinds})")
    if path.suffix.lower() not in generator.format.suffixes:
        raise InputError(f"expected a file of {kinds}, received {text}")
    return path


def windows_of(
    example: np.ndarray, shape: tuple[int, ...], axis: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Windows (n, *shape) of an example that may be longer along its axis, and where each begins (n,).

    One after the other; the last ends where the example does. Raises InputError for an example of another
    shape.
    """
    if example.shape == shape:
        return example[None], np.zeros(1, int)
    others = [place for place in range(len(shape)) if place != axis]
    same = example.ndim == len(shape) and all(example.shape[place] == shape[place] for place in others)
    if axis is None or not same or example.shape[axis] < shape[axis]:
        raise InputError(
            f"expected an example of shape {shape}, received {example.shape}; give one of the same"
        )
    size, length = shape[axis], example.shape[axis]
    starts = np.unique(np.append(np.arange(0, length - size + 1, size), length - size))
    return np.stack([example.take(range(at, at + size), axis=axis) for at in starts]), starts


def whole_of(windows: np.ndarray, starts: np.ndarray, axis: int | None) -> np.ndarray:
    """The example that windows (n, ...) with these beginnings make; later ones go over earlier ones."""
    if len(windows) == 1 or axis is None:
        return windows[0]
    windows = np.moveaxis(windows, 1 + axis, 1)
    whole = np.empty((starts[-1] + windows.shape[1], *windows.shape[2:]), windows.dtype)
    for window, start in zip(windows, starts, strict=True):
        whole[start : start + len(window)] = window
    return np.moveaxis(whole, 0, axis)
