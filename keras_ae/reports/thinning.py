"""Lines of charts with at most two points for a pixel, of which none of their extremes is lost."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

__all__ = ["line_path", "thinned"]


def thinned(x: np.ndarray, y: np.ndarray, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest value of a line in each of some columns.

    Args:
        x: (n,), in ascending order.
        y: (n,), NaN where the line is broken.
        columns: Columns of pixels.

    Returns:
        x and y, of at most two points in a column, or of all where there are no more.
    """
    if len(y) <= 2 * columns:
        return np.asarray(x, np.float64), np.asarray(y, np.float64)
    edges = np.unique(np.searchsorted(x, np.linspace(x[0], x[-1], columns + 1)[:-1]))
    low, high = np.fmin.reduceat(y, edges), np.fmax.reduceat(y, edges)
    pairs = np.stack([low, high], axis=1)
    pairs[1::2] = pairs[1::2, ::-1]  # neighbors begin where the one before ended
    return np.repeat(np.asarray(x, np.float64)[edges], 2), pairs.ravel()


def line_path(x: np.ndarray, y: np.ndarray) -> str:
    """The points of a line as SVG has them, in tenths of pixels.

    Args:
        x: (n,), pixels.
        y: (n,), pixels; NaN breaks the line. A point alone is drawn as a short line.

    Returns:
        The `d` of a path; "" without any point.
    """
    finite = np.isfinite(x) & np.isfinite(y)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], finite, [False]]).astype(np.int8)))
    parts = []
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        pixels = np.stack([x[first:last], y[first:last]], axis=1)
        if last - first == 1:
            pixels = np.array([pixels[0], pixels[0] + (1.0, 0.0)])
        points = np.rint(10 * pixels).astype(np.int64).tolist()
        points = points[:1] + [after for before, after in pairwise(points) if after != before]
        parts.append("M" + "L".join(f"{_tenths(a)} {_tenths(b)}" for a, b in points))
    return "".join(parts)


def _tenths(value):
    return f"{value / 10:g}"
