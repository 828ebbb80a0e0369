"""Probes: how well simple classifiers of features read labels, with many of them and with few."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["accuracies", "chosen_probe", "linear_probes", "nearest_probes"]

STANDARDIZED, AS_THEY_ARE = (1.0, 0.1, 0.01), (1.0, 0.1, 10.0)
"""Inverse strengths of the regularization that are tried, of features of either scale."""

NEIGHBORS = (1, 3, 5, 10, 20)
"""Numbers of neighbors that are tried."""

FOLDS = 3
"""Folds of a cross-validation among a few labeled examples, at most."""

MOST_CHOSEN_BY = 2000
"""Examples that a setting is chosen by, at most; then all count."""

MANY_LABELS = 500
"""Of several sets of so many labels or more, one fold of the first one chooses the setting of all."""

MOST_ITERATIONS, TOLERANCE = 200, 1e-3

Labeled = tuple[np.ndarray, np.ndarray]
"""(features (n, d), labels (n,))."""


def linear_probes(examples: int, features: int) -> list[Any]:
    """Logistic regressions of features: standardized, or as they are, which suits pixels.

    Args:
        examples: Number of examples that they are fitted to.
        features: Number of features; of more than twice as many as examples, those in whose span the examples
            lie are taken, in which the regression is the same.

    Returns:
        The classifiers to choose from, not fitted, the plainest first.
    """
    from sklearn.decomposition import PCA  # here, because only probes take it
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    span: Any = PCA(svd_solver="full") if features > 2 * examples else "passthrough"
    return [
        make_pipeline(scaler, span, LogisticRegression(C=strength, max_iter=MOST_ITERATIONS, tol=TOLERANCE))
        for scaler, strengths in ((StandardScaler(), STANDARDIZED), ("passthrough", AS_THEY_ARE))
        for strength in strengths
    ]


def nearest_probes(examples: int, features: int) -> list[Any]:
    """Classifiers by nearest neighbors in Euclidean distance.

    Args:
        examples: Number of examples that they are fitted to.
        features: Number of features.

    Returns:
        The classifiers to choose from, not fitted, the plainest first.
    """
    from sklearn.neighbors import KNeighborsClassifier

    return [KNeighborsClassifier(count) for count in NEIGHBORS if count == 1 or 2 * count <= examples]


def chosen_probe(
    candidates: Sequence[Any], train: Labeled, validation: Labeled | None = None, seed: int = 0
) -> Any:
    """The probe of the highest accuracy on examples that it was not fitted to.

    Args:
        candidates: Classifiers to choose from, not fitted; the first of equally good ones is chosen.
        train: Features and labels to fit.
        validation: Those to choose by; None chooses by cross-validation among the training examples, as one
            does who has no other labels. With one example of a class there is nothing to choose by, and the
            first is chosen.
        seed: Random seed of the folds.

    Returns:
        The classifier, not fitted.
    """
    from sklearn.base import clone
    from sklearn.model_selection import StratifiedKFold, cross_val_score

    features, labels = train
    folds = min(FOLDS, int(np.unique(labels, return_counts=True)[1].min()))
    scores = [0.0]
    if validation is not None:
        some = slice(None, None, -(-len(labels) // MOST_CHOSEN_BY))
        held_back = tuple(part[:MOST_CHOSEN_BY] for part in validation)
        scores = [clone(one).fit(features[some], labels[some]).score(*held_back) for one in candidates]
    elif folds > 1:
        splits: Any = StratifiedKFold(folds, shuffle=True, random_state=seed)
        splits = list(splits.split(features, labels))[: None if len(labels) < MANY_LABELS else 1]
        scores = [float(cross_val_score(one, features, labels, cv=splits).mean()) for one in candidates]
    return candidates[int(np.argmax(scores))]


def accuracies(
    probes: Callable[[int, int], Sequence[Any]],
    features: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray],
    chosen: Sequence[np.ndarray] = (),
) -> list[float]:
    """Test accuracies of the best of some probes, with all labels or with each of several sets of a few.

    Args:
        probes: (examples, features) -> the classifiers to choose from.
        features: (n, d) of "train", "validation" and "test".
        labels: (n,) of them.
        chosen: The indices of the labeled training examples, of each set; empty for all training examples.

    Returns:
        The accuracy of each set, in [0, 1]; one if all are labeled.
    """
    from sklearn.base import clone
    from threadpoolctl import threadpool_limits

    sets = [(features["train"][index], labels["train"][index]) for index in chosen]
    validation = None if sets else (features["validation"], labels["validation"])
    sets, found, best = sets or [(features["train"], labels["train"])], [], None
    few = len(sets[0][1]) < MANY_LABELS
    with warnings.catch_warnings(), threadpool_limits(1 if few else None):  # threads would wait for another
        warnings.simplefilter("ignore")  # of iterations at their end, as chosen
        for seed, train in enumerate(sets):
            if best is None or few:
                best = chosen_probe(probes(*train[0].shape), train, validation, seed)
            found.append(float(clone(best).fit(*train).score(features["test"], labels["test"])))
    return found
