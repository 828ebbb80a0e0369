"""Full scale: the whole number that stands for 1 where the values of an array lie in [0, 1].

It is 255 in bytes and 65535 in uint16, unless the array that a model was trained on says otherwise: 1 in
arrays of 0 and 1, whatever their type. What was found there holds for all later inputs of the model.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae.data.mapped import blocks_of
from keras_ae.errors import InputError

__all__ = ["OWN", "find_full_scale", "full_scale_in", "normalized", "stored"]

OWN = {"bool": 1, "uint8": 255, "uint16": 65535}
"""The whole number that stands for 1 in each type of pixels."""

DEPTHS = (255, 1023, 4095, 16383, 65535)
"""Full scales of images of 8, 10, 12, 14 and 16 bits."""

DARK = 0.25
"""Fraction of the full scale below which the highest value of a data set is told of as dark."""

ROUNDED = 1e-5
"""How far beyond [0, 1] floats may lie, which counts as rounding."""


def find_full_scale(
    parts: list[np.ndarray], images: bool, unit: bool, full_scale: int | None
) -> tuple[int | None, str] | None:
    """Finds the whole number that stands for 1 in arrays to train on.

    Args:
        parts: Arrays of one dtype, one for each split.
        images: Whether the examples are images.
        unit: Whether the user says that the values lie in [0, 1].
        full_scale: The user's own; 0 for the dtype's own, None to find it.

    Returns:
        The full scale, None for the dtype's own; and a note for the user. None if the values do not lie in
        [0, 1].

    Raises:
        InputError: If the values are not up to the full scale that the user gives.
    """
    dtype, low, high = parts[0].dtype, min(part.min() for part in parts), max(part.max() for part in parts)
    if dtype.kind == "f":
        return _of_floats(dtype, parts, low, high, full_scale)
    if dtype.kind == "b":
        return 1, ""
    own = OWN.get(dtype.name)
    if full_scale is not None:
        chosen = full_scale or own or 1
        if low < 0 or high > chosen:
            raise InputError(
                f"expected whole numbers from 0 to {chosen}, which stands for 1; received {low} to {high}; "
                'choose another full scale: SET="data.full_scale=..."'
            )
        return (None if chosen == own else chosen), ""
    if low >= 0 and high <= 1 and (high == 1 or own is None):
        return 1, f"{dtype.name} of 0 and 1 alone: they count as 0 and 1" + (
            f', not as parts of {own} (that would be SET="data.full_scale={own}")' if own else ""
        )
    if dtype.name == "uint8":
        return None, _dark(high, own)
    return _of_depth(dtype, low, high, images, unit)


def stored(values: np.ndarray, full_scale: int | None) -> np.ndarray:
    """Values as a split holds them: bytes as they are, others as float32 in [0, 1].

    Args:
        values: (n, ...), which `find_full_scale` was called with.
        full_scale: What it found.

    Returns:
        (n, ...), uint8 (255 stands for 1) or float32.
    """
    if values.dtype.kind == "f":
        return np.clip(values.astype(np.float32), 0, 1)
    full_scale = full_scale or OWN[values.dtype.name]
    return (
        values.astype(np.uint8) if full_scale == 255 else values.astype(np.float32) / np.float32(full_scale)
    )


def full_scale_in(dtype: np.dtype, full_scale: int | None) -> int:
    """The whole number that stands for 1 in an input of a trained model.

    Args:
        dtype: The input's.
        full_scale: What was found in training, None for each dtype's own.

    Returns:
        The number; 1 for floats.
    """
    own = OWN.get(dtype.name)
    if dtype.kind == "f" or full_scale is None:
        return own or 1
    return min(full_scale, own or full_scale)


def normalized(raw: np.ndarray, full_scale: int | None, where: str, first: int = 0) -> np.ndarray:
    """Inputs of a trained model as values in [0, 1], read as its training data was.

    Args:
        raw: (n, ...), numbers.
        full_scale: What was found in training, None for each dtype's own.
        where: The name of the input in messages.
        first: The position of the first example, for messages.

    Returns:
        (n, ...), float32.

    Raises:
        InputError: For values outside [0, 1].
    """
    full = full_scale_in(raw.dtype, full_scale)
    values = raw.astype(np.float32) / np.float32(full) if full != 1 else raw.astype(np.float32)
    bad = ~((values >= -ROUNDED) & (values <= 1 + ROUNDED))
    if not bad.any():
        return np.clip(values, 0, 1, out=values)
    row = int(np.flatnonzero(bad.reshape(len(bad), -1).any(axis=1))[0])
    value: Any = np.ravel(raw[row])[np.ravel(bad[row])][0]
    fractions = raw.dtype.kind == "f" or full == 1 != full_scale
    expected = "values in [0, 1]" if fractions else f"whole numbers from 0 to {full}"
    raise InputError(
        f"expected {expected} in {where}, as the model was trained on; example {first + row} holds {value}; "
        "scale them first, such as bytes with x / 255"
    )


def _of_floats(dtype, parts, low, high, full_scale):
    """Full scale of floats, which is 1."""
    if full_scale:
        raise InputError(
            f"data.full_scale is of whole numbers, received {dtype.name}; divide the values by {full_scale}"
        )
    if low >= -ROUNDED and high <= 1 + ROUNDED:
        rounded = f"values from {low:.9g} to {high:.9g} count as 0 to 1" if low < 0 or high > 1 else ""
        binary = high == 1 and all(
            ((block == 0) | (block == 1)).all() for part in parts for block in blocks_of(part)
        )
        return (1 if binary else None), rounded or _dark(high, 1)
    return None


def _of_depth(dtype, low, high, images, unit):
    """Full scale of whole numbers that are no bytes: that of the depth that holds them."""
    depth = next((depth for depth in DEPTHS if high <= depth), None)
    if dtype.name == "uint16":
        return (None, "") if depth == 65535 else (depth, _depth_note(dtype, high, depth))
    if depth is not None and low >= 0 and (unit or (images and 128 <= high <= 255)):
        return depth, _depth_note(dtype, high, depth)
    return None


def _depth_note(dtype, high, depth):
    return (
        f"{dtype.name} up to {high} count as parts of {depth}, the depth that holds them; to change it: "
        'SET="data.full_scale=..." or SET="data.domain=real"'
    )


def _dark(high, full_scale):
    if not 0 < high < DARK * full_scale:
        return ""
    return (
        f"the highest value is {high:.3g} of {full_scale}: nearly black; scale them, or call them real: "
        'SET="data.domain=real"'
    )
