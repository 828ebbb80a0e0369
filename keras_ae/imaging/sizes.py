"""The size that a data set brings its images to: one side for squares, or height and width."""

from __future__ import annotations

from collections.abc import Sequence

from keras_ae.errors import InputError

__all__ = ["check_size", "sides_of"]


def check_size(size: int | Sequence[int] | None) -> None:
    """Checks a size.

    Args:
        size: A side, (height, width), or None.

    Raises:
        InputError: For anything else, and for sides below 1.
    """
    sides = (size,) if isinstance(size, int) else size
    if sides is not None and (len(sides) != (1 if isinstance(size, int) else 2) or min(sides) < 1):
        raise InputError(
            "size must be a side in pixels of at least 1, or height and width, such as 48,64; received "
            f"{size}"
        )


def sides_of(size: int | Sequence[int]) -> tuple[int, int]:
    """The height and the width of a size.

    Args:
        size: A side, or (height, width).

    Returns:
        (height, width).
    """
    return (size, size) if isinstance(size, int) else (size[0], size[1])
