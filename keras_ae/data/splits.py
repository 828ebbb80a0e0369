"""Splits of examples into training, validation and test, by the hash of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from keras_ae.data.examples import Split
from keras_ae.errors import InputError

__all__ = ["Parts", "assign", "assign_hashes", "digests", "hashes", "split_by_content"]

VALIDATION, TEST = 0.1, 0.1
"""Fractions of the examples for validation and for test."""


LOOKED_AT = 1000
"""Hashes among which three different ones are looked for first."""


class Parts(NamedTuple):
    """The examples of each split.

    Attributes:
        indices: Indices, in ascending order, of "train", "validation" and "test".
        rule: The rule that made the split, in words.
    """

    indices: dict[str, np.ndarray]
    rule: str


def digests(rows: Iterable[np.ndarray]) -> list[bytes]:
    """The hash of each example's content, the same in every run and in every order.

    Args:
        rows: The examples.

    Returns:
        8 bytes for each.
    """
    return [hashlib.blake2b(np.ascontiguousarray(row).data, digest_size=8).digest() for row in rows]


def hashes(numbers: np.ndarray) -> np.ndarray:
    """The hash of each example of whole numbers, the same for every dtype.

    Args:
        numbers: (n, ...).

    Returns:
        (n,), uint64.
    """
    same = numbers.reshape(len(numbers), -1).astype(np.int32)
    return np.array([int.from_bytes(value, "little") for value in digests(same)], np.uint64)


def assign(content: list[bytes], validation: float = VALIDATION, test: float = TEST) -> dict[str, np.ndarray]:
    """The indices of each split, from the examples' hashes alone.

    An example's split depends on its own content only: adding others does not move it, and equal examples
    are always in the same split. If a split of a small set would be empty, it gets the examples with the
    smallest hashes.

    Args:
        content: The hash of each example, as `digests` gives it.
        validation: Fraction of the examples for the validation split.
        test: Fraction of the examples for the test split; 0 for an empty one.

    Returns:
        Indices, in ascending order, of "train", "validation" and "test".

    Raises:
        InputError: For fewer than 3 different examples.
    """
    return assign_hashes(np.frombuffer(b"".join(content), ">u8"), validation, test)


def assign_hashes(
    content: np.ndarray, validation: float = VALIDATION, test: float = TEST
) -> dict[str, np.ndarray]:
    """As `assign`, of hashes in an array.

    Args:
        content: (n,), whole numbers of 64 bits, the first byte of a hash the highest.
        validation: Fraction of the examples for the validation split.
        test: Fraction of the examples for the test split; 0 for an empty one.

    Returns:
        Indices, in ascending order, of "train", "validation" and "test".

    Raises:
        InputError: For fewer than 3 different examples.
    """
    different = len(np.unique(content[:LOOKED_AT]))
    different = different if different >= 3 else len(np.unique(content))
    if different < 3:
        equal = len(content) - different
        others = f" and {equal:,} more that equal {'it' if different == 1 else 'one of them'}"
        raise InputError(
            f"expected at least 3 different examples, one each to train, validate and test on; "
            f"received {different}{others if equal else ''}; add others"
        )
    position = content.astype(np.float64) / 2.0**64
    names = [
        name for name, fraction in (("test", test), ("validation", validation), ("train", 1)) if fraction
    ]
    where = np.full(len(position), names.index("train"), np.int8)
    for name, limit in (("validation", test + validation), ("test", test)):
        if name in names:
            where[position < limit] = names.index(name)
    for number in range(len(names)):
        if not (where == number).any():
            largest = max(range(len(names)), key=lambda other: len(np.unique(position[where == other])))
            where[position == position[where == largest].min()] = number
    empty = np.empty(0, np.int64)
    return {
        name: np.flatnonzero(where == names.index(name)) if name in names else empty
        for name in ("train", "validation", "test")
    }


def split_by_content(
    examples: np.ndarray, labels: np.ndarray | None = None, hashes: list[bytes] | None = None
) -> dict[str, Any]:
    """The training, validation and test split of one array, by the hash of each example's content.

    Args:
        examples: (n, ...).
        labels: (n,); None for examples without labels.
        hashes: Of the examples' content; None to take those of the array's rows.

    Returns:
        Splits by name, as `Data` takes them.

    Raises:
        InputError: For fewer than 3 different examples.
    """
    whole = Split(examples, labels)
    parts = assign(digests(examples) if hashes is None else hashes)
    return {name: whole.take(index) for name, index in parts.items()}
