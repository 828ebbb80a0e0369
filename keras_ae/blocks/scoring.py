"""Layers that compute anomaly scores, p-values and flags."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from keras_ae.blocks.neighbors import known_features, squared_distances
from keras_ae.blocks.ordered import count_below
from keras_ae.domains import REAL, domain_of
from keras_ae.losses import gaussian_kl, positions_of
from keras_ae.table_layout import TableLayout
from keras_ae.table_losses import columns_by_known

__all__ = [
    "Calibrated",
    "Contributions",
    "DivergenceFromNormal",
    "LargestMean",
    "MahalanobisDistance",
    "MeanNegativeLogLikelihood",
    "NearestDistance",
    "PosteriorSamples",
    "Standardized",
    "SumOfElements",
    "farthest_first",
]


@keras.saving.register_keras_serializable("keras_ae", name="Shares")
class Contributions(layers.Layer):
    """What each element, or each group of them, adds to the mean error of an example.

    (inputs, reconstruction), (batch, ...) each -> (batch, ...), of classes without the last axis, of
    sequences without their flags; with groups -> (batch, groups). Errors are squared; of classes they are
    -log of the probability of the true one. The contributions of an example sum up to its mean error, over
    the positions that exist.

    Attributes:
        domain: The domain of the inputs.
        groups: (features,), the number of each feature's group, from 0; None keeps elements apart.
    """

    def __init__(self, domain: str, groups: list[int] | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.domain = domain_of(domain)
        self.groups = None if groups is None else [int(group) for group in groups]

    def call(self, inputs, reconstruction):
        if self.domain.one_hot:
            chosen = tf.reduce_sum(inputs * reconstruction, axis=-1)
            contributions = _mean_parts(-tf.math.log(tf.maximum(chosen, 1e-7)), positions_of(inputs))
        elif self.domain.ends:
            errors = tf.square(inputs - reconstruction)[..., :-1]
            exist = positions_of(inputs)[..., None] * tf.ones_like(errors)
            contributions = _mean_parts(errors, exist)
        else:
            errors = tf.square(inputs - reconstruction)
            contributions = errors / float(np.prod(errors.shape[1:]))
        if self.groups is None:
            return contributions
        return tf.matmul(contributions, np.eye(max(self.groups) + 1, dtype=np.float32)[self.groups])

    def compute_output_shape(self, inputs_shape, reconstruction_shape):
        if self.groups is not None:
            return (inputs_shape[0], max(self.groups) + 1)
        if self.domain.ends:
            return (*inputs_shape[:-1], inputs_shape[-1] - 1)
        return inputs_shape[:-1] if self.domain.one_hot else inputs_shape

    def get_config(self):
        return super().get_config() | {"domain": str(self.domain), "groups": self.groups}


def _mean_parts(errors, exist):
    """What each error (batch, ...) adds to the mean over those that exist."""
    axes = tuple(range(1, len(errors.shape)))
    return exist * errors / tf.maximum(tf.reduce_sum(exist, axis=axes, keepdims=True), 1.0)


@keras.saving.register_keras_serializable("keras_ae", name="Drawn")
class PosteriorSamples(layers.Layer):
    """Codes sampled from posteriors: mean and log variance (batch, d) -> (batch * count, d).

    Attributes:
        count: Codes an example, one after the other.
        seed: Random seed of the noise, which is the same for each example.
    """

    def __init__(self, count: int, seed: int = 0, **settings: Any) -> None:
        super().__init__(**settings)
        self.count, self.seed = count, seed

    def call(self, mean, log_var):
        noise = np.random.default_rng(self.seed).standard_normal((self.count, mean.shape[-1]))
        codes = mean[:, None] + tf.exp(0.5 * log_var)[:, None] * noise.astype(np.float32)
        return tf.reshape(codes, (-1, mean.shape[-1]))

    def compute_output_shape(self, mean_shape, log_var_shape):
        return (None, mean_shape[-1])

    def get_config(self):
        return super().get_config() | {"count": self.count, "seed": self.seed}


@keras.saving.register_keras_serializable("keras_ae")
class MeanNegativeLogLikelihood(layers.Layer):
    """-log p(inputs | code) in nats, averaged over the codes of an example: (batch,).

    Of a table's row it is that of the known values, times all of its columns by the known ones.

    Attributes:
        likelihood: A name of `losses.LIKELIHOODS`.
        count: Codes an example, one after the other.
        domain: The domain of the inputs.
    """

    def __init__(self, likelihood: str, count: int, domain: str = REAL, **settings: Any) -> None:
        super().__init__(**settings)
        self.likelihood, self.count, self.domain = likelihood, count, domain_of(domain)

    def call(self, inputs, outputs):
        likelihood = self.domain.likelihood_by_name(self.likelihood)
        nats = likelihood(tf.repeat(inputs, self.count, axis=0), outputs)
        nats = tf.reduce_mean(tf.reshape(nats, (-1, self.count)), axis=1)
        return nats if self.domain.layout is None else nats * columns_by_known(self.domain.layout, inputs)

    def compute_output_shape(self, inputs_shape, outputs_shape):
        return (inputs_shape[0],)

    def get_config(self):
        own = {"likelihood": self.likelihood, "count": self.count, "domain": str(self.domain)}
        return super().get_config() | own


@keras.saving.register_keras_serializable("keras_ae")
class SumOfElements(layers.Layer):
    """The sum over the elements of an example: (batch, ...) -> (batch,)."""

    def call(self, values):
        return tf.reduce_sum(tf.reshape(values, (tf.shape(values)[0], -1)), axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0],)


@keras.saving.register_keras_serializable("keras_ae")
class LargestMean(layers.Layer):
    """The largest mean of errors over a small square: (batch, height, width, channels) -> (batch,).

    The error of a pixel, over its channels, is divided by the usual one there.

    Attributes:
        side: Pixels of a side of the square.
    """

    def __init__(self, side: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.side = side

    def build(self, input_shape):
        shape = input_shape[1:3]
        self.usual = self.add_weight(shape=shape, name="usual", initializer="ones", trainable=False)

    def call(self, errors):
        pixels = tf.reduce_sum(errors, axis=3) / self.usual
        means = tf.nn.avg_pool2d(pixels[..., None], self.side, 1, "SAME")
        return tf.reduce_max(means, axis=(1, 2, 3))

    def compute_output_shape(self, input_shape):
        return (input_shape[0],)

    def get_config(self):
        return super().get_config() | {"side": self.side}


@keras.saving.register_keras_serializable("keras_ae")
class DivergenceFromNormal(layers.Layer):
    """KL(N(mean, exp(log_var)) || N(0, 1)) of posteriors, (batch, d) each, in nats: (batch,)."""

    def call(self, mean, log_var):
        return tf.reduce_sum(gaussian_kl(mean, log_var), axis=-1)

    def compute_output_shape(self, mean_shape, log_var_shape):
        return (mean_shape[0],)


@keras.saving.register_keras_serializable("keras_ae")
class MahalanobisDistance(layers.Layer):
    """The squared Mahalanobis distance of codes (batch, d) from a mean: (batch,).

    Attributes:
        layout: Of rows of a table, the columns of which are codes; a missing value counts as the mean, and
            the others for more. None for other codes.
    """

    def __init__(self, layout: str = "", **settings: Any) -> None:
        super().__init__(**settings)
        self.layout = TableLayout.parse(layout) if layout else None

    def build(self, input_shape):
        width = input_shape[-1]
        self.mean = self.add_weight(shape=(width,), name="mean", trainable=False)
        self.whitening = self.add_weight(shape=(width, width), name="whitening", trainable=False)

    def fitted(self, codes: np.ndarray, scale: np.ndarray | None = None) -> MahalanobisDistance:
        """Fits the mean and the covariance to codes.

        Args:
            codes: (n, d). The covariance is shrunk (Ledoit and Wolf 2004), so that none of its axes is 0.
            scale: (d,), factors of the dimensions, which decide how far it is shrunk; None for 1.

        Returns:
            The layer itself.
        """
        from sklearn.covariance import LedoitWolf

        self.build(codes.shape)
        factors = np.ones(codes.shape[1]) if scale is None else scale.astype(np.float64)
        estimate = LedoitWolf().fit(np.resize(codes, (max(2, len(codes)), codes.shape[1])) * factors)
        values, vectors = np.linalg.eigh(estimate.covariance_)
        floor = max(values.max() * 1e-9, 1e-12)
        middle = codes.mean(axis=0, dtype=np.float64)
        self.mean.assign(np.divide(estimate.location_, factors, out=middle, where=factors > 0))
        self.whitening.assign(factors[:, None] * vectors / np.sqrt(np.maximum(values, floor)))
        return self

    def call(self, codes):
        known = known_features(self.layout, codes)
        gaps = (codes - self.mean) * tf.sqrt(known)
        return tf.reduce_sum(tf.square(tf.matmul(gaps, self.whitening)), axis=-1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0],)

    def get_config(self):
        return super().get_config() | {"layout": "" if self.layout is None else str(self.layout)}


@keras.saving.register_keras_serializable("keras_ae")
class NearestDistance(layers.Layer):
    """The mean distance of codes (batch, d) from the nearest stored ones: (batch,).

    Attributes:
        neighbors: Nearest stored codes that the distance is averaged over.
        count: Stored codes.
    """

    def __init__(self, neighbors: int, count: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.neighbors, self.count = neighbors, count

    def build(self, input_shape):
        self.stored = self.add_weight(shape=(self.count, input_shape[-1]), name="kept", trainable=False)

    def fitted(self, codes: np.ndarray) -> NearestDistance:
        """Stores those codes that cover all of them best.

        Args:
            codes: (n, d), at least `count`.

        Returns:
            The layer itself.
        """
        self.build(codes.shape)
        self.stored.assign(codes[farthest_first(codes, self.count)])
        return self

    def call(self, codes):
        squares = squared_distances(codes, tf.convert_to_tensor(self.stored))
        if self.neighbors == 1:
            nearest = tf.argmin(squares, axis=1)[:, None]
        else:
            nearest = tf.math.top_k(-squares, self.neighbors).indices
        # once more, for the difference of two large squares has few exact digits
        gaps = codes[:, None] - tf.gather(tf.convert_to_tensor(self.stored), nearest)
        return tf.reduce_mean(tf.norm(gaps, axis=2), axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0],)

    def get_config(self):
        return super().get_config() | {"neighbors": self.neighbors, "count": self.count}

    @classmethod
    def from_config(cls, config: dict) -> NearestDistance:
        """The layer of a configuration, also of one whose key is spelled "neighbours"."""
        renamed = {"neighbours": "neighbors"}
        return cls(**{renamed.get(key, key): value for key, value in config.items()})


def farthest_first(points: np.ndarray, count: int) -> np.ndarray:
    """A subset of points that covers all: point 0, then each time the farthest from those chosen.

    No point is then farther from a chosen one than twice the least possible distance (Gonzalez 1985).

    Args:
        points: (n, d).
        count: Points to choose, at most.

    Returns:
        Their indices, (count,), or all of them.
    """
    if count >= len(points):
        return np.arange(len(points))
    chosen, squares = [0], np.sum((points - points[0]) ** 2, axis=1)
    while len(chosen) < count:
        chosen.append(int(squares.argmax()))
        np.minimum(squares, np.sum((points - points[chosen[-1]]) ** 2, axis=1), out=squares)
    return np.array(chosen)


@keras.saving.register_keras_serializable("keras_ae", name="Standardised")
class Standardized(layers.Layer):
    """(score - middle) / spread, or with a floor (log(score + floor) - middle) / spread.

    Attributes:
        middle: The median of the score, or of the logarithm.
        spread: The distance between its quartiles.
        floor: Added to a score of at least 0 whose logarithm is taken; 0 to take none.
    """

    def __init__(self, middle: float, spread: float, floor: float = 0.0, **settings: Any) -> None:
        super().__init__(**settings)
        self.middle, self.spread, self.floor = middle, spread, floor

    def call(self, score):
        value = tf.math.log(tf.maximum(score, 0.0) + self.floor) if self.floor else score
        return (value - self.middle) / self.spread

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        names = ("middle", "spread", "floor")
        return super().get_config() | {name: getattr(self, name) for name in names}


@keras.saving.register_keras_serializable("keras_ae")
class Calibrated(layers.Layer):
    """Turns anomaly scores (batch,) into p-values (batch,) and flags (batch,), bool.

    The p-value is that of `thresholds.p_values` among scores of held-out normal examples. An example
    without a score, because a value of it is missing, has no p-value either, and counts as an anomaly.

    Attributes:
        count: Scores of normal examples.
    """

    def __init__(self, count: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.count = count

    def build(self, input_shape):
        self.reference = self.add_weight(shape=(self.count,), name="reference", trainable=False)
        self.threshold = self.add_weight(shape=(), name="threshold", trainable=False)

    def fitted(self, reference: np.ndarray, threshold: float) -> Calibrated:
        """Stores the reference scores and the threshold.

        Args:
            reference: Scores of held-out normal examples, (count,).
            threshold: The score above which an example is an anomaly.

        Returns:
            The layer itself.
        """
        self.build((None,))
        self.reference.assign(np.sort(reference))
        self.threshold.assign(threshold)
        return self

    def call(self, scores):
        below = count_below(tf.convert_to_tensor(self.reference), scores)
        p_values = (1.0 + tf.cast(self.count - below, tf.float32)) / (1.0 + self.count)
        p_values = tf.where(tf.math.is_nan(scores), scores, p_values)
        return p_values, tf.logical_not(scores <= self.threshold)

    def compute_output_shape(self, input_shape):
        return (input_shape[0],), (input_shape[0],)

    def compute_output_spec(self, scores):
        return tuple(keras.KerasTensor(scores.shape, dtype) for dtype in ("float32", "bool"))

    def get_config(self):
        return super().get_config() | {"count": self.count}
