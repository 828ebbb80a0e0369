"""Principal components of sequences that are stretched to one length."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["resampled_components", "stretched"]

POINTS = 128
"""Points that sequences are stretched to, at most."""


def stretched(values: np.ndarray, points: int) -> np.ndarray:
    """A sequence at evenly spaced positions from its first to its last one.

    Args:
        values: (steps, channels).
        points: How many positions.

    Returns:
        (points, channels).
    """
    at = np.linspace(0, len(values) - 1, points)
    return np.stack([np.interp(at, np.arange(len(values)), channel) for channel in values.T], axis=1)


def resampled_components(examples: np.ndarray, size: int) -> Callable[[np.ndarray], np.ndarray]:
    """PCA of sequences stretched to the length of the longest; the length of each is known to it.

    Args:
        examples: (n, time, channels + 1), as models have sequences.
        size: Number of components; fewer if the examples span fewer dimensions.

    Returns:
        The predictor, (inputs (batch, time, channels + 1)) -> outputs of that shape.
    """
    from sklearn.decomposition import PCA  # where a model is evaluated, and not where it is used

    points = min(POINTS, examples.shape[1])

    def flat(inputs: np.ndarray) -> np.ndarray:
        return np.stack([stretched(each[each[:, -1] != 0, :-1], points).ravel() for each in inputs])

    rows = flat(examples)
    pca = PCA(min(size, *rows.shape), random_state=0).fit(rows)

    def predict(inputs: np.ndarray) -> np.ndarray:
        outputs = np.array(inputs, np.float32)
        decoded = pca.inverse_transform(pca.transform(flat(outputs)))
        for each, row in zip(outputs, decoded.reshape(len(outputs), points, -1), strict=True):
            steps = int((each[:, -1] != 0).sum())
            each[:steps, :-1] = stretched(row, steps)
        return outputs

    return predict
