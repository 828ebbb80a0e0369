"""Metrics of projections: which neighbors stay neighbors."""

from __future__ import annotations

import numpy as np

__all__ = ["neighborhoods"]

MOST_COMPARED = 2000
"""Examples at most whose distances from each other are computed."""


def neighborhoods(codes: np.ndarray, coordinates: np.ndarray, neighbors: int = 10) -> dict[str, float]:
    """How far the neighbors of a projection can be trusted, and how many it keeps (Venna and Kaski 2001).

    Args:
        codes: (n, d); at most 2,000 of them, spread evenly over all, are looked at.
        coordinates: (n, dimensions), of the same examples.
        neighbors: How many count; fewer than half the examples.

    Returns:
        "trustworthiness", 1 if all neighbors in the projection are neighbors among the codes, and
        "continuity", 1 if all neighbors among the codes are neighbors in the projection.
    """
    from sklearn.manifold import trustworthiness

    some = np.linspace(0, len(codes) - 1, min(len(codes), MOST_COMPARED)).astype(int)
    count = max(1, min(neighbors, (len(some) - 1) // 2))
    spaces = codes[some], coordinates[some]
    return {
        "trustworthiness": float(trustworthiness(*spaces, n_neighbors=count)),
        "continuity": float(trustworthiness(*spaces[::-1], n_neighbors=count)),
    }
