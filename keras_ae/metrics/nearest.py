"""Distances between examples as people have them: what is near to what was learned from, or a copy."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

MOST_VALUES = 2**27
"""Values compared at a time, which bounds the memory that it takes."""

CHECKED = 16
"""Nearest others whose distance is measured exactly."""


def distances(examples: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Of each example (n, ...) to each of the others (m, ...), (n, m) float32.

    Of whole numbers the share of positions that differ, of real ones the root of the mean squared difference.
    """
    flat, seen = examples.reshape(len(examples), -1), others.reshape(len(others), -1)
    found = np.empty((len(flat), len(seen)), np.float32)
    if flat.dtype.kind in "iu":
        flat, seen = (_narrow(part) for part in (flat, seen))
        for row, example in enumerate(flat):
            size = max(1, MOST_VALUES // max(1, seen.shape[1]))
            for at in range(0, len(seen), size):
                found[row, at : at + size] = (seen[at : at + size] != example).mean(axis=1)
        return found
    middle = seen.mean(axis=0)  # whose distance to 0 would cost digits
    flat, seen = flat - middle, seen - middle
    squares = np.square(seen).sum(axis=1)
    size = max(1, MOST_VALUES // max(1, len(seen)))
    for at in range(0, len(flat), size):
        part = flat[at : at + size]
        square = np.square(part).sum(axis=1)[:, None] - 2 * part @ seen.T + squares
        found[at : at + size] = np.sqrt(np.maximum(square, 0) / seen.shape[1])
    # the product leaves noise where two are nearly the same: the nearest are measured once more
    for row, places in enumerate(np.argpartition(found, min(CHECKED, len(seen)) - 1, axis=1)[:, :CHECKED]):
        gaps = examples[row].reshape(1, -1) - others.reshape(len(others), -1)[places]
        found[row, places] = np.sqrt(np.square(gaps, dtype=np.float64).mean(axis=1))
    return found


def nearest(examples: np.ndarray, others: np.ndarray, count: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Places (n, count) of the nearest others, the nearest first, and their distances (n, count)."""
    places, found = [], []
    for example in examples:
        row = distances(example[None], others)[0]
        order = np.argsort(row, kind="stable")[:count]
        places.append(order)
        found.append(row[order])
    return np.array(places), np.array(found)


def _narrow(numbers):
    return numbers.astype(np.uint8 if numbers.max(initial=0) < 256 else np.int32)


NEIGHBORS = 5
"""Whose farthest bounds the region of an example, as Naeem et al. 2020 take it."""


def novelty(samples: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Distance of each sample (n, ...) to the training example (m, ...) nearest to it, (n,)."""
    return np.concatenate(
        [distances(samples[at : at + 64], train).min(axis=1) for at in range(0, len(samples), 64)]
    )


def diversity(samples: np.ndarray, seed: int = 0) -> float:
    """Mean distance of pairs of samples (n, ...), n of at least 2, each with another one by lot."""
    order = np.random.default_rng(seed).permutation(len(samples))
    pairs = zip(order, np.roll(order, 1), strict=True)
    return float(np.mean([distances(samples[[one]], samples[[other]])[0, 0] for one, other in pairs]))


def density_and_coverage(samples: np.ndarray, real: np.ndarray) -> tuple[float, float]:
    """How samples lie among real examples, in the space of their codes (Naeem et al. 2020, arXiv:2002.09797).

    The region of a real example reaches to its fifth nearest real neighbor. Density: in how many regions a
    sample lies, as a share of five; above 1 where samples crowd. Coverage: the share of real examples in
    whose region a sample lies. samples: (n, ...), real: (m, ...), m of at least 7.
    Raises ValueError for fewer.
    """
    if len(real) < NEIGHBORS + 2:
        raise ValueError(f"expected at least {NEIGHBORS + 2} real examples, received {len(real)}")
    flat, seen = (part.reshape(len(part), -1).astype(np.float64) for part in (samples, real))
    reach = np.sort(cdist(seen, seen), axis=1)[:, NEIGHBORS]
    inside = cdist(seen, flat) <= reach[:, None]
    return float(inside.sum(axis=0).mean() / NEIGHBORS), float(inside.any(axis=1).mean())
