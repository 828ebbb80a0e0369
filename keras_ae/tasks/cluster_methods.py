"""Ways to cluster codes, and to choose the number of clusters without labels."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np

from keras_ae.blocks.clusters import MixturePosterior, NeighborVote
from keras_ae.checked import Checked
from keras_ae.errors import InputError, check_least, check_types
from keras_ae.metrics.clustering import separation
from keras_ae.tasks.projections import UMAP, Projection

__all__ = [
    "BestClusters",
    "ClusterMethod",
    "Clusters",
    "GaussianMixture",
    "KMeans",
    "LearnedClusters",
    "ManifoldMixture",
    "fitted_clusters",
]

MOST_CHOSEN_BY = 10_000
"""Codes, at most, that a number of clusters is chosen by."""

MOST_CORRELATED = 128
"""Size of a code up to which a mixture's covariances are full."""

MOST_STORED = 2**20
"""Numbers that the served head of a manifold holds, at most: 4 MiB."""


@dataclass(frozen=True, eq=False)
class Clusters:
    """Clusters that were fitted to codes.

    Attributes:
        layer: (batch, d) codes -> (batch, clusters), the probabilities of the clusters; None if the encoder
            gives them.
        method: The method that fitted them.
        facts: How the number, and the method, were chosen, JSON-serializable.
    """

    layer: keras.layers.Layer | None
    method: ClusterMethod
    facts: dict[str, Any] = field(default_factory=dict)


