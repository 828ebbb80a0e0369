"""Simpler generators of rows, that a network has to beat: independent columns, and a Gaussian copula."""

from __future__ import annotations

import numpy as np

__all__ = ["gaussian_copula", "independent_columns"]


def independent_columns(train: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Rows each value of which is that of another training row.

    Args:
        train: (n, columns), training rows.
        count: Rows to sample.
        seed: Random seed.

    Returns:
        (count, columns).
    """
    index = np.random.default_rng(seed).integers(0, len(train), (count, train.shape[1]))
    return np.take_along_axis(train, index, axis=0)


def gaussian_copula(train: np.ndarray, count: int, seed: int, shrinkage: float = 0.01) -> np.ndarray:
    """Rows of the columns' own distributions, joined by a normal one of their ranks.

    Words count by their indices, and missing values as the least; equal values share their range of ranks at
    random.

    Args:
        train: (n, columns), training rows.
        count: Rows to sample.
        seed: Random seed.
        shrinkage: How far correlations are shrunk towards 0, in [0, 1].

    Returns:
        (count, columns), whose values are those of training rows.
    """
    from scipy.special import ndtr, ndtri
    from scipy.stats import rankdata

    random = np.random.default_rng(seed)
    filled = np.where(np.isnan(train), -np.inf, train)
    shuffled = filled[random.permutation(len(train))]
    ranks = [rankdata(column, "ordinal") for column in np.transpose(shuffled)]
    scores = ndtri((np.stack(ranks, axis=1) - 0.5) / len(train))
    correlation = (1 - shrinkage) * np.corrcoef(scores, rowvar=False).reshape(2 * (train.shape[1],))
    np.fill_diagonal(correlation, 1.0)
    root = np.linalg.cholesky(correlation + 1e-9 * np.eye(len(correlation)))
    cdfs = ndtr(random.standard_normal((count, len(root))) @ root.T)
    index = np.minimum((cdfs * len(train)).astype(int), len(train) - 1)
    ordered = np.sort(filled, axis=0)
    sampled = np.take_along_axis(ordered, index, axis=0)
    return np.where(np.isinf(sampled), np.nan, sampled)
