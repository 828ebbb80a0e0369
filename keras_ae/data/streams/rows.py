"""Batches of examples as the inputs of a served head: checked, and in their original units."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from keras_ae.data.full_scale import normalized
from keras_ae.data.precision import as_float32
from keras_ae.data.sequences.arrays import sequence_values
from keras_ae.domains import Domain, domain_of
from keras_ae.errors import InputError
from keras_ae.formats import Format
from keras_ae.formats.images import Images

__all__ = ["Batch", "InputSpec", "check_shape", "conform"]


@dataclass(frozen=True)
class InputSpec:
    """The inputs that a served head takes.

    Attributes:
        shape: Shape of one example.
        domain: Domain of the examples.
        classes: How many there are, in the categorical domain.
        label_names: Of the classes of a condition, where the head takes one and they have names.
        conditional: Whether the head takes the classes of examples beside them.
        full_scale: The whole number that stands for 1, as the training found it; None for the type's own.
        images: How files of images are read.
        format: How files of other examples are read, such as clips; None for images and arrays.
    """

    shape: tuple[int, ...]
    domain: Domain
    classes: int = 0
    label_names: tuple[str, ...] = ()
    conditional: bool = False
    full_scale: int | None = None
    images: Images = Images()
    format: Format | None = None

    def __post_init__(self):
        object.__setattr__(self, "domain", domain_of(self.domain))


@dataclass(frozen=True, eq=False)
class Batch:
    """Consecutive examples of an input.

    Attributes:
        positions: (n,), int64, their positions in the input.
        examples: (n, *shape), float32 in their original units, or int64 numbers of classes.
        labels: (n,), int64; None without labels.
        names: Paths of the files; None where examples are not files.
        faults: The reason for each file that was left out, by path.
    """

    positions: np.ndarray
    examples: np.ndarray
    labels: np.ndarray | None = None
    names: list[str] | None = None
    faults: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.positions)


def conform(raw: np.ndarray, spec: InputSpec, where: str, first: int = 0) -> np.ndarray:
    """Checks the values of a file, and converts them as training does.

    Args:
        raw: (n, *shape), the values in the file.
        spec: Of the head's inputs.
        where: The name of the input in messages.
        first: The position of the first example, for messages.

    Returns:
        (n, *shape), float32, or int64 numbers of classes.

    Raises:
        InputError: For values that are not finite or outside the domain, and for unknown classes.
    """
    if spec.domain.unit_interval:
        return normalized(raw, spec.full_scale, where, first)
    if spec.domain.one_hot:
        if raw.dtype.kind not in "bui":
            raise InputError(f"expected whole numbers, each of a class, in {where}; received {raw.dtype}")
        low = -1.0 if spec.format is not None and spec.format.has_ends else 0.0
        high, expected = spec.classes - 1.0, f"numbers of classes from {low:g} to {spec.classes - 1}"
        values: np.ndarray = raw.astype(np.int64)
    elif spec.domain.ends:
        return sequence_values(raw, where, first)
    else:
        values = as_float32(raw, where, first)
        if spec.domain.range is None:
            return values
        low, high = spec.domain.range
        expected = f"values in [{low:g}, {high:g}]"
    bad = ~((values >= low) & (values <= high))
    if bad.any():
        row = int(np.flatnonzero(bad.reshape(len(bad), -1).any(axis=1))[0])
        raise InputError(
            f"expected {expected} in {where}, as the model was trained on; example {first + row} holds "
            f"{raw[row][bad[row]][0]}"
        )
    return values


def check_shape(shape: tuple[int, ...], spec: InputSpec, where: str) -> None:
    """Checks the shape of an example; the axis of a single channel may be missing.

    Args:
        shape: Shape of an example.
        spec: Of the head's inputs.
        where: The name of the input in messages.

    Raises:
        InputError: For another shape.
    """
    if shape != spec.shape and not (shape and (*shape, 1) == spec.shape):
        raise InputError(
            f"expected examples of shape {spec.shape}, as the model was trained on, in {where}; "
            f"received {shape}"
        )
