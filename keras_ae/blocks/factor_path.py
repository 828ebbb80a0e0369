"""Factor analysis of rows with missing values, as a layer: the posterior of the factors given what is known.

A column is a linear function of independent standard normal factors plus noise of its own. Of a row the
factors' posterior given the known values alone is exact, so a missing value needs no number in its place
(Rubin and Thayer 1982; Ghahramani and Hinton 1996).
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from keras_ae.table_layout import TableLayout
from keras_ae.table_losses import known_columns

__all__ = ["FactorPosterior", "inverse"]

Tensor = Any
"""A NumPy array or a tensor."""

LEAST_SPREAD = 1e-6
"""A feature with a smaller standard deviation in training tells nothing."""

LEAST_NOISE = 5e-3
"""The least variance of noise, as a fraction of that of the feature."""

PRIORS = (1.0, 5.0, 20.0)
"""How many rows' worth of noise may pull the loadings to 0."""

HIDDEN, MOST_CHOOSING = 0.2, 2000
"""The fraction of values that are hidden to choose among priors, and rows that this takes, at most."""


@keras.saving.register_keras_serializable("keras_ae")
class FactorPosterior(layers.Layer):
    """(batch, features) -> the factors' means (batch, factors), the rows filled in, and standard deviations.

    The last two are (batch, features): what is missing replaced by what the factors tell, and how far a value
    may be from that.

    Args:
        layout: Of the columns, as text.
        factors: How many there are.
    """

    def __init__(self, layout: str, factors: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.layout, self.factors = TableLayout.parse(layout), factors

    def build(self, *_: Any) -> None:
        width = len(self.layout.groups)

        def weight(name: str, initializer: str, *shape: int) -> Any:
            return self.add_weight(shape=shape, initializer=initializer, name=name, trainable=False)

        self.mean, self.spread = weight("mean", "zeros", width), weight("spread", "ones", width)
        self.noise = weight("noise", "ones", width)
        self.loadings = weight("loadings", "glorot_uniform", width, self.factors)

    def call(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The posterior of rows.

        Args:
            features: (batch, features).

        Returns:
            Means of the factors, rows filled in, and standard deviations of their values.
        """
        known = ops.matmul(known_columns(self.layout, features), self.layout.of_column.T)
        told = ops.where(self.noise > 0, 1.0 / ops.maximum(self.noise, LEAST_NOISE), 0.0)
        centered = (features - self.mean) / ops.maximum(self.spread, LEAST_SPREAD)
        count = self.factors
        outer = ops.reshape(self.loadings[:, :, None] * self.loadings[:, None, :], (-1, count**2))
        precision = ops.reshape(ops.matmul(known * told, outer), (-1, count, count))
        covariance = inverse(precision + np.eye(count, dtype=np.float32))
        pulled = ops.matmul(known * told * centered, self.loadings)
        means = ops.sum(covariance * pulled[:, None, :], axis=-1)
        expected = self.mean + self.spread * ops.matmul(means, ops.transpose(self.loadings))
        values = self.layout.numbers + self.layout.classes
        filled = ops.where((known < 0.5) & (values > 0), expected, features)
        variance = ops.matmul(ops.reshape(covariance, (-1, count**2)), ops.transpose(outer)) + self.noise
        return means, filled, self.spread * ops.sqrt(ops.maximum(variance, 0.0))

    def compute_output_shape(self, features_shape):
        return (features_shape[0], self.factors), features_shape, features_shape

    def fitted(self, examples: np.ndarray) -> FactorPosterior:
        """Fits the factors to rows, by expectation maximization.

        Args:
            examples: (n, features).

        Returns:
            The layer itself.
        """
        layout = self.layout
        values = (layout.numbers + layout.classes) > 0
        known = np.asarray(known_columns(layout, examples)) @ layout.of_column.T > 0.5
        rows = np.where(known & values, examples, np.nan).astype(np.float64)
        seen = np.isfinite(rows)
        count = np.maximum(seen.sum(axis=0), 1)
        mean = np.where(seen, rows, 0.0).sum(axis=0) / count
        spread = np.sqrt(np.where(seen, np.square(rows - mean), 0.0).sum(axis=0) / count)
        used = np.flatnonzero((spread > LEAST_SPREAD) & values)
        loadings, noise = np.zeros((len(mean), self.factors)), np.zeros(len(mean))
        if len(used):
            own = (rows[:, used] - mean[used]) / spread[used]
            factors = min(self.factors, len(used))
            shift, loadings[used, :factors], noise[used] = factor_analysis(
                own, factors, chosen_prior(own, factors)
            )
            mean[used] += spread[used] * shift
        self.set_weights([mean, spread, noise, loadings])
        return self

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"layout": str(self.layout), "factors": self.factors}


def inverse(matrices: Tensor) -> Tensor:
    """The inverse of positive definite matrices, by operations that every runtime has.

    Args:
        matrices: (batch, n, n).

    Returns:
        (batch, n, n).
    """
    size = matrices.shape[-1]
    for number in range(size):
        own = np.eye(size, dtype=np.float32)[number]
        pivot = matrices[:, number : number + 1, number]
        row = own / pivot + (1.0 - own) * matrices[:, number, :] / pivot
        column = (1.0 - own) * matrices[:, :, number] - own
        others = (1.0 - own)[:, None] * (1.0 - own)
        matrices = others * matrices - column[:, :, None] * row[:, None, :]
    return matrices


def chosen_prior(rows: np.ndarray, factors: int) -> float:
    """The prior by which hidden values are told best: a fifth of the known ones, hidden at random.

    Args:
        rows: (n, columns), NaN where missing.
        factors: How many there are.

    Returns:
        One of `PRIORS`.
    """
    random = np.random.default_rng(0)
    few = rows if len(rows) <= MOST_CHOOSING else rows[random.permutation(len(rows))[:MOST_CHOOSING]]
    hidden = np.isfinite(few) & (random.random(few.shape) < HIDDEN)
    kept = np.where(hidden, np.nan, few)
    errors = []
    for prior in PRIORS:
        mean, loadings, noise = factor_analysis(kept, factors, prior, steps=20)
        told = np.isfinite(kept) / noise
        outer = (loadings[:, :, None] * loadings[:, None, :]).reshape(-1, factors**2)
        precision = (told @ outer).reshape(-1, factors, factors) + np.eye(factors)
        pulled = (told * np.where(told > 0, few - mean, 0.0)) @ loadings
        codes = np.linalg.solve(precision, pulled[:, :, None])[:, :, 0]
        errors.append(np.square(mean + codes @ loadings.T - few)[hidden].sum())
    return PRIORS[int(np.argmin(errors))]


def factor_analysis(
    rows: np.ndarray, factors: int, prior: float, steps: int = 50, block: int = 2048
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fits factors to standardized rows with missing values.

    Args:
        rows: (n, columns), NaN where missing.
        factors: How many.
        prior: How many rows' worth of noise pulls the loadings to 0.
        steps: Of expectation maximization.
        block: Rows at once.

    Returns:
        Means (columns,), loadings (columns, factors), and variances of the noise (columns,).
    """
    known = np.isfinite(rows)
    present = np.where(known, rows, 0.0)
    count = known.sum(axis=0)
    pairs = np.maximum(known.T.astype(np.float64) @ known, 1.0)
    correlation = 0.9 * (present.T @ present) / pairs
    variances, directions = np.linalg.eigh(correlation + 0.1 * np.eye(len(correlation)))
    first = np.argsort(-variances)[:factors]
    loadings = 0.8 * directions[:, first] * np.sqrt(np.maximum(variances[first], 1e-3))
    mean, noise = np.zeros(rows.shape[1]), np.full(rows.shape[1], 0.3)
    ridge = np.diag([*[prior] * factors, 1e-6])
    for _ in range(steps):
        squares = np.zeros((rows.shape[1], (factors + 1) ** 2))
        products = np.zeros((rows.shape[1], factors + 1))
        for start in range(0, len(rows), block):
            part = slice(start, start + block)
            told = known[part] / noise
            outer = (loadings[:, :, None] * loadings[:, None, :]).reshape(-1, factors**2)
            covariance = np.linalg.inv((told @ outer).reshape(-1, factors, factors) + np.eye(factors))
            pulled = (told * (present[part] - mean)) @ loadings
            codes = np.einsum("nkl,nl->nk", covariance, pulled)
            codes = np.concatenate([codes, np.ones((len(codes), 1))], axis=1)
            moments = codes[:, :, None] * codes[:, None, :]
            moments[:, :factors, :factors] += covariance
            squares += known[part].T.astype(np.float64) @ moments.reshape(len(codes), -1)
            products += present[part].T @ codes
        moments = squares.reshape(-1, factors + 1, factors + 1)
        both = np.linalg.solve(moments + ridge * noise[:, None, None], products[:, :, None])[:, :, 0]
        explained = 2 * (both * products).sum(axis=1) - np.einsum("dk,dkl,dl->d", both, moments, both)
        noise = (np.square(present).sum(axis=0) - explained + 0.1 * prior) / (count + 2)
        noise = np.maximum(noise, LEAST_NOISE)
        loadings, mean = both[:, :factors], both[:, factors]
    return mean, loadings, noise
