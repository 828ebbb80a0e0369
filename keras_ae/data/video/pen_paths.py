"""The paths of pens, taken from the skeletons of handwritten digits."""

from __future__ import annotations

import numpy as np

__all__ = ["pen_path", "pen_steps"]

INK = 100
"""The level, of 255, from which a pixel is ink."""

SMOOTHING = 1.5
"""Standard deviation, in pixels of the skeleton, by which the path is smoothed."""


def pen_path(digit: np.ndarray, points: int) -> np.ndarray:
    """The way of a pen along a handwritten digit: the longest path through its skeleton.

    Loops are cut open, so that the path leads around them; it begins at the end that is higher up.

    Args:
        digit: (height, width), uint8, white on black.
        points: Number of points, at equal distances along the path.

    Returns:
        (points, 2), float64: the row and the column of each point, in pixels.
    """
    path, along = _line(digit)
    return _at(np.linspace(0.0, along[-1], points), path, along)


def pen_steps(digit: np.ndarray, step: float) -> np.ndarray:
    """The same way in steps of one length, so that a longer one has more points.

    Args:
        digit: (height, width), uint8, white on black.
        step: The distance of neighboring points along the path, in pixels.

    Returns:
        (points, 2), float64: the row and the column of each point, in pixels.
    """
    path, along = _line(digit)
    return _at(np.arange(0.0, along[-1] + 1e-9, step), path, along)


def _at(distances: np.ndarray, path: np.ndarray, along: np.ndarray) -> np.ndarray:
    """The points at distances from the beginning of a path."""
    return np.stack([np.interp(distances, along, axis) for axis in path.T], axis=1)


def _line(digit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The path along a digit, pixel after pixel, (n, 2), and the distances from its beginning, (n,)."""
    from scipy.ndimage import gaussian_filter1d
    from skimage.morphology import skeletonize  # where such data are made, and not where they are named

    pixels = np.argwhere(skeletonize(digit >= INK)).astype(np.float64)
    path = gaussian_filter1d(pixels[_longest_path(pixels)], SMOOTHING, axis=0, mode="nearest")
    path = path if path[0, 0] <= path[-1, 0] else path[::-1]
    return path, np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])


def _longest_path(pixels: np.ndarray) -> list[int]:
    """The indices along the longest path through a tree that joins neighboring pixels (n, 2)."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree

    between = np.hypot(*(pixels[:, None] - pixels).T)
    tree = minimum_spanning_tree(csr_array(np.where(between < 2, between, 0.0)))
    distances, before = dijkstra(tree, directed=False, return_predecessors=True)
    start, end = np.unravel_index(np.where(np.isinf(distances), -1, distances).argmax(), distances.shape)
    path = [int(end)]
    while path[-1] != start:
        path.append(int(before[start, path[-1]]))
    return path
