"""The quantization of codes: numbers to the levels of a grid, and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from keras_ae.codec.bits import MOST_BITS
from keras_ae.errors import InputError

__all__ = ["LARGEST", "Grid", "are_whole", "dequantized", "quantized_names"]

LARGEST = 2**31 - 2**8
"""Largest absolute value of a level: levels are int32, and a float32 holds this number exactly."""

LEAST_SENSITIVITY = 1e-3
"""A dimension's smallest sensitivity, as a fraction of the largest: one without effect has a step too."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Evenly spaced values for each dimension of a code: `code = level * step + offset`.

    Attributes:
        step: (dimensions,), float32, above 0.
        offset: (dimensions,), float32, the code at level 0.
    """

    step: np.ndarray
    offset: np.ndarray

    @classmethod
    def over_range(cls, low: np.ndarray, high: np.ndarray, bits: int) -> Grid:
        """A grid of 2^bits levels from the smallest to the largest code of each dimension.

        Args:
            low: (dimensions,), the smallest codes, which are level 0.
            high: (dimensions,), the largest codes, which are level 2^bits - 1.
            bits: From 2 to 16.

        Returns:
            The grid; dimensions of a single code have a step of 1.

        Raises:
            InputError: The number of bits is another.
        """
        if not 2 <= bits <= MOST_BITS:
            raise InputError(f"expected from 2 to {MOST_BITS} bits, received {bits}")
        step = ((np.asarray(high, np.float64) - low) / (2**bits - 1)).astype(np.float32)
        return cls(np.where(step > 0, step, np.float32(1)), np.asarray(low, np.float32))

    @classmethod
    def of_equal_loss(cls, sensitivity: np.ndarray, mean: np.ndarray, scale: float) -> Grid:
        """A grid whose steps all cost the same: the more a dimension changes, the finer its step.

        At small steps, steps in inverse proportion to the sensitivities give the least squared error for a
        number of bits (Gersho and Gray, "Vector Quantization and Signal Compression", 1992, section 8.3).

        Args:
            sensitivity: (dimensions,), how much a reconstruction changes with each, at least 0.
            mean: (dimensions,), the mean code, which is level 0.
            scale: The step of the most sensitive dimension, above 0.

        Returns:
            The grid.
        """
        relative = np.asarray(sensitivity, np.float64)
        relative = relative / relative.max() if relative.max() > 0 else np.ones_like(relative)
        step = scale / np.maximum(relative, LEAST_SENSITIVITY)
        return cls(_short(step), _short(mean))

    def levels(self, codes: np.ndarray) -> np.ndarray:
        """The nearest levels of codes.

        Args:
            codes: (n, dimensions).

        Returns:
            (n, dimensions), int32.

        Raises:
            InputError: A code is not finite, or too many steps away from level 0.
        """
        levels = np.rint((np.asarray(codes, np.float64) - self.offset) / self.step)
        bad = ~(np.abs(levels) <= LARGEST)
        if bad.any():
            row, dimension = np.argwhere(bad)[0]
            raise InputError(
                f"expected codes within {LARGEST} steps of {self.step[dimension]:g}, received "
                f"{np.asarray(codes)[row, dimension]} in dimension {dimension} of example {row}; check what "
                "was encoded"
            )
        return levels.astype(np.int32)

    def codes(self, levels: np.ndarray) -> np.ndarray:
        """The codes of levels, the same on every machine.

        Args:
            levels: (n, dimensions), whole numbers.

        Returns:
            (n, dimensions), float32.
        """
        return (levels * self.step.astype(np.float64) + self.offset).astype(np.float32)


def _short(numbers: np.ndarray) -> np.ndarray:
    """Numbers as float32 whose last two bytes are 0, within a 128th, which take half of the room."""
    bits = np.asarray(numbers, np.float32).view(np.uint32)
    return (bits & np.uint32(0xFFFF0000)).view(np.float32)


def are_whole(codes: np.ndarray) -> bool:
    """Whether codes are whole numbers already, which need no grid.

    Args:
        codes: Of any shape.

    Returns:
        True for integers, and for floats that are all whole and within `LARGEST`.
    """
    if codes.dtype.kind in "bui":
        return bool(not codes.size or (int(codes.min()) >= -LARGEST and int(codes.max()) <= LARGEST))
    return bool((np.abs(codes) <= LARGEST).all() and (codes == np.rint(codes)).all())


def quantized_names(name: str) -> tuple[str, str, str]:
    """The arrays that stand for a quantized one in an .npz.

    Args:
        name: Its name, such as "code".

    Returns:
        The names of its levels, its steps and its offsets.
    """
    return f"{name}_level", f"{name}_step", f"{name}_offset"


def dequantized(arrays: dict[str, np.ndarray], names: Iterable[str]) -> dict[str, np.ndarray]:
    """Arrays with those that are there by their levels, steps and offsets.

    Args:
        arrays: Arrays by name.
        names: The names of those that are needed.

    Returns:
        The arrays, and in the place of levels, steps and offsets what they stand for.

    Raises:
        ValueError: The three do not fit together.
    """
    whole = dict(arrays)
    for name in names:
        parts = quantized_names(name)
        if name not in whole and set(parts) <= set(whole):
            level, step, offset = (whole.pop(part) for part in parts)
            if level.dtype.kind != "u" or step.shape != level.shape[1:] or offset.shape != step.shape:
                raise ValueError(f"{', '.join(parts)} do not fit together")
            codes = Grid(step.ravel(), offset.ravel()).codes(level.reshape(len(level), step.size))
            whole[name] = codes.reshape(level.shape)
    return whole
