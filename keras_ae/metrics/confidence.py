"""How far the probabilities of a classifier can be believed, and the temperature that corrects them."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

__all__ = ["calibration_error", "fitted_temperature"]

BINS = 15
"""Bins of equal width that confidences fall into."""

LOWEST, HIGHEST = 0.05, 20.0
"""The temperatures that are tried."""


def fitted_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature of least cross-entropy (Guo et al. 2017, arXiv:1706.04599).

    Args:
        logits: (n, classes), of examples that were not trained on.
        labels: (n,), their classes.

    Returns:
        The number that logits are divided by, from 0.05 to 20.
    """
    rows = np.arange(len(labels))
    logits = np.asarray(logits, np.float64)

    def crossentropy(log_temperature):
        return -float(log_softmax(logits / np.exp(log_temperature), axis=-1)[rows, labels].mean())

    found = minimize_scalar(crossentropy, bounds=(np.log(LOWEST), np.log(HIGHEST)), method="bounded")
    return float(np.exp(found.x))


def calibration_error(logits: np.ndarray, labels: np.ndarray) -> float:
    """Expected calibration error: the mean distance between confidence and accuracy, over bins of confidence.

    Naeini et al. 2015; with 15 bins, as Guo et al. 2017.

    Args:
        logits: (n, classes), divided by the temperature if there is one.
        labels: (n,), the classes.

    Returns:
        The error, in [0, 1].
    """
    probabilities = softmax(np.asarray(logits, np.float64), axis=-1)
    confidences, right = probabilities.max(axis=-1), probabilities.argmax(axis=-1) == labels
    bins = np.minimum((confidences * BINS).astype(int), BINS - 1)
    gaps = [
        np.mean(bins == one) * abs(right[bins == one].mean() - confidences[bins == one].mean())
        for one in np.unique(bins)
    ]
    return float(np.sum(gaps))
