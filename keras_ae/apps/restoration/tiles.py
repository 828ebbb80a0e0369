"""Restoration of an image in tiles without seams: each tile covers all that its part depends on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

__all__ = ["Span", "TileRestorer", "restored_levels", "restored_tiles", "spans"]


class TileRestorer:
    """A function of a tile, called with it and its missing pixels.

    Attributes:
        scale: How many times as long a side of the tile becomes.
        reach: Pixels of the input around a pixel that its restoration depends on.
        multiple: A tile that begins at a multiple of it is restored as that part of the whole image is.
    """

    scale: int
    reach: int
    multiple: int

    def __call__(self, tile: np.ndarray, missing: np.ndarray | None = None) -> np.ndarray:
        """TileRestorer a tile.

        Args:
            tile: (height, width, channels), float32 in [0, 1].
            missing: Missing pixels, (height, width) bool, or None.

        Returns:
            (scale * height, scale * width, channels).
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Span:
    """A tile along one axis, in pixels of the image.

    Attributes:
        start: The first pixel that the restorer sees.
        stop: The pixel after the last one that it sees.
        first: The first pixel whose restoration is used.
        last: The pixel after the last one whose restoration is used.
    """

    start: int
    stop: int
    first: int
    last: int


def spans(length: int, core: int, reach: int, multiple: int) -> list[Span]:
    """Tiles that cover an axis.

    All have equally many pixels, so that a network plans for one size. They begin at a multiple of
    `multiple`, and end as far past one as the axis does: padding at the image's end, in the middle
    of a stride or not, is as in the whole image.

    Args:
        length: Pixels of the axis.
        core: Pixels of a tile whose restoration is used, at most about.
        reach: Pixels around a pixel that its restoration depends on.
        multiple: The network's total stride.

    Returns:
        The tiles in order; the parts that are used meet without a gap.
    """
    whole, rest = divmod(length, multiple)
    margin, core = -(-reach // multiple), -(-core // multiple)
    count = max(1, -(-(whole - 2 * margin) // core))
    size = -(-(whole + 2 * margin * (count - 1)) // count)
    starts = [number * (whole - size) // max(count - 1, 1) * multiple for number in range(count)]
    cuts = [0, *(start + margin * multiple for start in starts[1:]), length]
    return [
        Span(start, start + size * multiple + rest, first, last)
        for start, first, last in zip(starts, cuts[:-1], cuts[1:], strict=True)
    ]


def restored_tiles(
    restorer: TileRestorer, levels: np.ndarray, core: int, missing: np.ndarray | None = None
) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Restores an image part by part.

    Args:
        restorer: The restorer.
        levels: (height, width, channels) uint8 or uint16.
        core: Pixels of a part's side.
        missing: (height, width) bool; parts without missing pixels are left out.

    Yields:
        The rows and columns of each part in the restored image, and its values in [0, 1].
    """
    full, scale = np.float32(np.iinfo(levels.dtype).max), restorer.scale
    upright, across = (spans(length, core, restorer.reach, restorer.multiple) for length in levels.shape[:2])
    for row in upright:
        for column in across:
            if missing is not None and not missing[row.first : row.last, column.first : column.last].any():
                continue
            tile = slice(row.start, row.stop), slice(column.start, column.stop)
            values = restorer(levels[tile] / full, None if missing is None else missing[tile])
            inside = (
                slice(scale * (span.first - span.start), scale * (span.last - span.start))
                for span in (row, column)
            )
            rows, columns = (slice(scale * span.first, scale * span.last) for span in (row, column))
            yield rows, columns, values[tuple(inside)]


def restored_levels(
    restorer: TileRestorer, levels: np.ndarray, core: int, missing: np.ndarray | None = None
) -> np.ndarray:
    """Restores an image; only one tile at a time is in memory as floats.

    Args:
        restorer: The restorer.
        levels: (height, width, channels) uint8 or uint16.
        core: Pixels of a part's side.
        missing: (height, width) bool; all other pixels stay byte-identical.

    Returns:
        (scale * height, scale * width, channels), of the same type as the levels.
    """
    height, width, channels = levels.shape
    shape = (restorer.scale * height, restorer.scale * width, channels)
    restored = np.empty(shape, levels.dtype) if missing is None else levels.copy()
    full = np.iinfo(levels.dtype).max
    for rows, columns, values in restored_tiles(restorer, levels, core, missing):
        part = np.rint(np.clip(values, 0.0, 1.0) * full).astype(levels.dtype)
        if missing is None:
            restored[rows, columns] = part
        else:
            hole = missing[rows, columns]
            restored[rows, columns][hole] = part[hole]
    return restored
