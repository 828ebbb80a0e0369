"""Layers that score how unlike the normal examples one is, and say what a score means."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from keras_ae.domains import domain_of
from keras_ae.losses import LIKELIHOODS, gaussian_kl


@keras.saving.register_keras_serializable("keras_ae", name="Shares")
class Contributions(layers.Layer):
    """What each element, or each group of them, adds to the mean error of an example.

    (inputs, reconstruction) (batch, ...) -> (batch, ...), of classes without the last axis; or with
    groups (features,), whole numbers from 0, of vectors -> (batch, groups). Errors are squared, of classes
    -log of the probability of the one that is. All shares of an example sum up to its score.
    """

    def __init__(self, domain: str, groups: list[int] | None = None, **settings):
        super().__init__(**settings)
        self.domain, self.groups = (
            domain_of(domain),
            None if groups is None else [int(group) for group in groups],
        )

    def call(self, inputs, reconstruction):
        if self.domain.one_hot:
            errors = -tf.math.log(tf.maximum(tf.reduce_sum(inputs * reconstruction, axis=-1), 1e-7))
        else:
            errors = tf.square(inputs - reconstruction)
        shares = errors / float(np.prod(errors.shape[1:]))
        if self.groups is None:
            return shares
        return tf.matmul(shares, np.eye(max(self.groups) + 1, dtype=np.float32)[self.groups])

    def compute_output_shape(self, inputs_shape, reconstruction_shape):
        if self.groups is not None:
            return (inputs_shape[0], max(self.groups) + 1)
        return inputs_shape[:-1] if self.domain.one_hot else inputs_shape

    def get_config(self):
        return super().get_config() | {"domain": str(self.domain), "groups": self.groups}


@keras.saving.register_keras_serializable("keras_ae", name="Drawn")
class PosteriorSamples(layers.Layer):
    """Codes of posteriors, by the same noise for each example: (batch, d) twice -> (batch * count, d)."""

    def __init__(self, count: int, seed: int = 0, **settings):
        super().__init__(**settings)
        self.count, self.seed = count, seed

    def call(self, mean, log_var):
        noise = np.random.default_rng(self.seed).standard_normal((self.count, mean.shape[-1]))
        drawn = mean[:, None] + tf.exp(0.5 * log_var)[:, None] * noise.astype(np.float32)
        return tf.reshape(drawn, (-1, mean.shape[-1]))

    def compute_output_shape(self, mean_shape, log_var_shape):
        return (None, mean_shape[-1])

    def get_config(self):
        return super().get_config() | {"count": self.count, "seed": self.seed}


@keras.saving.register_keras_serializable("keras_ae")
class MeanNegativeLogLikelihood(layers.Layer):
    """-log p(inputs | code), nats, as a mean over `count` codes an example: (batch,)."""

    def __init__(self, likelihood: str, count: int, **settings):
        super().__init__(**settings)
        self.likelihood, self.count = likelihood, count

    def call(self, inputs, outputs):
        nats = LIKELIHOODS[self.likelihood](tf.repeat(inputs, self.count, axis=0), outputs)
        return tf.reduce_mean(tf.reshape(nats, (-1, self.count)), axis=1)

    def compute_output_shape(self, inputs_shape, outputs_shape):
        return (inputs_shape[0],)

    def get_config(self):
        return super().get_config() | {"likelihood": self.likelihood, "count": self.count}


@keras.saving.register_keras_serializable("keras_ae")
class SumOfElements(layers.Layer):
    """(batch, ...) -> (batch,)."""

    def call(self, values):
        return tf.reduce_sum(tf.reshape(values, (tf.shape(values)[0], -1)), axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0],)


@keras.saving.register_keras_serializable("keras_ae")
class DivergenceFromNormal(layers.Layer):
    """KL of Gaussian posteriors, mean and log variance (batch, d), from N(0, 1): (batch,), nats."""

    def call(self, mean, log_var):
        return tf.reduce_sum(gaussian_kl(mean, log_var), axis=-1)

    def compute_output_shape(self, mean_shape, log_var_shape):
        return (mean_shape[0],)


@keras.saving.register_keras_serializable("keras_ae")
class MahalanobisDistance(layers.Layer):
    """Squared distance of codes (batch, d) from a mean, in units of a covariance: (batch,)."""

    def build(self, input_shape):
        width = input_shape[-1]
        self.mean = self.add_weight(shape=(width,), name="mean", trainable=False)
        self.whitening = self.add_weight(shape=(width, width), name="whitening", trainable=False)

    def fitted(self, codes: np.ndarray) -> MahalanobisDistance:
        """Takes the mean and the covariance of codes (n, d), shrunk so that all directions spread."""
        from sklearn.covariance import LedoitWolf

        self.build(codes.shape)
        estimate = LedoitWolf().fit(codes.astype(np.float64))
        values, vectors = np.linalg.eigh(estimate.covariance_)
        floor = max(values.max() * 1e-9, 1e-12)
        self.mean.assign(estimate.location_)
        self.whitening.assign(vectors / np.sqrt(np.maximum(values, floor)))
        return self

    def call(self, codes):
        return tf.reduce_sum(tf.square(tf.matmul(codes - self.mean, self.whitening)), axis=-1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0],)


@keras.saving.register_keras_serializable("keras_ae")
class NearestDistance(layers.Layer):
    """Mean distance of codes (batch, d) from the nearest `neighbors` of `count` kept ones: (batch,)."""

    def __init__(self, neighbors: int, count: int, **settings):
        super().__init__(**settings)
        self.neighbors, self.count = neighbors, count

    def build(self, input_shape):
        self.kept = self.add_weight(shape=(self.count, input_shape[-1]), name="kept", trainable=False)

    def fitted(self, codes: np.ndarray) -> NearestDistance:
        """Keeps `count` of codes (n, d), those that cover all of them best."""
        self.build(codes.shape)
        self.kept.assign(codes[farthest_first(codes, self.count)])
        return self

    def call(self, codes):
        squares = tf.reduce_sum(tf.square(codes), axis=1)[:, None] + tf.reduce_sum(
            tf.square(self.kept), axis=1
        )
        squares -= 2.0 * tf.matmul(codes, self.kept, transpose_b=True)
        if self.neighbors == 1:
            nearest = tf.argmin(squares, axis=1)[:, None]
        else:
            nearest = tf.math.top_k(-squares, self.neighbors).indices
        # anew, for of two large squares' difference only the first digits hold
        aside = codes[:, None] - tf.gather(tf.convert_to_tensor(self.kept), nearest)
        return tf.reduce_mean(tf.norm(aside, axis=2), axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0],)

    def get_config(self):
        return super().get_config() | {"neighbors": self.neighbors, "count": self.count}

    @classmethod
    def from_config(cls, config: dict) -> NearestDistance:
        """Makes the layer, also of a file that has the key in British spelling."""
        renamed = {"neighbours": "neighbors"}
        return cls(**{renamed.get(key, key): value for key, value in config.items()})


def farthest_first(points: np.ndarray, count: int) -> np.ndarray:
    """Indices (count,) of points (n, d), each the farthest from all before it; the first one is point 0.

    No point is then further from a chosen one than twice the least there can be (Gonzalez 1985).
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
    """(score - middle) / spread."""

    def __init__(self, middle: float, spread: float, **settings):
        super().__init__(**settings)
        self.middle, self.spread = middle, spread

    def call(self, score):
        return (score - self.middle) / self.spread

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return super().get_config() | {"middle": self.middle, "spread": self.spread}


