"""Metrics of samples as a whole: the distance of their features from those of real examples."""

from __future__ import annotations

import numpy as np

from keras_ae.errors import InputError

__all__ = ["frechet_distance"]


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """The Frechet distance of two sets of features, taken for normally distributed.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) (Dowson and Landau 1982; Heusel et al. 2017,
    arXiv:1706.08500). Comparable only within the features of one network, so a metric's name says which.

    Args:
        first: (n, features), of at least 2 rows.
        second: (m, features), of at least 2 rows.

    Returns:
        The distance, at least 0.

    Raises:
        InputError: For fewer rows, or features of different widths.
    """
    if min(len(first), len(second)) < 2 or first.shape[1:] != second.shape[1:]:
        raise InputError(
            f"expected two sets of 2 or more features of one width, received {first.shape} and "
            f"{second.shape}; "
            "take features of one network for both"
        )
    first, second = first.astype(np.float64), second.astype(np.float64)
    difference = first.mean(axis=0) - second.mean(axis=0)
    covariances = [np.atleast_2d(np.cov(part, rowvar=False)) for part in (first, second)]
    root = _square_root(covariances[0])
    crossed = np.linalg.eigvalsh(root @ covariances[1] @ root)
    traces = sum(np.trace(c) for c in covariances)
    return float(difference @ difference + traces - 2 * np.sqrt(crossed.clip(min=0)).sum())


def _square_root(matrix: np.ndarray) -> np.ndarray:
    """The symmetric root of a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
