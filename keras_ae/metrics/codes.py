"""Metrics of codes: how many dimensions are in use, and how well codes separate classes."""

from __future__ import annotations

import numpy as np

__all__ = ["active_units", "cluster_agreement", "linear_probe", "traversal_values"]


def active_units(means: np.ndarray, threshold: float = 0.01) -> int:
    """The number of active units: code dimensions whose posterior means vary between examples.

    Burda et al. 2016, arXiv:1509.00519.

    Args:
        means: (n, latent_dim), posterior means of n examples.
        threshold: The variance that an active unit exceeds.

    Returns:
        The number of them.
    """
    return int((np.var(means, axis=0) > threshold).sum())


def linear_probe(train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]) -> float:
    """Test accuracy of logistic regression from codes to labels, on standardized codes.

    Args:
        train: (codes (n, latent_dim), labels (n,)).
        test: The same of other examples, standardized by the codes of `train`.

    Returns:
        The accuracy, in [0, 1].
    """
    from sklearn.linear_model import LogisticRegression  # here, because only benchmarks take it
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    return float(model.fit(*train).score(*test))


def cluster_agreement(codes: np.ndarray, labels: np.ndarray, seed: int = 0) -> float:
    """Normalized mutual information of k-means clusters of codes with their labels.

    Args:
        codes: (n, latent_dim).
        labels: (n,); as many clusters as there are labels are fitted.
        seed: Random seed of the 10 initializations, of which the best is used.

    Returns:
        The information, in [0, 1].
    """
    from sklearn.cluster import KMeans  # as above
    from sklearn.metrics import normalized_mutual_info_score

    clusters = KMeans(len(np.unique(labels)), n_init=10, random_state=seed).fit_predict(codes)
    return float(normalized_mutual_info_score(labels, clusters))


def traversal_values(values: np.ndarray, steps: int) -> np.ndarray:
    """Evenly spaced values from 3 standard deviations below the mean to 3 above it.

    Args:
        values: (n,), one dimension of the codes of n examples.
        steps: The number of values to return.

    Returns:
        (steps,).
    """
    return values.mean() + values.std() * np.linspace(-3, 3, steps)
