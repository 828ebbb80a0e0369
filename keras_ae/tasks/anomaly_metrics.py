"""Test metrics of anomaly detection: of examples, pixels, points in time, and each kind of anomaly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from keras_ae.data.examples import Split
from keras_ae.data.series.resample import spans
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.metrics.localization import region_overlap
from keras_ae.tasks.point_detection import ScoredPoints
from keras_ae.tasks.sequence_baselines import StretchedFeatures
from keras_ae.tasks.window_scores import USUAL, point_metrics, scores_of, subsequence_pca

__all__ = [
    "Metrics",
    "baseline_aurocs",
    "detection_metrics",
    "kernel_density_scores",
    "kind_metrics",
    "pixel_metrics",
    "ranking_metrics",
]

Metrics = dict[str, dict[str, float]]
"""Metrics by row or kind, and name."""


NEIGHBORS = 5
"""The neighbor whose distance is the score of a baseline of tables (Ramaswamy et al. 2000)."""

KEPT_VARIANCE = 0.9
"""What the components of a second PCA of tables leave no more than a tenth of."""

MOST_PAIRS = 2**22
"""Distances that are computed at once."""

MOST_FITTED = 5000
"""Maximum number of training examples for fitting baselines."""

MOST_VALUES = 2**27
"""Maximum number of values for the slowest baseline."""

MOST_PIXELS = 2**25
"""Pixels of test images that are ranked by their anomaly scores, at most; else those of some images."""


def ranking_metrics(scores: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """How well anomaly scores rank anomalies above normal examples.

    Args:
        scores: (n,), anomaly scores.
        labels: (n,), true for anomalies.

    Returns:
        "auroc", the area under the receiver operating characteristic, and "auprc", the average precision.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    return {
        "auroc": float(roc_auc_score(labels, scores)),
        "auprc": float(average_precision_score(labels, scores)),
    }


def detection_metrics(
    outputs: Mapping[str, np.ndarray],
    threshold: float,
    data: Data,
    latent_dim: int,
    seed: int,
    scored: ScoredPoints | None = None,
) -> Metrics:
    """Metrics of a detector and of simpler detectors on the test split.

    Args:
        outputs: The detector's outputs for the test examples, by name.
        threshold: The anomaly score above which a point is an anomaly.
        data: The data, with normal examples alone to train on.
        latent_dim: The number of principal components to compare with.
        seed: The random seed of baselines.
        scored: The scores and flags of the points of a series; None to take those of its windows.

    Returns:
        By row: "model", PCA's reconstruction error and an isolation forest; of rows also PCA with more
        components, the distance from the fifth nearest training row and a kernel density; of points in time
        also the distance from the nearest normal windows, the model's reconstruction, and PCA of
        subsequences. Nothing where the test split has no known anomalies.
    """
    if data.test.labels is None or len(np.unique(data.test.labels > 0)) < 2:
        return {}
    if data.points is not None:
        return _point_metrics(outputs, threshold, data, latent_dim, seed, scored)
    labels, flagged = data.test.labels > 0, outputs["is_anomaly"]
    hits = int((flagged & labels).sum())
    rows = {
        "model": ranking_metrics(outputs["score"], labels)
        | {
            "f1": 2 * hits / max(1, int(flagged.sum()) + int(labels.sum())),
            "false_alarms": float(np.mean(flagged[~labels])),
            "missed": float(np.mean(~flagged[labels])),
        }
    }
    rows["model"] |= pixel_metrics(outputs.get("contributions"), data.test)
    for name, (scores, maps) in _baseline_scores(data, latent_dim, seed).items():
        rows[name] = ranking_metrics(scores, labels) | pixel_metrics(maps, data.test)
    return rows


