"""An image restored a tile at a time, with no seam: each tile sees all that its part can depend on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np


class Restores(Protocol):
    """What restores a tile: (height, width, channels) -> (scale * height, scale * width, channels) in [0, 1].

    missing: (height, width) bool, or None. A pixel depends on those up to `reach` from it; a tile that
    begins at a multiple of `multiple` is seen as that part of the whole image is.
    """

    scale: int
    reach: int
    multiple: int

    def __call__(self, tile: np.ndarray, missing: np.ndarray | None) -> np.ndarray: ...


@dataclass(frozen=True)
class Span:
    """A tile along one axis, in pixels of the image: seen from start to stop, kept from first to last."""

    start: int
    stop: int
    first: int
    last: int


def spans(length: int, core: int, reach: int, multiple: int) -> list[Span]:
    """Tiles that cover an axis of so many pixels, at most about `core` kept of each.

    All see equally many pixels, so that a network plans for one size. They begin at a multiple of
    `multiple`, and end as far past one as the axis does: padding at the image's end, in the middle
    of a stride or not, is as in the whole image.
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
    restorer: Restores, levels: np.ndarray, core: int, missing: np.ndarray | None = None
) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Parts of a restored image: the rows and columns of each, and its values as the restorer gives them.

    levels: (height, width, channels) uint8 or uint16. core: pixels a side that are kept of a tile.
    missing: (height, width) bool; a part without missing pixels is left out.
    """
    full, scale = np.float32(np.iinfo(levels.dtype).max), restorer.scale
    upright, across = (spans(length, core, restorer.reach, restorer.multiple) for length in levels.shape[:2])
    for row in upright:
        for column in across:
            if missing is not None and not missing[row.first : row.last, column.first : column.last].any():
                continue
            seen = slice(row.start, row.stop), slice(column.start, column.stop)
            values = restorer(levels[seen] / full, None if missing is None else missing[seen])
            inside = (
                slice(scale * (span.first - span.start), scale * (span.last - span.start))
                for span in (row, column)
            )
            rows, columns = (slice(scale * span.first, scale * span.last) for span in (row, column))
            yield rows, columns, values[tuple(inside)]


def restored_levels(
    restorer: Restores, levels: np.ndarray, core: int, missing: np.ndarray | None = None
) -> np.ndarray:
    """A restored image (scale * height, scale * width, channels) in levels like those given.

    Only a tile at a time is held as floats. With missing pixels, the others stay as they are.
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
