"""Metrics of generated rows: distances of columns, of correlations and to training rows, and their use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from keras_ae.formats.rows import Rows

__all__ = [
    "column_distances",
    "copies",
    "correlation_gap",
    "discrimination",
    "interval",
    "nearest_distances",
    "row_features",
    "usefulness",
]

MOST_ROWS = 5000
"""Rows that classifiers are trained and tested on, and that are compared with each other, at most."""

RESAMPLED = 1000
"""Bootstrap samples of an interval."""

FOLDS = 5
"""Parts in which a classifier is tested that tells generated rows from real ones."""


def column_distances(samples: np.ndarray, real: np.ndarray, format: Rows) -> dict[str, float]:
    """The distances between the distributions of each column.

    Args:
        samples: (n, columns).
        real: (m, columns).
        format: Of the rows.

    Returns:
        "ks", the mean Kolmogorov-Smirnov statistic of known numbers and times; "total_variation", the mean
        distance of words, with missing ones as a word; and "missing_gap", the mean difference of the
        fractions that are missing, where any are. Each in [0, 1], and only where there are such columns.
    """
    from scipy.stats import ks_2samp

    ks, variation, gaps = [], [], []
    for number, kind in enumerate(format.kinds):
        one, other = samples[:, number], real[:, number]
        gone = [float(np.isnan(part).mean()) for part in (one, other)]
        gaps.append(abs(gone[0] - gone[1]))
        if kind == "word":
            bins = np.arange(-1.5, len(format.words[number]))
            counts = [
                np.histogram(np.nan_to_num(part, nan=-1.0), bins)[0] / len(part) for part in (one, other)
            ]
            variation.append(0.5 * float(np.abs(counts[0] - counts[1]).sum()))
            continue
        known = [part[~np.isnan(part)] for part in (one, other)]
        ks.append(float(ks_2samp(*known).statistic) if all(map(len, known)) else float(any(map(len, known))))
    metrics = {"ks": ks, "total_variation": variation}
    metrics |= {"missing_gap": gaps} if np.isnan(real).any() or np.isnan(samples).any() else {}
    return {name: float(np.mean(values)) for name, values in metrics.items() if values}


def correlation_gap(samples: np.ndarray, real: np.ndarray, format: Rows) -> float:
    """The mean difference of correlations between two columns: of ranks of numbers, and of each word.

    Args:
        samples: (n, columns).
        real: (m, columns).
        format: Of the rows.

    Returns:
        In [0, 2]; 0 for a single column.
    """
    matrices = [_correlations(part, format) for part in (samples, real)]
    groups = np.concatenate([[number] * _width(number, format) for number in range(len(format.kinds))])
    apart = groups[:, None] != groups[None]
    return float(np.abs(matrices[0] - matrices[1])[apart].mean()) if apart.any() else 0.0


def _width(number, format):
    return len(format.words[number]) if format.kinds[number] == "word" else 1


def _correlations(rows, format):
    """Correlations of ranks and of words; 0 of what never changes."""
    from scipy.stats import rankdata

    parts = []
    for number, column in enumerate(np.transpose(rows)):
        if format.kinds[number] == "word":
            parts += [column == word for word in range(len(format.words[number]))]
        else:
            known = ~np.isnan(column)
            ranks = np.full(len(column), 0.5)
            ranks[known] = rankdata(column[known]) / max(1, known.sum())
            parts.append(ranks)
    values = np.array(parts, np.float64)
    values -= values.mean(axis=1, keepdims=True)
    sizes = np.sqrt(np.square(values).sum(axis=1))
    return (values @ values.T) / np.maximum(np.outer(sizes, sizes), 1e-12)


def row_features(rows: np.ndarray, train: np.ndarray, format: Rows, without: str = "") -> np.ndarray:
    """Rows as features that a classifier takes, and that distances are taken of.

    Args:
        rows: (n, columns).
        train: (m, columns), training rows, by whose mean and spread numbers are scaled.
        format: Of the rows.
        without: A column to leave out; "" for none.

    Returns:
        (n, features): a number is its scaled value and whether it is missing, words are one-hot.
    """
    parts = []
    for number, name in enumerate(format.names):
        column, learned = rows[:, number], train[:, number]
        if name == without:
            continue
        missing = np.isnan(column)
        if format.kinds[number] == "word":
            parts += [(column == word) / 2**0.5 for word in range(len(format.words[number]))]
            parts.append(missing / 2**0.5)
            continue
        known = learned[~np.isnan(learned)]
        middle, spread = (known.mean(), known.std() or 1.0) if len(known) else (0.0, 1.0)
        parts += [np.where(missing, 0.0, (column - middle) / spread), missing]
    return np.stack([np.asarray(part, np.float64) for part in parts], axis=1)


def nearest_distances(rows: np.ndarray, train: np.ndarray, format: Rows) -> np.ndarray:
    """The distance of each row to the nearest training row.

    Args:
        rows: (n, columns).
        train: (m, columns).
        format: Of the rows.

    Returns:
        (n,), root mean squares over the columns, in standard deviations of numbers; another word counts 1.
    """
    from scipy.spatial.distance import cdist

    one, other = (row_features(part, train, format) for part in (rows, train))
    parts = [cdist(one[start : start + 512], other).min(axis=1) for start in range(0, len(one), 512)]
    return np.concatenate(parts) / len(format.names) ** 0.5


def copies(rows: np.ndarray, train: np.ndarray, format: Rows) -> np.ndarray:
    """Which rows are exactly a training row, as both are written.

    Args:
        rows: (n, columns).
        train: (m, columns).
        format: Of the rows.

    Returns:
        (n,), bool.
    """
    return np.isin(format.keys(rows), format.keys(train))


def usefulness(
    train: np.ndarray, test: np.ndarray, scale: np.ndarray, format: Rows, seed: int
) -> dict[str, np.ndarray] | None:
    """Whether classifiers that were trained on rows are right about real ones.

    Args:
        train: (n, columns), rows to train on, generated or real.
        test: (m, columns), real rows.
        scale: (k, columns), rows whose spread scales numbers.
        format: Of the rows, with a target.
        seed: Random seed.

    Returns:
        By the classifier's name, whether each test row is classified as it is, (m,) bool; None where the
        target is missing, or is one word alone in the rows to train on.
    """
    if not format.target:
        return None
    place = format.names.index(format.target)
    known, tested = (part[~np.isnan(part[:, place])] for part in (train, test))
    if len(np.unique(known[:, place])) < 2 or not len(tested):
        return None
    inputs = [row_features(part, scale, format, format.target) for part in (known, tested)]
    found = {}
    with threadpool_limits(1):  # rows are few, and threads that wait for each other take longer
        for name, classifier in _classifiers(seed):
            classifier.fit(np.clip(inputs[0], -20, 20), known[:, place].astype(int))
            found[name] = classifier.predict(np.clip(inputs[1], -20, 20)) == tested[:, place].astype(int)
    return found


def _classifiers(seed: int) -> Iterator[tuple[str, Any]]:
    from sklearn.ensemble import HistGradientBoostingClassifier  # where rows are evaluated alone
    from sklearn.linear_model import LogisticRegression

    yield "logistic", LogisticRegression(max_iter=1000)
    yield "boosting", HistGradientBoostingClassifier(max_iter=100, random_state=seed)


def discrimination(samples: np.ndarray, real: np.ndarray, format: Rows, seed: int) -> float:
    """How well gradient boosting tells generated rows from real ones, in five-fold cross-validation.

    Args:
        samples: (n, columns).
        real: (m, columns).
        format: Of the rows.
        seed: Random seed.

    Returns:
        AUROC: 0.5 where it cannot, 1 where it always does.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier  # as above
    from sklearn.model_selection import StratifiedKFold, cross_val_score

    count = min(len(samples), len(real), MOST_ROWS)
    rows = np.concatenate([samples[:count], real[:count]])
    labels = np.repeat([1, 0], count)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    classifier = HistGradientBoostingClassifier(max_iter=100, random_state=seed)
    inputs = row_features(rows, real, format)
    with threadpool_limits(1):  # as above
        return float(cross_val_score(classifier, inputs, labels, cv=folds, scoring="roc_auc").mean())


def interval(values: np.ndarray, seed: int) -> float:
    """Half the width of a 95 % interval of a mean, by the bootstrap.

    Args:
        values: (n,), one for each test row.
        seed: Random seed.

    Returns:
        The half width.
    """
    index = np.random.default_rng(seed).integers(0, len(values), (RESAMPLED, len(values)))
    low, high = np.quantile(values[index].mean(axis=1), [0.025, 0.975])
    return float(high - low) / 2
