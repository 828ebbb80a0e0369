"""Requests for generated examples, and what is checked of others before a run is loaded."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

from keras_ae.catalog import names_beside
from keras_ae.errors import InputError
from keras_ae.files import check_folder, check_new
from keras_ae.names import nearby

__all__ = [
    "LITERAL",
    "SPLITS",
    "GenerationRequest",
    "check_count",
    "check_example",
    "check_file",
    "check_new_folder",
    "check_steps",
    "strength",
]

MAX_ROWS = 1_000_000
"""Maximum number of rows of a table per request."""

MAX_COUNT, MAX_LENGTH, MAX_STEPS = 10_000, 10_000, 1_000
"""Maximum number of examples per request, of columns or bars per example, and of steps of a walk."""

SPLITS = ("train", "validation", "test")

LITERAL = "text:"
"""What stands before an example that is itself a text."""


@dataclass(frozen=True)
class GenerationRequest:
    """A request for generated examples.

    Attributes:
        count: Number of examples, from 1 to 10,000.
        seed: Random seed, at least 0.
        temperature: Factor on the noise, above 0; below 1 for more typical examples.
        label: The class of all examples, by name or number; None for all classes in turn.
        condition: A column and the value that all rows have in it, such as "status=paid"; "" for any.
        length: Columns, or bars, that windows are joined to; None for windows.
        opening: Path of a file that they begin with; only with a length.
        best_of: Number of samples from which the most valid is chosen, at least 1.
        valid: Whether examples are repaired, or resampled, until they are valid.
    """

    count: int = 16
    seed: int = 0
    temperature: float = 1.0
    label: str | None = None
    length: int | None = None
    opening: str | None = None
    best_of: int = 1
    valid: bool = False
    condition: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MAX_ROWS:
            raise InputError(f"expected a count from 1 to {MAX_COUNT:,}, received {self.count}; set --count")
        if self.label is not None and self.condition:
            raise InputError(
                f"expected --class or --where, received {self.label} and {self.condition}; leave one out"
            )
        if self.seed < 0:
            raise InputError(f"expected a seed of at least 0, received {self.seed}; set --seed")
        if self.best_of < 1:
            raise InputError(
                f"expected the best of at least 1 sample, received {self.best_of}; such as --best-of 5"
            )
        if self.opening and not self.length:
            raise InputError("an opening is continued to a length; add --length 100, or leave --after out")
        if self.length is not None and not 1 <= self.length <= MAX_LENGTH:
            raise InputError(f"expected a length from 1 to {MAX_LENGTH:,}; received --length {self.length}")


def check_file(file: Path, force: bool) -> None:
    """Checks that a verb may write its one file.

    Args:
        file: The file.
        force: Whether a file that is there may be replaced.

    Raises:
        InputError: It is there already, is a folder, or cannot be written.
    """
    check_new(file, force)


def check_example(text: str) -> None:
    """Checks what stands for an example, as far as no run is needed.

    Args:
        text: A file, `test:5` for an example of a split, `seed:3` for a generated one, or `text:...` for an
            example that is a text; one with blanks needs no `text:`.

    Raises:
        InputError: It is none of these.
    """
    kind, colon, number = text.partition(":")
    if colon and kind in ("seed", *SPLITS):
        if not number.isdecimal():
            raise InputError(f"expected {kind}:N with a whole number N, received {text}; such as {kind}:3")
        return
    if os.path.isfile(text) or text.startswith(LITERAL) or (" " in text.strip() and not Path(text).suffix):
        return  # an example itself, where the run's examples are texts
    near = nearby(text, names_beside(text))
    if not Path(text).suffix:
        raise InputError(
            f"expected a file, an example such as test:5, or a seed such as seed:3; received "
            f"{text or 'nothing'}{near}; give one of these"
        )
    raise InputError(f"there is no file {text}{near}; name one, an example such as test:5, or seed:3")


def check_steps(steps: int) -> None:
    """Checks the number of steps of an interpolation or a traversal.

    Args:
        steps: The number.

    Raises:
        InputError: There are too few or too many.
    """
    if not 2 <= steps <= MAX_STEPS:
        raise InputError(f"expected from 2 to {MAX_STEPS:,} steps, received {steps}; set --steps")


def check_count(count: int) -> None:
    """Checks the number of neighbors of each example.

    Args:
        count: The number.

    Raises:
        InputError: It is below 1.
    """
    if count < 1:
        raise InputError(f"expected a count of at least 1, received {count}; set --count")


def strength(text: str) -> float:
    """How much of an attribute is added.

    Args:
        text: A number; a negative one removes the attribute.

    Returns:
        The number.

    Raises:
        InputError: It is none, or not finite.
    """
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not math.isfinite(factor):
        raise InputError(f"expected --strength to be a number such as 1.5 or -1, received {text!r}")
    return factor


def check_new_folder(folder: Path, force: bool) -> None:
    """Checks that a verb may write its files into a folder.

    Args:
        folder: The folder.
        force: Whether files that a verb wrote there before may be replaced.

    Raises:
        InputError: It is or lies in a file, cannot be written, or holds files and `force` is false.
    """
    check_folder(folder, "--output")
    if folder.is_dir() and any(folder.glob("*")) and not force:
        raise InputError(
            f"{folder} already contains files; name another folder, OUTPUT= (--output), or replace earlier "
            "results, FORCE=1 (--force)"
        )
