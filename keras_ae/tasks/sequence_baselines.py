"""Sequences that are stretched to one length, for baselines that take rows of features."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["StretchedFeatures", "resampled_components", "stretched"]

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


class StretchedFeatures:
    """Features of sequences that do not depend on how many positions follow their ends.

    They are the values of the positions that exist, stretched to one length, and the number of these
    positions as its deviation from the training's in units of its spread.

    Args:
        training: (n, time, ..., channels), 0 at positions that do not exist.
        has_flags: Whether the last channel is the flag of a position, and no value.
    """

    def __init__(self, training: np.ndarray, has_flags: bool) -> None:
        self.has_flags = has_flags
        lengths = np.array([len(each) for each in self._values(training)])
        self.points = min(POINTS, int(lengths.max()))
        self.mean, self.spread = lengths.mean(), max(lengths.std(), 1e-9)

    def __call__(self, examples: np.ndarray) -> np.ndarray:
        """The features of examples, (n, features)."""
        rows = [
            np.append(stretched(each, self.points).ravel(), (len(each) - self.mean) / self.spread)
            for each in self._values(examples)
        ]
        return np.stack(rows).astype(np.float32)

    def _values(self, examples: np.ndarray) -> list[np.ndarray]:
        """The values of each example, (steps, channels), one step at least."""
        flat = examples.reshape(*examples.shape[:2], -1)
        lengths = np.maximum(flat.any(axis=-1).sum(axis=1), 1)
        values = flat[..., :-1] if self.has_flags else flat
        return [each[:length] for each, length in zip(values, lengths, strict=True)]


def resampled_components(examples: np.ndarray, size: int) -> Callable[[np.ndarray], np.ndarray]:
    """PCA of sequences stretched to the length of the longest; the length of each is known to it.

    Args:
        examples: (n, time, channels + 1), as models have sequences.
        size: Number of components; fewer if the examples span fewer dimensions.

    Returns:
        The predictor, (inputs (batch, time, channels + 1)) -> outputs of that shape.
    """
    from sklearn.decomposition import PCA  # where a model is evaluated, and not where it is used

    points = min(POINTS, int((examples[..., -1] != 0).sum(axis=1).max()))

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
