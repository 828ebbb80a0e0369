"""How examples are divided among training, validation and test: by the hash of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from keras_ae.data.types import Split
from keras_ae.errors import InputError

VALIDATION, TEST = 0.1, 0.1
"""Shares of the examples that a stable hash sends to validation and to test."""


def digests(rows: Iterable[np.ndarray]) -> list[bytes]:
    """A hash of each example's content, which no later run and no other order changes."""
    return [hashlib.blake2b(np.ascontiguousarray(row), digest_size=8).digest() for row in rows]


def hashes(numbers: np.ndarray) -> np.ndarray:
    """A hash of each example of whole numbers (n, ...), uint64 (n,), whatever their dtype."""
    same = numbers.reshape(len(numbers), -1).astype(np.int32)
    return np.array([int.from_bytes(value, "little") for value in digests(same)], np.uint64)


def assign(content: list[bytes], validation: float = VALIDATION, test: float = TEST) -> dict[str, np.ndarray]:
    """Indices of each split, from the examples' hashes alone.

    An example's split depends on its own content only: adding others does not move it, and
    equal examples always share a split. Where a small set would leave one empty, the examples
    with the smallest hashes fill it.
    Raises InputError below 3 examples of different content.
    """
    if len(set(content)) < 3:
        raise InputError(
            f"expected at least 3 different examples, one each to train, validate and test on; "
            f"received {len(set(content))}; add more"
        )
    position = np.array([int.from_bytes(value, "big") for value in content], np.float64) / 2.0**64
    where = np.where(position < test, "test", np.where(position < test + validation, "validation", "train"))
    wanted = [name for name, share in (("test", test), ("validation", validation), ("train", 1)) if share]
    for name in wanted:
        if name not in where:
            richest = max(wanted, key=lambda other: len(set(position[where == other])))
            where[position == position[where == richest].min()] = name
    return {name: np.flatnonzero(where == name) for name in ("train", "validation", "test")}


def split_by_content(
    examples: np.ndarray, labels=None, hashes: list[bytes] | None = None
) -> dict[str, Split]:
    """Train, validation and test splits of one array, by the hash of each example's content."""
    whole = Split(examples, labels)
    parts = assign(digests(examples) if hashes is None else hashes)
    return {name: whole.take(index) for name, index in parts.items()}
