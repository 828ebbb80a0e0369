"""Biharmonic interpolation of images: the baseline of inpainting."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["interpolated"]

STRETCHING = 1e-8
"""The weight of first differences beside second ones: next to none, for what known pixels leave open."""


def interpolated(image: np.ndarray, known: np.ndarray) -> np.ndarray:
    """An image whose missing pixels make the bending energy least, the sum of squared second differences.

    Away from the border that is biharmonic interpolation, as scikit-image has it (Damelin and Hoang 2018). At
    the border nothing is asked, so that a slope goes on in a hole there (a thin plate's natural condition).

    Args:
        image: (h, w, c).
        known: (h, w), bool, with a pixel that is known.

    Returns:
        (h, w, c). Between known pixels the values stay within theirs.
    """
    from scipy.sparse.linalg import splu
    from skimage.morphology import convex_hull_image

    missing = ~known.ravel()
    rows = _bending(*known.shape)[missing]
    level = image[known].mean(axis=0, dtype=np.float64)  # about which nothing is lost to rounding
    filled = (image - level).reshape(len(missing), -1)
    solver = splu(
        rows[:, missing].tocsc(),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},  # three times as quick as without
    )
    filled[missing] = solver.solve(-(rows[:, ~missing] @ filled[~missing]))
    between = convex_hull_image(known)[..., None]
    limits = image[known].min(axis=0), image[known].max(axis=0)
    free = filled.reshape(image.shape) + level
    return np.where(between, np.clip(free, *limits), free)


@lru_cache(maxsize=1)
def _bending(height: int, width: int) -> csr_array:
    """The matrix (pixels, pixels) of the bending energy of an image, a quadratic form."""
    from scipy.sparse import csr_array, eye_array, kron

    down, across = _differences(height), _differences(width)
    of_rows, of_columns = eye_array(height), eye_array(width)
    energy = (
        kron(_squared(down[:-1, :-1] @ down), of_columns)
        + kron(of_rows, _squared(across[:-1, :-1] @ across))
        + 2 * kron(_squared(down), _squared(across))
        + STRETCHING * (kron(_squared(down), of_columns) + kron(of_rows, _squared(across)))
    )
    return csr_array(energy)


def _differences(count: int) -> csr_array:
    """The matrix (count - 1, count) of differences between neighbors."""
    from scipy.sparse import csr_array, eye_array

    return csr_array(eye_array(count - 1, count, k=1) - eye_array(count - 1, count))


def _squared(matrix: csr_array) -> csr_array:
    from scipy.sparse import csr_array

    return csr_array(matrix.T @ matrix)