class ClusterMethod(metaclass=Checked):
    """A frozen dataclass that fits clusters to codes; the base class of all methods."""

    @property
    def least_examples(self) -> int:
        """Training examples that it takes."""
        return 4

    def check(self, encoder: keras.Model) -> None:
        """Checks that the method can be used for an encoder's codes, before it is trained.

        Args:
            encoder: The encoder, untrained.

        Raises:
            InputError: If it cannot.
        """

    def fit(self, codes: np.ndarray) -> Clusters:
        """Fits clusters to codes.

        Args:
            codes: (n, d), float64, at least `least_examples`.

        Returns:
            The clusters, the same for the same codes.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class _Counted(ClusterMethod):
    """A method of a number of clusters, which is given or chosen."""

    clusters: int = 0
    most_clusters: int = 20

    def __post_init__(self) -> None:
        check_least(self, clusters=0, most_clusters=2)
        if self.clusters == 1:
            raise InputError("expected clusters of at least 2, or 0 to choose their number; received 1")

    @property
    def least_examples(self) -> int:
        """As many as clusters."""
        return max(4, self.clusters)

    def _chosen(
        self, value: Callable[[np.ndarray, int], float], name: str, codes: np.ndarray
    ) -> tuple[int, dict[str, Any]]:
        """The number of clusters, and how it was chosen: it has the highest value of a criterion."""
        if self.clusters:
            return self.clusters, {}
        few = codes[np.linspace(0, len(codes) - 1, min(len(codes), MOST_CHOSEN_BY)).astype(int)]
        most = max(2, min(self.most_clusters, len(few) // 2))
        values = {count: float(value(few, count)) for count in range(2, most + 1)}
        best = max(values, key=lambda count: values[count])
        return best, {"chosen_by": name, name: {str(count): each for count, each in values.items()}}


@dataclass(frozen=True)
class KMeans(_Counted):
    """Codes belong to the nearest of some centers, the best of ten starts.

    Its probabilities are those of normals of one variance around the centers, each as likely as the others.

    Attributes:
        clusters: The number of clusters, at least 2; 0 chooses the one of the highest silhouette.
        most_clusters: The most clusters to choose from, at least 2.
    """

    clusters: int = 0
    most_clusters: int = 20

    def fit(self, codes: np.ndarray) -> Clusters:
        count, facts = self._chosen(_silhouette_of_means, "silhouette", codes)
        means = _means(codes, count)
        deviation = np.sqrt(max(means.inertia_ / codes.size, 1e-12))
        root = np.full(means.cluster_centers_.shape, 1 / deviation)
        layer = MixturePosterior.of(np.full(count, 1 / count), means.cluster_centers_, root)
        return Clusters(layer, self, facts)


@dataclass(frozen=True)
class GaussianMixture(_Counted):
    """Normals, each with a weight and a covariance of its own, fitted by expectation-maximization.

    Attributes:
        clusters: The number of clusters, at least 2; 0 chooses the one of the lowest BIC.
        most_clusters: The most clusters to choose from, at least 2.
    """

    clusters: int = 0
    most_clusters: int = 20

    def fit(self, codes: np.ndarray) -> Clusters:
        count, facts = self._chosen(_negative_bic, "-BIC", codes)
        mixture = _mixture(codes, count)
        layer = MixturePosterior.of(mixture.weights_, mixture.means_, mixture.precisions_cholesky_)
        return Clusters(layer, self, facts)


@dataclass(frozen=True)
class ManifoldMixture(_Counted):
    """A mixture on a projection of the codes in which neighbors come together: N2D.

    McConville, Santos-Rodriguez, Piechocki and Craddock, "N2D: (Not Too) Deep Clustering via Clustering the
    Local Manifold of an Autoencoded Embedding", ICPR 2020, arXiv:1908.05968. No server can project another
    code, so the served head gives the mean of what its nearest training codes have.

    Attributes:
        clusters: The number of clusters, at least 2; 0 chooses the one of the highest silhouette in the
            projection.
        most_clusters: The most clusters to choose from, at least 2.
        projection: Of the codes.
        dimensions: Of the projection; 0 for as many as clusters, or for 2 where their number is chosen, and
            where a projection is limited to few.
        vote: Nearest training codes that another code is assigned by, at least 1.
    """

    clusters: int = 0
    most_clusters: int = 20
    projection: Projection = UMAP(neighbors=20, min_dist=0.0)
    dimensions: int = 0
    vote: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, dimensions=0, vote=1)
        check_types(self)
        most = self.projection.most_dimensions
        if most and self.dimensions > most:
            raise InputError(
                f"{self.projection.title} projects to {most} dimensions at most, received "
                f"dimensions={self.dimensions}; or 0 for 2"
            )

    @property
    def _dimensions(self) -> int:
        usual = 2 if self.projection.most_dimensions else self.clusters or 2
        return self.dimensions or usual

    @property
    def least_examples(self) -> int:
        """As many as clusters, and more than dimensions of the projection."""
        return max(super().least_examples, self._dimensions + 2)

    def check(self, encoder: keras.Model) -> None:
        self.projection.check()

    def fit(self, codes: np.ndarray) -> Clusters:
        dimensions = self._dimensions
        projected = self.projection.coordinates(codes, dimensions)
        count, facts = self._chosen(_silhouette_of_mixture, "silhouette", projected)
        probabilities = _mixture(projected, count).predict_proba(projected)
        most = max(count, MOST_STORED // (codes.shape[1] + count))
        stored = np.linspace(0, len(codes) - 1, min(len(codes), most)).astype(int)
        layer = NeighborVote.of(codes[stored], probabilities[stored], self.vote)
        return Clusters(layer, self, facts | {"projected_to": dimensions})


@dataclass(frozen=True)
class LearnedClusters(ClusterMethod):
    """The clusters that the variant learns, such as those of VaDE."""

    def check(self, encoder: keras.Model) -> None:
        if "cluster_probabilities" not in encoder.output:
            raise InputError(
                "LearnedClusters are those of a variant that learns some, and this one learns none; use "
                'SET="variant=VaDE", or SET="task.method=GaussianMixture"'
            )

    def fit(self, codes: np.ndarray) -> Clusters:
        return Clusters(None, self)


@dataclass(frozen=True)
class BestClusters(_Counted):
    """The one of several methods, and of their numbers of clusters, with the highest silhouette of the codes.

    Attributes:
        clusters: The number of clusters, at least 2; 0 lets each method choose.
        most_clusters: The most clusters to choose from, at least 2.
        methods: The methods; their own numbers of clusters do not count.
    """

    clusters: int = 0
    most_clusters: int = 20
    methods: tuple[_Counted, ...] = (KMeans(), GaussianMixture())

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.methods:
            raise InputError("expected one or more methods to choose from, such as KMeans; received none")

    def check(self, encoder: keras.Model) -> None:
        for method in self.methods:
            method.check(encoder)

    def fit(self, codes: np.ndarray) -> Clusters:
        silhouettes, best = {}, None
        for method in self.methods:
            own = replace(method, clusters=self.clusters, most_clusters=self.most_clusters)
            fitted = own.fit(codes)
            assert fitted.layer is not None
            assigned = np.asarray(fitted.layer(codes.astype(np.float32))).argmax(axis=1)
            name = type(method).__name__
            silhouettes[name] = separation(codes, assigned)
            if best is None or silhouettes[name] > silhouettes[type(best.method).__name__]:
                best = fitted
        assert best is not None
        return replace(best, facts=best.facts | {"silhouette_by_method": silhouettes})


_LAST: dict[bytes, Clusters] = {}
"""The clusters fitted last, by a digest of method and codes: a head and its metrics need the same ones."""


def fitted_clusters(method: ClusterMethod, codes: np.ndarray) -> Clusters:
    """Fits clusters to codes, unless the same were the last to be fitted.

    Args:
        method: The method.
        codes: (n, d), float32.

    Returns:
        The clusters.
    """
    digest = hashlib.sha256(repr(method).encode())
    digest.update(np.ascontiguousarray(codes).tobytes())
    key = digest.digest()
    if key not in _LAST:
        fitted = method.fit(codes.astype(np.float64))
        _LAST.clear()
        _LAST[key] = fitted
    return _LAST[key]


def _silhouette_of_means(codes: np.ndarray, count: int) -> float:
    return separation(codes, _means(codes, count).labels_)


def _negative_bic(codes: np.ndarray, count: int) -> float:
    return -float(_mixture(codes, count, 1).bic(codes))


def _silhouette_of_mixture(codes: np.ndarray, count: int) -> float:
    return separation(codes, _mixture(codes, count, 1).predict(codes))


def _means(codes: np.ndarray, count: int) -> Any:
    from sklearn import cluster

    return _fitted(cluster.KMeans(count, n_init=10, random_state=0), codes)


def _mixture(codes: np.ndarray, count: int, starts: int = 5) -> Any:
    from sklearn import mixture

    kind = "full" if codes.shape[1] <= MOST_CORRELATED else "diag"
    floor = 1e-6 * max(float(codes.var()), 1e-12)
    unfitted = mixture.GaussianMixture(
        count, covariance_type=kind, reg_covar=floor, n_init=starts, max_iter=200, random_state=0
    )
    return _fitted(unfitted, codes)


def _fitted(estimator: Any, codes: np.ndarray) -> Any:
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the last iteration serves as well
        return estimator.fit(codes)
