"""Metrics of clusters: how well they agree with labels, and without labels how well they are apart."""

from __future__ import annotations

import numpy as np

__all__ = ["agreement", "cluster_accuracy", "separation"]

MOST_COMPARED = 5000
"""Examples at most whose distances from each other are computed."""


def agreement(clusters: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """How well clusters agree with labels, which may be numbered in another order.

    Args:
        clusters: (n,), integers.
        labels: (n,), integers.

    Returns:
        "cluster_accuracy" (see there), "nmi", the normalized mutual information (with the arithmetic mean of
        both entropies), and "ari", the Rand index adjusted for chance (Hubert and Arabie 1985).
    """
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    return {
        "cluster_accuracy": cluster_accuracy(clusters, labels),
        "nmi": float(normalized_mutual_info_score(labels, clusters)),
        "ari": float(adjusted_rand_score(labels, clusters)),
    }


def cluster_accuracy(clusters: np.ndarray, labels: np.ndarray) -> float:
    """The accuracy of clusters under the best assignment of one label to each (the Hungarian method).

    With more clusters than labels, the examples of some clusters all count as wrong.

    Args:
        clusters: (n,), integers.
        labels: (n,), integers.

    Returns:
        The accuracy, in [0, 1].
    """
    from scipy.optimize import linear_sum_assignment

    rows, columns = (np.unique(values, return_inverse=True)[1] for values in (clusters, labels))
    counts = np.zeros((rows.max() + 1, columns.max() + 1), np.int64)
    np.add.at(counts, (rows, columns), 1)
    return float(counts[linear_sum_assignment(counts, maximize=True)].sum() / len(labels))


def separation(codes: np.ndarray, clusters: np.ndarray) -> float:
    """The mean silhouette of examples (Rousseeuw 1987): how much nearer their own cluster is than the next.

    Args:
        codes: (n, d); at most 5,000 of them, spread evenly over all, are looked at.
        clusters: (n,), integers.

    Returns:
        The coefficient, in [-1, 1]; -1 where there are not two clusters or more of fewer than all examples.
    """
    from sklearn.metrics import silhouette_score

    some = np.linspace(0, len(codes) - 1, min(len(codes), MOST_COMPARED)).astype(int)
    if not 1 < len(np.unique(clusters[some])) < len(some):
        return -1.0
    return float(silhouette_score(codes[some], clusters[some]))
