"""The levels of a convolutional backbone: their settings, and the size of an example after each."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any, NamedTuple

from keras_ae.errors import InputError

__all__ = ["Fitting", "Level", "check_levels", "level_of", "plan_levels"]


class Fitting(NamedTuple):
    """What brings a side to a length: zeros around it before it is enlarged, and what to keep afterwards.

    Attributes:
        before: Zeros to add to the beginning.
        after: Zeros to add to the end.
        first: Index of the first to keep, after it was enlarged.
        end: Index after the last to keep.
    """

    before: int
    after: int
    first: int
    end: int


class Level(NamedTuple):
    """What one level does on both sides of the code.

    Attributes:
        filters: Channels that the encoder gives.
        kernel_size: Side of the encoder's kernel.
        up_kernel_size: Side of the decoder's kernel.
        strides: The factor by which the encoder divides each side, and the decoder multiplies it.
        down: "stride", "max_pool" or "average_pool".
        up: "subpixel", "transposed" or "nearest".
        padding: "same" or "valid".
    """

    filters: int
    kernel_size: int
    up_kernel_size: int
    strides: int
    down: str
    up: str
    padding: str

    def reduced(self, side: int) -> int:
        """The length of a side after the encoder's part of the level.

        Args:
            side: The length before it.

        Returns:
            The length, below 1 where the kernel is longer than the side.
        """
        if self.down == "stride":
            return self._windows(side, self.kernel_size, self.strides)
        return self._windows(self._windows(side, self.kernel_size, 1), self.strides, self.strides)

    def _windows(self, side: int, window: int, strides: int) -> int:
        """The number of places that a window has on a side."""
        return -(-side // strides) if self.padding == "same" else (side - window) // strides + 1

    def fitting(self, small: int, large: int) -> Fitting:
        """How the decoder's part of the level comes to the length that a side has.

        Args:
            small: Length before the level.
            large: Length after it.

        Returns:
            What to add and to cut off. A transposed convolution is then the exact transpose of the encoder's.
        """
        transposed = self.up == "transposed"
        overlap = self.up_kernel_size - self.strides if transposed else 0
        missing = max(0, -(-(large - overlap) // self.strides) - small)
        extra = (small + missing) * self.strides + overlap - large
        before = 0 if transposed else missing // 2
        first = extra // 2 if transposed and self.padding == "same" else 0
        return Fitting(before, missing - before, first, first + large)


def check_levels(backbone: Any, fields: dict[str, Sequence[str] | None]) -> None:
    """Checks settings of levels, each of which may be one value or one for each level.

    Args:
        backbone: Its settings, `filters` among them.
        fields: The values that a field may have, by its name; None for whole numbers of at least 1.

    Raises:
        InputError: For another value, or for values of another number of levels.
    """
    for name, allowed in fields.items():
        setting = getattr(backbone, name)
        count = len(backbone.filters)
        if isinstance(setting, tuple) and len(setting) != count:
            raise InputError(
                f"{name} must be one value, or one for each of the {count} levels that filters has; received "
                f"{setting}"
            )
        for value in setting if isinstance(setting, tuple) else (setting,):
            if allowed is not None and value not in allowed:
                raise InputError(f"{name} must be one of {', '.join(allowed)}; received {value!r}")
            whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
            if allowed is None and not (whole and value >= 1):
                raise InputError(f"{name} must be a whole number of at least 1, received {value!r}")


def level_of(backbone: Any, index: int) -> Level:
    """The settings of a level, each of which may be one value or one for each level.

    Args:
        backbone: Its settings, by the names of `Level`.
        index: The index of the level, from 0; further levels than those with `filters` are as the last.

    Returns:
        The level.
    """
    up_kernel_size = backbone.kernel_size if backbone.up_kernel_size is None else backbone.up_kernel_size
    settings = (
        backbone.filters,
        backbone.kernel_size,
        up_kernel_size,
        backbone.strides,
        backbone.down,
        backbone.up,
    )
    own = [each[min(index, len(each) - 1)] if isinstance(each, tuple) else each for each in settings]
    return Level._make([*own, backbone.padding])


def plan_levels(
    backbone: Any, sides: tuple[int, ...], least: int
) -> tuple[list[Level], list[tuple[int, ...]]]:
    """The levels that a backbone has for examples, and their sizes.

    Args:
        backbone: Its settings, by the names of `Level`.
        sides: Shape of an example without its channels.
        least: Length at which further levels than those with `filters` stop.

    Returns:
        The levels, and the sides of an example before the first and after each.

    Raises:
        InputError: If a kernel is longer than a side.
    """
    levels: list[Level] = []
    sizes = [sides]
    while len(levels) < len(backbone.filters) or (levels[-1].strides > 1 and max(sizes[-1]) > least):
        levels.append(level_of(backbone, len(levels)))
        sizes.append(_sizes_after(levels[-1], sizes[-1], len(levels)))
    return levels, sizes


def _sizes_after(level: Level, sides: tuple[int, ...], number: int) -> tuple[int, ...]:
    """The sides of an example after a level; refuses what its kernel does not fit into."""
    small = tuple(level.reduced(side) for side in sides)
    if min(small) < 1:
        raise InputError(
            f"level {number} of the backbone takes {'x'.join(map(str, sides))}, too little for a kernel of "
            f"{level.kernel_size} and strides of {level.strides} without padding; pad: "
            'SET="variant.backbone.padding=same", or take fewer levels or smaller kernels'
        )
    return small
