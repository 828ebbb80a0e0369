"""The choice of a few labeled examples, as many of each class as there can be."""

from __future__ import annotations

import numpy as np

from keras_ae.errors import InputError

__all__ = ["few_labeled"]


def few_labeled(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Chooses labeled examples: equally many of each class, up to one, where the classes have so many.

    Args:
        labels: (n,), the labels 0, 1, ... of all examples.
        count: How many to choose.
        seed: Random seed of the choice.

    Returns:
        The indices of the chosen examples, in ascending order; of all where there are no more than `count`.

    Raises:
        InputError: There are fewer to choose than classes.
    """
    classes = np.unique(labels)
    if count < len(classes):
        raise InputError(
            f"expected at least one labeled example of each of {len(classes)} classes, received labels="
            f'{count}; take more, such as SET="task.labels={10 * len(classes)}"'
        )
    random = np.random.default_rng([seed, count])
    positions = np.empty(len(labels), np.int64)  # of each example among those of its class, in random order
    for label in classes:
        own = np.flatnonzero(labels == label)
        positions[own] = random.permutation(len(own))
    order = np.lexsort((random.random(len(labels)), positions))
    return np.sort(order[:count])
