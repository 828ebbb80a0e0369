"""How far each unit of a code stands for one factor of the data, where the factors are known."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression

BINS = 20
"""Equal steps that a unit's range is cut into, as in Locatello et al. 2019, arXiv:1811.12359."""
PAIRS = 64
"""Pairs of examples in a batch of the beta-VAE score."""
BATCHES = 5000
"""Batches that its classifier is fitted to, and as many again that it is scored on."""
AT_A_TIME = 2**22
"""Numbers of codes gathered at a time, which bounds the memory that it takes."""


def mutual_information_gap(codes: np.ndarray, factors: np.ndarray) -> float:
    """MIG (Chen et al. 2018, arXiv:1802.04942): the mean over factors of `gaps`, in [0, 1].

    codes: (n, latent_dim), of a variational encoder the means. factors: (n, k) whole numbers.
    1 where one unit alone tells each factor and tells all of it; a factor that no unit tells, or that two
    tell equally, adds nothing. A factor that one image may have several values of stays below 1.
    Raises ValueError for other shapes, and where no factor varies.
    """
    found = information_gaps(codes, factors)
    if not np.isfinite(found).any():
        raise ValueError("expected a factor that varies, received none; a gap is of one that does")
    return float(np.nanmean(found))


def information_gaps(codes: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """(k,): how much more the best unit tells of each factor than the second, as a share of its entropy.

    (I(best; factor) - I(second; factor)) / H(factor), from counts of the units in 20 equal bins of their
    ranges over these examples. Not a number for a factor that does not vary. Takes and raises what
    `mutual_information_gap` does for shapes.
    """
    codes, factors = _checked(codes, factors)
    binned = np.stack([_binned(unit) for unit in codes.T], axis=-1)
    found = np.full(factors.shape[1], np.nan)
    for place, factor in enumerate(factors.T):
        _, values = np.unique(factor, return_inverse=True)
        entropy = _entropy(np.bincount(values))
        if entropy > 0:
            told = sorted([0.0, *(_mutual_information(unit, values) for unit in binned.T)])
            found[place] = (told[-1] - told[-2]) / entropy
    return found


def beta_vae_score(codes: np.ndarray, factors: np.ndarray, seed: int = 0) -> float:
    """Share of batches of which a linear classifier says which factor was held fixed, in [0, 1].

    Higgins et al. 2017, "beta-VAE": each batch is 64 pairs of examples, both of a pair alike in one factor,
    the same one in the whole batch, and drawn at random but for that; what is classified is the mean
    absolute difference of their codes. 5,000 batches to fit, 5,000 others to score; chance is 1 of the
    factors that vary. Pairs are drawn among these examples, and units are divided by their standard
    deviations over them, so that a code's scale counts for nothing.

    codes: (n, latent_dim), of a variational encoder the means. factors: (n, k) whole numbers.
    seed: of the draws.
    Raises ValueError for other shapes, and where fewer than two factors vary.
    """
    codes, factors = _checked(codes, factors)
    factors = factors[:, (factors != factors[:1]).any(axis=0)]
    if factors.shape[1] < 2:
        raise ValueError(f"expected two or more factors that vary, received {factors.shape[1]}")
    deviation = codes.std(axis=0)
    codes = codes / np.where(deviation > 0, deviation, 1)
    random = np.random.default_rng(seed)
    features, held = zip(*(_batches(codes, factors, random) for _ in range(2)), strict=True)
    model = LogisticRegression(max_iter=2000).fit(features[0], held[0])
    return float(model.score(features[1], held[1]))


def _checked(codes, factors):
    """Both as arrays, once they are known to be of the same examples."""
    codes, factors = np.asarray(codes, np.float64), np.asarray(factors)
    if codes.ndim != 2 or factors.ndim != 2 or len(codes) != len(factors) or not codes.size:
        raise ValueError(
            f"expected codes (n, latent_dim) and factors (n, k) of the same n examples, received "
            f"{codes.shape} and {factors.shape}"
        )
    return codes, factors


def _binned(unit):
    """Each value's bin, from 0; one bin for a unit that does not vary."""
    low, high = unit.min(), unit.max()
    if not high > low:
        return np.zeros(len(unit), np.int64)
    return np.minimum((unit - low) / (high - low) * BINS, BINS - 1).astype(np.int64)


def _entropy(counts):
    """In nats."""
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def _mutual_information(first, second):
    """In nats, of two (n,) of whole numbers from 0, by counting."""
    joint = np.bincount(first * (second.max() + 1) + second)
    return _entropy(np.bincount(first)) + _entropy(np.bincount(second)) - _entropy(joint)


def _batches(codes, factors, random):
    """Mean differences (5000, latent_dim), and which factor each batch held fixed, (5000,)."""
    held = random.integers(factors.shape[1], size=BATCHES)
    features = np.empty((BATCHES, codes.shape[1]))
    step = max(1, AT_A_TIME // (PAIRS * codes.shape[1]))
    for place, factor in enumerate(factors.T):
        alike = np.argsort(factor, kind="stable")
        _, value, counts = np.unique(factor, return_inverse=True, return_counts=True)
        begins = np.cumsum(counts) - counts
        batches = np.flatnonzero(held == place)
        for start in range(0, len(batches), step):
            part = batches[start : start + step]
            first = random.integers(len(codes), size=(len(part), PAIRS))
            own = value[first]
            second = alike[begins[own] + random.integers(counts[own])]
            features[part] = np.abs(codes[first] - codes[second]).mean(axis=1)
    return features, held