@keras.saving.register_keras_serializable("keras_ae")
class Calibrated(layers.Layer):
    """What a score means: scores (batch,) -> p-values (batch,) float32 and whether each is an anomaly, bool.

    The p-value is that of `thresholds.p_values` beside `count` scores of normal examples held back. What has
    no score, for a value of it is missing, has no p-value either, and counts as an anomaly.
    """

    def __init__(self, count: int, **settings):
        super().__init__(**settings)
        self.count = count

    def build(self, input_shape):
        self.reference = self.add_weight(shape=(self.count,), name="reference", trainable=False)
        self.threshold = self.add_weight(shape=(), name="threshold", trainable=False)

    def fitted(self, reference: np.ndarray, threshold: float) -> Calibrated:
        """Keeps scores (count,) and the threshold."""
        self.build((None,))
        self.reference.assign(np.sort(reference))
        self.threshold.assign(threshold)
        return self

    def call(self, scores):
        below = tf.searchsorted(tf.convert_to_tensor(self.reference), scores, side="left")
        p_values = (1.0 + tf.cast(self.count - below, tf.float32)) / (1.0 + self.count)
        p_values = tf.where(tf.math.is_nan(scores), scores, p_values)
        return p_values, tf.logical_not(scores <= self.threshold)

    def compute_output_shape(self, input_shape):
        return (input_shape[0],), (input_shape[0],)

    def compute_output_spec(self, scores):
        return tuple(keras.KerasTensor(scores.shape, dtype) for dtype in ("float32", "bool"))

    def get_config(self):
        return super().get_config() | {"count": self.count}
