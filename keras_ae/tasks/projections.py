"""Projections of codes to few dimensions, by which neighbors are seen, or come together before clustering."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from keras_ae.checked import Checked
from keras_ae.errors import InputError, check_least
from keras_ae.extras import install_command

__all__ = ["PCA", "TSNE", "UMAP", "Projection", "Spectral"]


class Projection(metaclass=Checked):
    """A frozen dataclass that projects codes; the base class of all projections.

    Attributes:
        title: Its name for people.
        most_dimensions: The most numbers that it projects to; 0 for any number.
    """

    title: ClassVar[str] = ""
    most_dimensions: ClassVar[int] = 0

    def check(self) -> None:
        """Checks that the packages that it takes are installed.

        Raises:
            InputError: If one is missing.
        """

    def coordinates(self, codes: np.ndarray, dimensions: int = 2, seed: int = 0) -> np.ndarray:
        """The coordinates of codes.

        Args:
            codes: (n, d).
            dimensions: Numbers a code, at least 1.
            seed: Random seed.

        Returns:
            (n, dimensions), float64; the same for the same codes and seed.

        Raises:
            InputError: For fewer codes than it takes.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class PCA(Projection):
    """The directions along which codes vary most."""

    title = "PCA"

    def coordinates(self, codes: np.ndarray, dimensions: int = 2, seed: int = 0) -> np.ndarray:
        """The first principal components; 0 for those that codes of few numbers lack."""
        from sklearn.decomposition import PCA as Components

        count = min(dimensions, *codes.shape)
        found = Components(count, random_state=seed).fit_transform(codes.astype(np.float64))
        return np.pad(found, ((0, 0), (0, dimensions - count)))


@dataclass(frozen=True)
class TSNE(Projection):
    """Neighbors stay neighbors (van der Maaten and Hinton 2008); distances between groups mean little.

    Attributes:
        perplexity: The number of neighbors that count, above 0; fewer where there are few codes.
    """

    title = "t-SNE"
    most_dimensions = 3
    perplexity: float = 30.0

    def __post_init__(self) -> None:
        check_least(self, perplexity=1)

    def coordinates(self, codes: np.ndarray, dimensions: int = 2, seed: int = 0) -> np.ndarray:
        """By the Barnes-Hut algorithm, which takes at most 3 dimensions."""
        from sklearn.manifold import TSNE as Neighbors

        if dimensions > 3:
            raise InputError(f"t-SNE projects to 1, 2 or 3 dimensions, received {dimensions}")
        _check_count(codes, 4, self.title)
        perplexity = min(self.perplexity, (len(codes) - 1) / 3)
        begin = "pca" if codes.shape[1] > dimensions else "random"
        found = Neighbors(dimensions, perplexity=perplexity, init=begin, random_state=seed)
        return found.fit_transform(codes.astype(np.float32)).astype(np.float64)


@dataclass(frozen=True)
class UMAP(Projection):
    """Neighbors come together by the weights of a fuzzy graph (McInnes et al. 2018, arXiv:1802.03426).

    It takes the package umap-learn.

    Attributes:
        neighbors: Of each code in the graph, at least 2; fewer where there are few codes.
        min_dist: The least distance of neighbors in the projection, at least 0.
    """

    title = "UMAP"
    neighbors: int = 15
    min_dist: float = 0.1

    def __post_init__(self) -> None:
        check_least(self, neighbors=2, min_dist=0)

    def check(self) -> None:
        """Checks that umap-learn is installed."""
        _umap()

    def coordinates(self, codes: np.ndarray, dimensions: int = 2, seed: int = 0) -> np.ndarray:
        _check_count(codes, dimensions + 2, self.title)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a seed leaves one thread, and of numba
            reducer = _umap()(
                n_neighbors=min(self.neighbors, len(codes) - 1),
                min_dist=self.min_dist,
                n_components=dimensions,
                random_state=seed,
            )
            return reducer.fit_transform(codes.astype(np.float32)).astype(np.float64)


@dataclass(frozen=True)
class Spectral(Projection):
    """Eigenvectors of the graph of neighbors (Belkin and Niyogi 2003), without further packages.

    Neighbors weigh exp(-distance^2 / (own scale * other's scale)), where a code's scale is the distance of
    its seventh neighbor (Zelnik-Manor and Perona 2004).

    Attributes:
        neighbors: Of each code in the graph, at least 2; fewer where there are few codes.
        normalized: Whether the coordinates of each code are scaled to length 1, as they are for clustering
            (Ng, Jordan and Weiss 2001); otherwise the first eigenvector, which tells nothing, is left out.
    """

    title = "Laplacian eigenmaps"
    neighbors: int = 15
    normalized: bool = True

    def __post_init__(self) -> None:
        check_least(self, neighbors=2)

    def coordinates(self, codes: np.ndarray, dimensions: int = 2, seed: int = 0) -> np.ndarray:
        from scipy.sparse import diags_array
        from scipy.sparse.linalg import eigsh

        _check_count(codes, dimensions + 2, self.title)
        weights = _graph(codes.astype(np.float64), min(self.neighbors, len(codes) - 1))
        scale = diags_array(1 / np.sqrt(np.asarray(weights.sum(axis=1)).ravel()))
        start = np.random.default_rng(seed).uniform(0.5, 1.5, len(codes))
        first = 0 if self.normalized else 1
        values, vectors = eigsh(scale @ weights @ scale, dimensions + first, which="LA", v0=start)
        vectors = vectors[:, np.argsort(-values)[first:]]
        vectors *= np.sign(vectors[np.abs(vectors).argmax(axis=0), range(dimensions)])
        if not self.normalized:
            return scale @ vectors
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


SCALED_BY = 7
"""The neighbor whose distance is a code's scale."""


def _graph(codes: np.ndarray, neighbors: int) -> Any:
    """The symmetric sparse matrix (n, n) of the weights of neighbors."""
    from sklearn.neighbors import kneighbors_graph

    distances = kneighbors_graph(codes, neighbors, mode="distance", n_jobs=-1)
    own = np.sort(distances.data.reshape(len(codes), neighbors), axis=1)[:, min(SCALED_BY, neighbors) - 1]
    own = np.maximum(own, 1e-12 * max(1.0, own.max()))
    rows = np.repeat(np.arange(len(codes)), neighbors)
    weights = distances.copy()
    weights.data = np.exp(-np.square(distances.data) / (own[rows] * own[distances.indices]))
    weights.data += 1e-8  # an edge stays one
    return (weights + weights.T) / 2


def _umap() -> Any:
    """The class of umap-learn."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its own imports
            from umap import UMAP as Reducer
    except ImportError as error:
        raise InputError(
            f"UMAP needs umap-learn: {install_command('umap')}; or take Spectral, which needs no package"
        ) from error
    return Reducer


def _check_count(codes: np.ndarray, least: int, title: str) -> None:
    if len(codes) < least:
        raise InputError(f"{title} needs at least {least} examples, received {len(codes)}; use PCA")
