"""Examples as a served head takes them: in the data's own units, checked, a few at a time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from keras_ae.domains import Domain, domain_of
from keras_ae.errors import InputError

WHITE = {"uint8": 255, "uint16": 65535}
"""The whole number that stands for 1, in the unit domain."""


@dataclass(frozen=True)
class InputSpec:
    """What a served head takes.

    shape: of one example. domain: "unit", "real" or "categorical". classes: of the categorical domain.
    label_names: what the numbers of a condition mean, where the head has one and knows; else ().
    """

    shape: tuple[int, ...]
    domain: Domain
    classes: int = 0
    label_names: tuple[str, ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "domain", domain_of(self.domain))


@dataclass(frozen=True, eq=False)
class Batch:
    """Neighboring examples of an input.

    places: (n,) int64, where in the input each stands.
    examples: (n, *shape), float32 in the data's own units, or int64 numbers of classes.
    labels: (n,) int64, or None. names: paths of the files, or None.
    faults: what is wrong with the files left out, by path.
    """

    positions: np.ndarray
    examples: np.ndarray
    labels: np.ndarray | None = None
    names: list[str] | None = None
    faults: dict[str, str] = field(default_factory=dict)

    def __len__(self):
        return len(self.positions)


def conform(raw: np.ndarray, taken: InputSpec, where: str, first: int = 0) -> np.ndarray:
    """Values as training sees them, in the data's own units: float32, or int64 numbers of classes.

    Of the unit domain a byte of 255 and a uint16 of 65535 stand for 1.
    first: the place of the first row, by which an error names an example.
    Raises InputError for what is not finite, not within [0, 1] in the unit domain, or no class.
    """
    if taken.domain.one_hot:
        if raw.dtype.kind not in "bui":
            raise InputError(f"expected whole numbers, each of a class, in {where}; received {raw.dtype}")
        bad = (raw < 0) | (raw >= taken.classes)
        expected = f"numbers of classes from 0 to {taken.classes - 1}"
        values = raw.astype(np.int64)
    else:
        full = WHITE.get(raw.dtype.name, 1) if taken.domain.unit_interval else 1
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is named below
            values = raw.astype(np.float32) if full == 1 else raw.astype(np.float32) / np.float32(full)
        if taken.domain.unit_interval and raw.dtype.name in ("bool", *WHITE):
            return values
        bad, expected = ~np.isfinite(values), "finite numbers"
        if taken.domain.range is not None:
            low, high = taken.domain.range
            bad, expected = ~((values >= low) & (values <= high)), f"values in [{low:g}, {high:g}]"
    if bad.any():
        row = int(np.flatnonzero(bad.reshape(len(bad), -1).any(axis=1))[0])
        raise InputError(
            f"expected {expected} in {where}, as the model was trained on; example {first + row} holds "
            f"{raw[row][bad[row]][0]}"
        )
    return values


def check_shape(shape: tuple[int, ...], taken: InputSpec, where: str) -> None:
    """Raises InputError for examples of another shape; one of one channel may leave out the last axis."""
    if shape != taken.shape and not (shape and (*shape, 1) == taken.shape):
        raise InputError(
            f"expected examples of shape {taken.shape}, as the model was trained on, in {where}; "
            f"received {shape}"
        )