def pixel_metrics(maps: np.ndarray | None, test: Split) -> dict[str, float]:
    """How well anomaly maps rank the pixels of anomalies above all others.

    Args:
        maps: (n, height, width, channels), what each pixel contributes to the anomaly score; None without.
        test: The test images, with masks. Anomalies without a mask are left out; all pixels of normal images
            are normal.

    Returns:
        "pixel_auroc" and "pixel_auprc", over all pixels, and "pixel_aupro", over the anomalies' regions up to
        a false positive rate of 0.3; empty without a map, or masks.
    """
    if maps is None or test.masks is None or test.labels is None or maps.shape[:3] != test.masks.shape:
        return {}
    anomalous = np.where(test.labels[:, None, None] == 0, 0, test.masks)
    known = np.flatnonzero((anomalous >= 0).all(axis=(1, 2)))
    known = known[:: max(1, -(-len(known) * anomalous[0].size // MOST_PIXELS))]
    labels, scores = anomalous[known] > 0, maps[known].sum(axis=-1)
    if labels.all() or not labels.any():
        return {}
    ranking = ranking_metrics(scores.ravel(), labels.ravel()) | {"aupro": region_overlap(scores, labels)}
    return {f"pixel_{name}": value for name, value in ranking.items()}


def _point_metrics(
    outputs: Mapping[str, np.ndarray],
    threshold: float,
    data: Data,
    latent_dim: int,
    seed: int,
    scored: ScoredPoints | None,
) -> Metrics:
    """Metrics of the points that the test examples are windows of."""
    points, size = data.points, data.test.shape[0]
    if points is None or points.labels is None:
        return {}
    windows = np.asarray(values(data.test.examples))
    scores = scores_of(outputs["score"], points, size)
    if scored is None or points.normal is None:
        flagged, normal = outputs["is_anomaly"], np.asarray(data.test.labels) == 0
        normal = normal & (True if points.fresh is None else points.fresh)
        rows = {
            "model": point_metrics(scores, windows, points, np.nan_to_num(scores, nan=-np.inf) > threshold)
        }
    else:
        flagged, normal = scored.flags, ~points.normal & ~points.labels
        rows = {
            "model": point_metrics(scored.scores, windows, points, scored.flags),
            "nearest windows": point_metrics(scored.window_scores, windows, points),
            "reconstruction": point_metrics(scores, windows, points),
        }
    if normal.any():
        rows["model"]["false_alarms"] = float(flagged[normal].mean())
    for name, (other, _) in _baseline_scores(data, latent_dim, seed).items():
        rows[name] = point_metrics(scores_of(other, points, size), windows, points)
    if points.count * USUAL * windows.shape[2] <= MOST_VALUES:
        rows["subsequence PCA"] = point_metrics(subsequence_pca(windows, points), windows, points)
    return rows


def kind_metrics(
    outputs: Mapping[str, np.ndarray], threshold: float, data: Data, point_flags: np.ndarray | None = None
) -> Metrics:
    """Metrics of each kind of anomaly, where the test split has several.

    Args:
        outputs: The detector's outputs for the test examples, by name.
        threshold: The anomaly score above which a point is an anomaly.
        data: The data.
        point_flags: (points.count,), whether a point is flagged; None to take the windows' scores.

    Returns:
        By kind: "count", its examples, or ranges of points; "auroc", against the normal examples only;
        "missed", the fraction that is not flagged, where a range counts as flagged if any of its points is.
    """
    from sklearn.metrics import roc_auc_score

    points = data.points
    kinds = data.test.labels if points is None else points.kinds
    if kinds is None or len(np.unique(kinds[kinds > 0])) < 2:
        return {}
    names = data.label_names if points is None else points.names
    scores, flags = outputs["score"], outputs["is_anomaly"]
    if points is not None:
        scores = scores_of(scores, points, data.test.shape[0])
        flags = np.nan_to_num(scores, nan=-np.inf) > threshold if point_flags is None else point_flags
    finite, rows = np.isfinite(scores), {}
    for kind in np.unique(kinds[kinds > 0]):
        own = kinds == kind
        flagged: Any = flags[own] if points is None else [flags[slice(*span)].any() for span in spans(own)]
        compared = finite & (own | (kinds == 0))
        rows[names[kind] if len(names) > kind else str(kind)] = {
            "count": len(flagged),
            "auroc": float(roc_auc_score(own[compared], scores[compared])),
            "missed": 1 - float(np.mean(flagged)),
        }
    return rows


def _baseline_scores(
    data: Data, latent_dim: int, seed: int
) -> dict[str, tuple[np.ndarray, np.ndarray | None]]:
    """Anomaly scores of the test examples by simpler detectors, fitted to training examples.

    With them what each element contributes, (n, ...), if the detector can say and masks are to be compared.
    Of sequences that end before their last position the features are those of the positions that exist.
    """
    test = data.test
    features: Callable[[np.ndarray], np.ndarray] = _flat
    examples = np.asarray(values(data.train.thin(MOST_FITTED).in_memory().examples))
    if data.domain.ends or (data.format is not None and data.format.has_ends):
        features = StretchedFeatures(examples, data.domain.ends)
    detectors = _simple_detectors(features(examples), latent_dim, seed, of_rows=len(test.shape) == 1)
    parts: dict[str, list[tuple[np.ndarray, np.ndarray | None]]] = {name: [] for name in detectors}
    for block in test.blocks():
        flat = features(np.asarray(values(block)))
        for name, score in detectors.items():
            scores, errors = score(flat)
            maps = None if errors is None or test.masks is None else errors.reshape(block.shape)
            parts[name].append((scores, maps))
    return {
        name: (
            np.concatenate([scores for scores, _ in each]),
            None if each[0][1] is None else np.concatenate([maps for _, maps in each if maps is not None]),
        )
        for name, each in parts.items()
    }


def _flat(examples: np.ndarray) -> np.ndarray:
    return examples.reshape(len(examples), -1)


def _simple_detectors(
    training: np.ndarray, latent_dim: int, seed: int, of_rows: bool
) -> dict[str, Callable[[np.ndarray], tuple[np.ndarray, np.ndarray | None]]]:
    """Simple detectors fitted to training examples (n, features): (m, features) -> scores and errors."""
    from sklearn.decomposition import PCA
    from sklearn.ensemble import IsolationForest
    from sklearn.neighbors import NearestNeighbors

    def by_errors(components: float) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
        pca = PCA(components, random_state=seed).fit(training)

        def score(flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            errors = _errors_of(pca, flat)
            return np.mean(errors, axis=1), errors

        return score

    components = min(latent_dim, *training.shape)
    forest = IsolationForest(random_state=seed).fit(training)
    found: dict[str, Callable] = {
        f"PCA, {components} component{'s' * (components != 1)}": by_errors(components),
        "isolation forest": lambda flat: (-forest.score_samples(flat), None),
    }
    if of_rows and len(training) >= NEIGHBORS:
        if training.std(axis=0).any():
            found[f"PCA, {KEPT_VARIANCE:.0%} of the variance"] = by_errors(KEPT_VARIANCE)
        nearest = NearestNeighbors(n_neighbors=NEIGHBORS, algorithm="brute").fit(training)
        found["5th nearest neighbor"] = lambda flat: (nearest.kneighbors(flat)[0][:, -1], None)
        found["kernel density"] = lambda flat: (kernel_density_scores(training, flat), None)
    return found


def baseline_aurocs(data: Data, seed: int, latent_dim: int = 1) -> dict[str, float]:
    """How well simpler detectors rank the test rows of a table.

    Args:
        data: The data, with normal examples alone to train on, and labeled ones to test.
        seed: The random seed of baselines.
        latent_dim: The number of principal components to compare with.

    Returns:
        The AUROC of each.
    """
    assert data.test.labels is not None
    found = _baseline_scores(data, latent_dim, seed)
    return {
        name: ranking_metrics(scores, data.test.labels > 0)["auroc"] for name, (scores, _) in found.items()
    }


def _errors_of(pca, flat):
    """The squared errors (n, features) of a reconstruction by principal components."""
    return (flat - pca.inverse_transform(pca.transform(flat))) ** 2


def kernel_density_scores(training: np.ndarray, examples: np.ndarray) -> np.ndarray:
    """-log of a density of Gaussian kernels, of one width by Scott's rule.

    Args:
        training: (n, features).
        examples: (m, features).

    Returns:
        (m,), in nats, but for a constant.
    """
    from scipy.special import logsumexp
    from sklearn.metrics import euclidean_distances

    width = len(training) ** (-1 / (training.shape[1] + 4))
    parts = np.array_split(examples, max(1, len(examples) * len(training) // MOST_PAIRS))
    return np.concatenate(
        [
            -logsumexp(euclidean_distances(part, training, squared=True) / (-2 * width**2), axis=1)
            for part in parts
        ]
    )
