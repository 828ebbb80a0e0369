"""What examples are to people: how they are read, drawn, written, judged and mended. One format a file."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from keras_ae.errors import InputError
from keras_ae.files import classes_below
from keras_ae.imaging.grid import drawable

Draws = Callable[[int, int], np.ndarray]
"""(count, seed) -> examples (count, ...), the same for the same seed."""


class Format(Protocol):
    """A frozen dataclass of plain values, so that a run's folder keeps it as JSON.

    Examples are as people have them: of the categorical domain whole numbers (n, ...) of classes, without
    the axis of classes; else float32 values (n, ...) in the units of the data's files.

    suffixes: of the files that `read` takes.
    read: a file, and the shape of an example -> an example. Raises InputError for what is none.
    drawn: an example -> an image (height, width, 1 or 3) uint8.
    write: an example, and a path without suffix -> the files written.

    One whose examples are pieces of something longer has `axis`, that along which they follow each other,
    counted without the batch's; `write` and `drawn` then take any length along it. It may have `unit`, the
    steps in which lengths are told, and `counted`, what those are called; `compared(examples)`, what of them
    is to agree where two are joined; and `joined(before, window, cut)`, which joins what stands before, steps
    first, to a window's from a cut on.
    One that can tell good from bad has `validity(examples) -> (n,)` in [0, 1], 1 for wholly valid ones, and
    may have `repaired(example) -> (example, whether it is valid now)` and `unjudged`: why it cannot tell now,
    or nothing.
    Others may have: `attributes(examples)`, (n,) bool by name, what an example has or has not;
    `figures(samples, train, test)`, measures of samples beside real examples, by name;
    `baselines(train)`, Draws by name of what is simpler than a network;
    `nll(train, test)`, nats an example of such baselines, by name;
    `sound(example) -> (samples (n,) float32 in [-1, 1], rate)`.
    """

    suffixes: tuple[str, ...]

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray: ...

    def render(self, example: np.ndarray) -> np.ndarray: ...

    def write(self, example: np.ndarray, stem: Path) -> list[Path]: ...


def kinds() -> dict[str, type]:
    """Every format of this folder, by its name."""
    return {
        kind.__name__: kind
        for kind in classes_below(sys.modules[__name__])
        if dataclasses.is_dataclass(kind) and hasattr(kind, "suffixes")
    }


def format_of(given: Format | None, domain: str, shape: tuple[int, ...]) -> Format:
    """A data set's own format, else what follows from the domain and the shape of its examples."""
    if given is not None:
        return given
    name = "Images" if domain == "unit" and drawable(shape) else "Numbers"
    return kinds()[name]()


def to_json(format: Format) -> str:
    """A format as text."""
    return json.dumps({"kind": type(format).__name__, "fields": dataclasses.asdict(format)})


def from_json(text: str) -> Format:
    """The format of a text. Raises InputError for what is none."""
    try:
        read = json.loads(text)
        kind, fields = kinds()[read["kind"]], read["fields"]
        return kind(**{name: _tuple(value) for name, value in fields.items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"expected what examples are to people, received {text[:80]!r}; train anew"
        ) from error


def _tuple(value):
    return tuple(map(_tuple, value)) if isinstance(value, list) else value
