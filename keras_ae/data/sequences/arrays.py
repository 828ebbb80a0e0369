"""Arrays of sequences with NaN after their ends, as a served head takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_ae.data.precision import clipped
from keras_ae.errors import InputError

__all__ = ["padded", "sequence_values"]


def padded(sequences: Sequence[Any], length: int, where: str) -> np.ndarray:
    """Sequences of different lengths as one array.

    Args:
        sequences: (steps, channels) each, at most `length` steps.
        length: Positions of an example.
        where: What they are, for messages.

    Returns:
        (n, length, channels), float64, NaN after the end of each.

    Raises:
        InputError: If one is longer, or has other channels.
    """
    arrays = [np.asarray(each) for each in sequences]
    shapes = {array.shape[1:] for array in arrays}
    numbers = all(array.dtype.kind in "buif" for array in arrays)
    if not numbers or len(shapes) != 1 or len(next(iter(shapes))) != 1:
        raise InputError(
            f"expected sequences (steps, channels) of numbers in {where}, received the shapes "
            f"{', '.join(map(str, sorted({array.shape for array in arrays})[:3]))}; give an array of each"
        )
    longest = max(map(len, arrays))
    if longest > length:
        raise InputError(
            f"expected sequences of at most {length} steps in {where}, as the model was trained on; number "
            f"{[*map(len, arrays)].index(longest) + 1} has {longest}; cut it"
        )
    whole = np.full((len(arrays), length, *shapes.pop()), np.nan)
    for row, array in zip(whole, arrays, strict=True):
        row[: len(array)] = array
    return whole


def sequence_values(raw: np.ndarray, where: str, first: int = 0) -> np.ndarray:
    """Checks that what is missing in sequences follows their ends.

    Args:
        raw: (n, time, channels).
        where: The name of the input in messages.
        first: The position of the first example, for messages.

    Returns:
        The same, float32.

    Raises:
        InputError: For values that are missing before an end, and for a sequence without any.
    """
    if raw.dtype.kind not in "buif":
        raise InputError(f"expected numbers in {where}; received {raw.dtype}")
    known = ~np.isnan(raw)
    exist = known.all(axis=-1)
    bad = (known.any(axis=-1) != exist).any(axis=1) | ~exist[:, 0]
    bad |= (exist[:, 1:] & ~exist[:, :-1]).any(axis=1) | np.isinf(raw).any(axis=(1, 2))
    if bad.any():
        raise InputError(
            "expected sequences with a finite value in each channel up to an end, and NaN in all channels "
            f"after it, in {where}; example {first + int(bad.argmax())} is none; fill what is missing"
        )
    return clipped(raw)
