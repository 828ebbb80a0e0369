"""A summary of a head's outputs, and their strings as words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

__all__ = ["summary", "words_in"]

TITLES = ("output", "shape", "dtype", "minimum", "mean", "maximum")


def words_in(array: np.ndarray) -> np.ndarray:
    """Strings of bytes as words.

    Args:
        array: Numbers, or strings of bytes in UTF-8.

    Returns:
        Words of the same shape; numbers as they are.
    """
    if array.dtype != object:
        return array
    return np.array([value.decode("utf-8", "replace") for value in array.ravel()], str).reshape(array.shape)


def summary(outputs: Mapping[str, np.ndarray]) -> list[tuple[str, ...]]:
    """A table of the outputs.

    Args:
        outputs: Arrays by name.

    Returns:
        Rows of name, shape, type, minimum, mean and maximum, the titles first.
    """
    rows: list[tuple[str, ...]] = [TITLES]
    for name, array in outputs.items():
        if array.dtype == object:
            kind = "bytes" if name.endswith("_bytes") else "words"
            rows.append((name, str(array.shape), kind, "-", "-", "-"))
        else:
            known = array[~np.isnan(array)] if array.dtype.kind == "f" else array
            known = known if len(known) else np.zeros(1)
            numbers = (known.min(), known.mean(dtype=np.float64), known.max())
            rows.append((name, str(array.shape), array.dtype.name, *(f"{value:.5g}" for value in numbers)))
    return rows
