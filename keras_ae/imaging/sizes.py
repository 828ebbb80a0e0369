"""The size that a data set brings its images to: one side for squares, or height and width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_ae.errors import InputError

__all__ = ["check_size", "sides_of"]


def check_size(size: Any) -> None:
    """Checks a size.

    Args:
        size: A side, (height, width), or None.

    Raises:
        InputError: For anything else, and for sides below 1.
    """
    if size is None or (_is_whole(size) and size >= 1):
        return
    if isinstance(size, tuple | list) and len(size) == 2 and all(map(_is_whole, size)) and min(size) >= 1:
        return
    raise InputError(
        f"size must be a side in pixels of at least 1, or height and width, such as 48,64; received {size!r}"
    )


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def sides_of(size: int | Sequence[int]) -> tuple[int, int]:
    """The height and the width of a size.

    Args:
        size: A side, or (height, width).

    Returns:
        (height, width).
    """
    return (size, size) if isinstance(size, int) else (size[0], size[1])
