"""Test metrics of filled values, beside the imputers of scikit-learn: mean, nearest rows and iterative."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.heads import batched
from keras_ae.table_layout import TableLayout
from keras_ae.table_losses import known_columns
from keras_ae.tasks.conformal_values import hidden_values

__all__ = ["BASELINES", "RATES", "TableMatrix", "imputation_table"]

RATES = (0.1, 0.3, 0.5)
"""Fractions of the known test values that are hidden."""

MOST_TRAIN, MOST_TEST, MOST_ITERATED = 5000, 1000, 2**17
"""Rows that imputers are fitted to and filled, at most, and values that the iterative one is fitted to."""

Fill = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(training rows (n, d), test rows (m, d)), NaN where missing -> the test rows filled in."""


class TableMatrix:
    """Rows of a table as one matrix: standardized numbers in original units, and words one-hot.

    Args:
        data: The data; numbers are standardized by those of the training rows.

    Attributes:
        columns: (d,), the index of the column that each comes from.
        is_number: (d,), bool.
    """

    def __init__(self, data: Data):
        assert data.domain.layout is not None  # as the task makes sure
        self.layout: TableLayout = data.domain.layout
        self.preprocessor: Any = data.preprocessor
        used = (self.layout.numbers + self.layout.classes) > 0
        unknown = np.zeros(len(used), bool)
        unknown[self.layout.starts[~self.layout.is_number]] = True
        self.used = used & ~unknown
        self.columns = self.layout.groups[self.used]
        self.is_number = self.layout.is_number[self.columns]
        self.mean, self.spread = np.zeros(1), np.ones(1)
        train = self(np.asarray(values(data.train.thin(MOST_TRAIN).examples)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of columns without values
            mean, spread = np.nanmean(train, axis=0), np.nanstd(train, axis=0)
        self.mean = np.where(self.is_number & np.isfinite(mean), mean, 0.0)
        self.spread = np.where(self.is_number & (spread > 0), spread, 1.0)
        self.train = (train - self.mean) / self.spread

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Features (n, features) as the matrix (n, d), NaN where missing."""
        matrix = features[:, self.used].astype(np.float64)
        columns = self.preprocessor.columns_of(features)
        names = list(columns)
        for place in np.flatnonzero(self.is_number):
            matrix[:, place] = columns[names[self.columns[place]]]
        known = np.asarray(known_columns(self.layout, features))[:, self.columns] > 0.5
        return (np.where(known, matrix, np.nan) - self.mean) / self.spread


def _fill_by_mean(train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Fills by the means of columns."""
    from sklearn.impute import SimpleImputer

    return SimpleImputer(keep_empty_features=True).fit(train).transform(test)


def _fill_by_rows(train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Fills by the means of the five nearest training rows."""
    from sklearn.impute import KNNImputer

    return KNNImputer(keep_empty_features=True).fit(train).transform(test)


def _fill_by_iteration(train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Fills each column by a Bayesian ridge regression on the others, in turns (Buck 1960; van Buuren)."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    imputer = IterativeImputer(random_state=0, keep_empty_features=True)
    most = max(100, MOST_ITERATED // train.shape[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # ten turns, as scikit-learn's default is
        warnings.simplefilter("ignore", RuntimeWarning)
        return imputer.fit(_with_holes(train[:most], test)).transform(test)


BASELINES: dict[str, Fill] = {
    "mean": _fill_by_mean,
    "5 nearest rows": _fill_by_rows,
    "iterative": _fill_by_iteration,
}
"""The imputers that the model is compared with."""


def imputation_table(imputer: keras.Model, data: Data, seed: int) -> dict[str, dict[str, float]]:
    """Metrics of values that are hidden at random in the test rows, 10, 30 and 50 % of those that are known.

    * rmse_10, rmse_30, rmse_50: Root mean squared error of numbers, in standard deviations of the column in
      the training rows; rmse: that of all of them.
    * words_right: Fraction of hidden words that are the likeliest.
    * coverage: Fraction of hidden numbers inside their intervals.

    Args:
        imputer: As `Imputation.imputer` gives it.
        data: The data, whose training rows the imputers of scikit-learn are fitted to; the iterative one
            also to a copy with holes, where they have hardly any.
        seed: Random seed.

    Returns:
        Metrics by row, "model" among them, and name.
    """
    matrix = TableMatrix(data)
    rows = np.asarray(values(data.test.thin(MOST_TEST).examples), np.float32)
    truth = matrix(rows)
    sums: dict[str, dict[str, list[np.ndarray]]] = {}
    for rate in RATES:
        hiding = hidden_values(rows, matrix.layout, (rate, rate), seed=seed + round(100 * rate))
        places = hiding.hidden[:, matrix.columns]
        found = batched(imputer, {"inputs": hiding.inputs})
        own = {"model": matrix(found["reconstruction"])}
        test = matrix(hiding.inputs)
        own |= {name: fill(matrix.train, test) for name, fill in BASELINES.items()}
        for name, filled in own.items():
            part = sums.setdefault(name, {})
            errors = np.square(filled - truth)[:, matrix.is_number][places[:, matrix.is_number]]
            part[f"rmse_{round(100 * rate)}"] = [errors]
            part.setdefault("rmse", []).append(errors)
            part.setdefault("words_right", []).append(_right(filled, truth, hiding.hidden, matrix))
        inside = _inside(found, rows, hiding.hidden, matrix)
        sums["model"].setdefault("coverage", []).append(inside)
    return {name: _means(parts) for name, parts in sums.items()}


def _with_holes(train, test):
    """Complete training rows and a copy with holes like those of test rows, else it makes one turn only."""
    rate = np.isnan(test).mean()
    if np.isnan(train).mean() > 0.5 * rate:
        return train
    hidden = np.random.default_rng(0).random(train.shape) < rate
    return np.concatenate([train, np.where(hidden, np.nan, train)])


def _right(filled, truth, hidden, matrix):
    """Of each hidden word whether it is the likeliest."""
    right = []
    for number in np.flatnonzero(~matrix.layout.is_number):
        own = matrix.columns == number
        likeliest = filled[:, own].argmax(axis=1) == truth[:, own].argmax(axis=1)
        right.append(likeliest[hidden[:, number]])
    return np.concatenate(right) if right else np.empty(0)


def _inside(found, rows, hidden, matrix):
    """Of each hidden number whether it is in its interval; float32 makes no difference to that."""
    columns, inside = matrix.preprocessor.columns_of(rows), []
    for number, true in enumerate(columns.values()):
        if matrix.layout.is_number[number]:
            own = hidden[:, number]
            true = true[own].astype(np.float32)
            room = 1e-6 * np.abs(true)
            low, high = found["lower"][own, number] - room, found["upper"][own, number] + room
            inside.append((low <= true) & (true <= high))
    return np.concatenate(inside) if inside else np.empty(0)


def _means(parts):
    """The metrics of a row from the values that they are means of; none without values."""
    joined = {name: np.concatenate(each) for name, each in parts.items()}
    return {
        name: float(np.mean(each)) ** (0.5 if name.startswith("rmse") else 1.0)
        for name, each in joined.items()
        if len(each)
    }
