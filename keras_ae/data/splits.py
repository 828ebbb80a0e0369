"""Splits of examples into training, validation and test, by the hash of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from keras_ae.data.examples import Split
from keras_ae.errors import InputError

__all__ = ["Parts", "assign", "digests", "hashes", "split_by_content"]

VALIDATION, TEST = 0.1, 0.1
"""Fractions of the examples for validation and for test."""


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
    if len(set(content)) < 3:
        equal = len(content) - len(set(content))
        others = f" and {equal:,} more that equal {'it' if len(set(content)) == 1 else 'one of them'}"
        raise InputError(
            f"expected at least 3 different examples, one each to train, validate and test on; "
            f"received {len(set(content))}{others if equal else ''}; add others"
        )
    position = np.array([int.from_bytes(value, "big") for value in content], np.float64) / 2.0**64
    where = np.where(position < test, "test", np.where(position < test + validation, "validation", "train"))
    fractions = (("test", test), ("validation", validation), ("train", 1))
    names = [name for name, fraction in fractions if fraction]
    for name in names:
        if name not in where:
            largest = max(names, key=lambda other: len(set(position[where == other])))
            where[position == position[where == largest].min()] = name
    return {name: np.flatnonzero(where == name) for name in ("train", "validation", "test")}


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
