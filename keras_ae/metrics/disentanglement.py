"""Metrics of disentanglement: how well each dimension of a code represents one known factor of the data."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression

from keras_ae.errors import InputError

__all__ = ["beta_vae_score", "information_gaps", "mutual_information_gap"]

BINS = 20
"""Equal bins of a dimension's range, as in Locatello et al. 2019, arXiv:1811.12359."""
PAIRS = 64
"""Pairs of examples per batch of the beta-VAE score."""
BATCHES = 5000
"""Batches that its classifier is trained on, and equally many that it is tested on."""
AT_A_TIME = 2**22
"""Numbers of codes gathered at a time, to limit memory."""


def mutual_information_gap(codes: np.ndarray, factors: np.ndarray) -> float:
    """MIG, the mutual information gap: the mean over factors of `information_gaps`.

    Chen et al. 2018, arXiv:1802.04942. It is 1 where one dimension alone determines each factor; a factor
    that no dimension depends on, or that two depend on equally, adds nothing. A factor of which an image may
    have several values stays below 1.

    Args:
        codes: (n, latent_dim), the means of a variational encoder.
        factors: (n, k), whole numbers.

    Returns:
        The gap, in [0, 1].

    Raises:
        InputError: For other shapes, and where no factor varies.
    """
    gaps = information_gaps(codes, factors)
    if not np.isfinite(gaps).any():
        raise InputError("expected a factor that varies, received none; the gap needs one that does")
    return float(np.nanmean(gaps))


def information_gaps(codes: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """The gap of each factor, (I(best; factor) - I(second; factor)) / H(factor).

    Best and second are the two dimensions of the highest mutual information with the factor, which is
    counted in 20 equal bins of each dimension's range over these examples.

    Args:
        codes: (n, latent_dim).
        factors: (n, k), whole numbers.

    Returns:
        (k,), in [0, 1]; NaN for a factor that does not vary.

    Raises:
        InputError: For other shapes.
    """
    codes, factors = _checked(codes, factors)
    binned = np.stack([_binned(dimension) for dimension in codes.T], axis=-1)
    gaps = np.full(factors.shape[1], np.nan)
    for index, factor in enumerate(factors.T):
        _, values = np.unique(factor, return_inverse=True)
        entropy = _entropy(np.bincount(values))
        if entropy > 0:
            information = sorted([0.0, *(_mutual_information(dimension, values) for dimension in binned.T)])
            gaps[index] = (information[-1] - information[-2]) / entropy
    return gaps


def beta_vae_score(codes: np.ndarray, factors: np.ndarray, seed: int = 0) -> float:
    """The accuracy of a linear classifier of which factor was fixed in a batch of pairs.

    Higgins et al. 2017, "beta-VAE". Each batch is 64 random pairs of these examples; both examples of a
    pair have the same value of one factor, the same factor in the whole batch. The input of the
    classifier is the mean absolute difference of their codes, whose dimensions are divided by their
    standard deviations. It is fitted to 5,000 batches and tested on 5,000 others; chance is 1 / the
    number of factors that vary.

    Args:
        codes: (n, latent_dim), the means of a variational encoder.
        factors: (n, k), whole numbers.
        seed: Random seed of the pairs.

    Returns:
        The accuracy, in [0, 1].

    Raises:
        InputError: For other shapes, and where fewer than two factors vary.
    """
    codes, factors = _checked(codes, factors)
    factors = factors[:, (factors != factors[:1]).any(axis=0)]
    if factors.shape[1] < 2:
        raise InputError(f"expected two or more factors that vary, received {factors.shape[1]}; give more")
    deviation = codes.std(axis=0)
    codes = codes / np.where(deviation > 0, deviation, 1)
    random = np.random.default_rng(seed)
    features, fixed = zip(*(_batches(codes, factors, random) for _ in range(2)), strict=True)
    model = LogisticRegression(max_iter=2000).fit(features[0], fixed[0])
    return float(model.score(features[1], fixed[1]))


def _checked(codes, factors):
    """Both as arrays; refuses those of different examples."""
    codes, factors = np.asarray(codes, np.float64), np.asarray(factors)
    if codes.ndim != 2 or factors.ndim != 2 or len(codes) != len(factors) or not codes.size:
        raise InputError(
            f"expected codes (n, latent_dim) and factors (n, k) of the same n examples, received "
            f"{codes.shape} and {factors.shape}; give a row of each for every example"
        )
    return codes, factors


def _binned(dimension):
    """Each value's bin, from 0; one bin for a dimension that does not vary."""
    low, high = dimension.min(), dimension.max()
    if not high > low:
        return np.zeros(len(dimension), np.int64)
    return np.minimum((dimension - low) / (high - low) * BINS, BINS - 1).astype(np.int64)


def _entropy(counts):
    """In nats."""
    probabilities = counts[counts > 0] / counts.sum()
    return float(-(probabilities * np.log(probabilities)).sum())


def _mutual_information(first, second):
    """Mutual information in nats of two integer arrays (n,), by counting."""
    joint = np.bincount(first * (second.max() + 1) + second)
    return _entropy(np.bincount(first)) + _entropy(np.bincount(second)) - _entropy(joint)


def _batches(codes, factors, random):
    """Mean differences (5000, latent_dim), and the index of the factor fixed in each batch, (5000,)."""
    fixed = random.integers(factors.shape[1], size=BATCHES)
    features = np.empty((BATCHES, codes.shape[1]))
    step = max(1, AT_A_TIME // (PAIRS * codes.shape[1]))
    for index, factor in enumerate(factors.T):
        order = np.argsort(factor, kind="stable")
        _, value, counts = np.unique(factor, return_inverse=True, return_counts=True)
        begins = np.cumsum(counts) - counts
        batches = np.flatnonzero(fixed == index)
        for start in range(0, len(batches), step):
            part = batches[start : start + step]
            first = random.integers(len(codes), size=(len(part), PAIRS))
            own = value[first]
            second = order[begins[own] + random.integers(counts[own])]
            features[part] = np.abs(codes[first] - codes[second]).mean(axis=1)
    return features, fixed
