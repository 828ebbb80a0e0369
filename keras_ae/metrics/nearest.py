"""Distances between examples in their original units: nearest neighbors, novelty, diversity and coverage."""

from __future__ import annotations

import numpy as np

from keras_ae.errors import InputError

__all__ = ["density_and_coverage", "distances", "diversity", "nearest", "novelty"]

MOST_VALUES = 2**27
"""Values compared at a time, to limit memory."""

CHECKED = 16
"""Number of nearest candidates whose distance is computed exactly."""


def distances(examples: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The distance of each example to each of the others.

    For integers the fraction of positions that differ, for real values the root mean squared difference.

    Args:
        examples: (n, ...).
        others: (m, ...).

    Returns:
        (n, m), float32.
    """
    flat, rest = examples.reshape(len(examples), -1), others.reshape(len(others), -1)
    matrix = np.empty((len(flat), len(rest)), np.float32)
    if flat.dtype.kind in "iu":
        flat, rest = (_narrow(part) for part in (flat, rest))
        for row, example in enumerate(flat):
            size = max(1, MOST_VALUES // max(1, rest.shape[1]))
            for start in range(0, len(rest), size):
                matrix[row, start : start + size] = (rest[start : start + size] != example).mean(axis=1)
        return matrix
    mean = rest.mean(axis=0)  # whose distance from 0 would cost digits
    flat, rest = flat - mean, rest - mean
    squares = np.square(rest).sum(axis=1)
    size = max(1, MOST_VALUES // max(1, len(rest)))
    for start in range(0, len(flat), size):
        part = flat[start : start + size]
        square = np.square(part).sum(axis=1)[:, None] - 2 * part @ rest.T + squares
        matrix[start : start + size] = np.sqrt(np.maximum(square, 0) / rest.shape[1])
    # the product leaves noise where two are nearly equal: the nearest are computed once more
    for row, index in enumerate(np.argpartition(matrix, min(CHECKED, len(rest)) - 1, axis=1)[:, :CHECKED]):
        differences = examples[row].reshape(1, -1) - others.reshape(len(others), -1)[index]
        matrix[row, index] = np.sqrt(np.square(differences, dtype=np.float64).mean(axis=1))
    return matrix


def nearest(examples: np.ndarray, others: np.ndarray, count: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """The nearest others of each example.

    Args:
        examples: (n, ...).
        others: (m, ...).
        count: How many of them, at most m.

    Returns:
        Their indices (n, count), the nearest first, and their distances (n, count).
    """
    indices, nearby = [], []
    for example in examples:
        row = distances(example[None], others)[0]
        order = np.argsort(row, kind="stable")[:count]
        indices.append(order)
        nearby.append(row[order])
    return np.array(indices), np.array(nearby)


def _narrow(numbers):
    return numbers.astype(np.uint8 if numbers.max(initial=0) < 256 else np.int32)


NEIGHBORS = 5
"""Nearest neighbors whose farthest bounds the region of an example, as in Naeem et al. 2020."""


def novelty(samples: np.ndarray, train: np.ndarray) -> np.ndarray:
    """The distance of each sample to the nearest training example.

    Args:
        samples: (n, ...).
        train: (m, ...), the training examples.

    Returns:
        (n,); 0 for a copy.
    """
    return np.concatenate(
        [distances(samples[start : start + 64], train).min(axis=1) for start in range(0, len(samples), 64)]
    )


def diversity(samples: np.ndarray, seed: int = 0) -> float:
    """The mean distance of each sample to another one, chosen at random.

    Args:
        samples: (n, ...), n at least 2.
        seed: Random seed of the pairs.

    Returns:
        The mean distance.
    """
    order = np.random.default_rng(seed).permutation(len(samples))
    pairs = zip(order, np.roll(order, 1), strict=True)
    return float(np.mean([distances(samples[[one]], samples[[other]])[0, 0] for one, other in pairs]))


def density_and_coverage(samples: np.ndarray, real: np.ndarray) -> tuple[float, float]:
    """Density and coverage of samples among real examples (Naeem et al. 2020, arXiv:2002.09797).

    The region of a real example reaches to its fifth nearest real neighbor. Density is the mean number of
    regions that a sample lies in, divided by five; it is above 1 where samples crowd. Coverage is the
    fraction of real examples whose region holds a sample.

    Args:
        samples: (n, ...), the codes of samples.
        real: (m, ...), the codes of real examples, m at least 7.

    Returns:
        (density, coverage).

    Raises:
        InputError: For fewer real examples.
    """
    if len(real) < NEIGHBORS + 2:
        raise InputError(f"expected at least {NEIGHBORS + 2} real examples, received {len(real)}; give more")
    flat, regions = (part.reshape(len(part), -1).astype(np.float64) for part in (samples, real))
    from scipy.spatial.distance import cdist

    reach = np.sort(cdist(regions, regions), axis=1)[:, NEIGHBORS]
    inside = cdist(regions, flat) <= reach[:, None]
    return float(inside.sum(axis=0).mean() / NEIGHBORS), float(inside.any(axis=1).mean())
