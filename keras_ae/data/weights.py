"""Weights of examples: what each of them counts in the objective."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae.errors import InputError

__all__ = ["checked_weights"]


def checked_weights(weights: Any, count: int, where: str) -> np.ndarray:
    """Weights of examples, as a split holds them.

    Args:
        weights: (n,), numbers of at least 0, not all of them 0.
        count: How many examples there are.
        where: What the weights are called in a message.

    Returns:
        (n,), float32.

    Raises:
        InputError: For anything else.
    """
    expected = f"expected {where} as {count:,} numbers of at least 0, one for each example"
    try:
        array = np.asarray(weights, np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{expected}; received {type(weights).__name__} ({error}); give an array") from error
    if array.shape != (count,):
        raise InputError(f"{expected}; received shape {array.shape}; give one number for each")
    small = array.astype(np.float32)
    if not np.isfinite(small).all() or small.min() < 0:
        wrong = array[~(np.isfinite(small) & (small >= 0))][0]
        raise InputError(f"{expected}; received {wrong:g} among them; leave those examples out")
    if not small.any():
        raise InputError(f"{expected}; received zero for all; give some a weight above zero")
    return small
