"""Baselines of reconstruction: the best linear maps, fitted on the same training data."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod

import numpy as np
import tensorflow as tf

from keras_ae.data.tensors import values
from keras_ae.domains import domain_of

__all__ = ["MOST_VALUES", "Predictor", "has_linear_map", "linear_map", "principal_components"]

MOST_FEATURES = 2048
"""Maximum number of elements for a matrix of whole examples; larger images use a linear filter."""

MOST_COVARIANCES = 1000
"""Maximum number of elements for a matrix of covariances, as scikit-learn has it."""

BLOCK = 4096
"""Examples that are looked at together."""

MOST_VALUES = 100_000_000
"""Maximum number of values for a fit; larger training sets are subsampled evenly."""

RIDGES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
"""Ridge penalties tried, as fractions of the mean variance of an input."""

Predictor = Callable[[np.ndarray], np.ndarray]
"""(inputs (batch, ...)) -> outputs (batch, ...)."""


def has_linear_map(shape: tuple[int, ...]) -> bool:
    """Whether a linear map is fitted to examples of a shape.

    Args:
        shape: Shape of an example.

    Returns:
        True for examples small enough for a matrix, and for images, which a filter maps.
    """
    return prod(shape) <= MOST_FEATURES or (len(shape) == 3 and min(shape[:2]) >= 4)


def linear_map(train: Iterable, validation: Iterable, domain: str) -> Predictor:
    """Least squares from inputs to targets, its ridge penalty chosen on the validation pairs.

    Examples of more than 2048 elements are mapped by a linear filter of 7 x 7 pixels instead. Only second
    moments are stored, so memory does not grow with the data.

    Args:
        train: Batches of (inputs, targets), each (batch, ...).
        validation: Batches of the same form.
        domain: Domain of the targets; the outputs are clipped to its range.

    Returns:
        The predictor.

    Raises:
        ValueError: For larger examples that are not images of at least 4 pixels per side.
    """
    limits = domain_of(domain).range
    first, _ = next(iter(train))
    if not has_linear_map(first.shape[1:]):
        raise ValueError(f"no linear map is fitted to examples of shape {tuple(first.shape[1:])}")
    rows = _flat if np.prod(first.shape[1:]) <= MOST_FEATURES else _patches
    fitted, validated = _Moments(), _Moments()
    for moments, batches in ((fitted, train), (validated, validation)):
        for inputs, targets in batches:
            moments.add(*rows(inputs, targets))
    weights = min((fitted.ridge(fraction) for fraction in RIDGES), key=validated.squared_error)

    def predict(inputs):
        features, _ = rows(inputs, inputs)
        outputs = (features @ weights).reshape(inputs.shape)
        return outputs.clip(*limits) if limits else outputs

    return predict


def principal_components(examples: np.ndarray, size: int, domain: str) -> Predictor:
    """PCA, of many examples by their covariance, and else by scikit-learn.

    Args:
        examples: (n, ...), uint8 (255 stands for 1) or float32, the clean training examples.
        size: Number of components; fewer if the examples span fewer dimensions.
        domain: Domain of the examples; the outputs are clipped to its range.

    Returns:
        The predictor.
    """
    limits = domain_of(domain).range
    flat = examples.reshape(len(examples), -1)
    count, features = flat.shape
    if features <= MOST_COVARIANCES and count >= 10 * features:
        mean, components = _of_covariance(flat, size)
    else:
        from sklearn.decomposition import PCA  # where a model is evaluated, and not where it is used

        pca = PCA(min(size, count, features), random_state=0).fit(np.asarray(values(flat)))
        mean, components = pca.mean_, pca.components_

    def predict(inputs):
        inputs = np.asarray(inputs)
        codes = (inputs.reshape(len(inputs), -1) - mean) @ components.T
        outputs = (codes @ components + mean).reshape(inputs.shape)
        return outputs.clip(*limits) if limits else outputs

    return predict


def _of_covariance(flat: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean and the first principal components, without a copy of all examples as floats."""
    blocks = [slice(start, start + BLOCK) for start in range(0, len(flat), BLOCK)]
    mean = sum(np.asarray(values(flat[block])).sum(axis=0, dtype=np.float64) for block in blocks) / len(flat)
    covariance = np.zeros(2 * mean.shape)
    for block in blocks:
        centered = np.asarray(values(flat[block])) - mean.astype(np.float32)
        covariance += centered.T @ centered
    _, vectors = np.linalg.eigh(covariance)
    return mean.astype(np.float32), vectors[:, : -size - 1 : -1].T.astype(np.float32)


class _Moments:
    """The sums of products for least squares and its error: X'X, X'Y and Y'Y."""

    def __init__(self):
        self.xx = self.xy = self.yy = 0.0
        self.count = 0

    def add(self, features, targets):
        features, targets = features.astype(np.float64), targets.astype(np.float64)
        self.xx += features.T @ features
        self.xy += features.T @ targets
        self.yy += np.square(targets).sum()
        self.count += len(features)

    def ridge(self, fraction):
        """Weights (features, targets); the last feature is the constant 1 and is not penalized."""
        penalty = fraction * np.trace(self.xx) / len(self.xx) * np.eye(len(self.xx))
        penalty[-1, -1] = 0
        return np.linalg.solve(self.xx + penalty, self.xy)

    def squared_error(self, weights):
        fit = np.sum(weights * (self.xx @ weights)) - 2 * np.sum(weights * self.xy)
        return (fit + self.yy) / self.count


def _flat(inputs, targets):
    inputs, targets = np.asarray(inputs), np.asarray(targets)
    features = inputs.reshape(len(inputs), -1)
    return np.c_[features, np.ones(len(features), features.dtype)], targets.reshape(len(targets), -1)


def _patches(inputs, targets):
    """One row per pixel: the input's 7 x 7 neighborhood, and the target's channels."""
    padded = tf.pad(inputs, ((0, 0), (3, 3), (3, 3), (0, 0)), "REFLECT")
    patches = tf.image.extract_patches(padded, (1, 7, 7, 1), (1, 1, 1, 1), (1, 1, 1, 1), "VALID").numpy()
    features = patches.reshape(-1, patches.shape[-1])
    return np.c_[features, np.ones(len(features), np.float32)], np.asarray(targets).reshape(len(features), -1)
