"""Corruptions that a denoising task undoes: pure functions of the examples and one seed each.

The same seed gives the same corruption wherever the example stands in a batch, so noise can be
fresh in every epoch and yet identical in a repeat of the run.
"""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from keras_ae.domains import domain_of


@dataclass(frozen=True)
class Gaussian:
    """Adds normal noise; values of the unit interval are clipped back into it, unless told otherwise.

    sigma: standard deviation, above 0, in units of the data's full range for the unit
        interval, of its standard deviation for real values.
    clipped: whether values of the unit interval stay in it.
    """

    sigma: float = 0.4
    clipped: bool = True

    def __post_init__(self):
        if not self.sigma > 0:
            raise ValueError(f"sigma is above 0, received {self.sigma}")

    def __call__(self, examples, seeds, domain: str):
        """examples (batch, ...) float32, seeds (batch, 2) -> corrupted (batch, ...)."""
        noisy = examples + self.sigma * _each(tf.random.stateless_normal, examples, seeds)
        return _clipped(noisy, domain) if self.clipped else noisy


@dataclass(frozen=True)
class UnknownGaussian:
    """Adds normal noise whose standard deviation is another one for each example, and not told.

    lowest, highest: of the standard deviation, evenly drawn, as that of Gaussian; 0 at least.
    clipped: as of Gaussian.
    """

    lowest: float = 0.0
    highest: float = 55 / 255
    clipped: bool = False

    def __post_init__(self):
        if not 0 <= self.lowest < self.highest:
            raise ValueError(
                f"lowest is at least 0 and below highest, received {self.lowest} and {self.highest}"
            )

    def __call__(self, examples, seeds, domain: str):
        """examples (batch, ...) float32, seeds (batch, 2) -> corrupted (batch, ...)."""
        share = tf.map_fn(
            lambda seed: tf.random.stateless_uniform((), seed + 1), seeds, fn_output_signature=tf.float32
        )
        sigma = self.lowest + (self.highest - self.lowest) * share
        sigma = tf.reshape(sigma, (-1, *[1] * (len(examples.shape) - 1)))
        noisy = examples + sigma * _each(tf.random.stateless_normal, examples, seeds)
        return _clipped(noisy, domain) if self.clipped else noisy


@dataclass(frozen=True)
class Masking:
    """Sets randomly chosen elements to zero (Vincent et al. 2008), which is the mean of real data.

    rate: share of the elements, above 0 and at most 1.
    """

    rate: float = 0.5

    def __post_init__(self):
        _check_rate(self.rate)

    def __call__(self, examples, seeds, domain: str):
        """examples (batch, ...) float32, seeds (batch, 2) -> corrupted (batch, ...)."""
        uniform = _each(tf.random.stateless_uniform, examples, seeds)
        return tf.where(uniform < self.rate, tf.zeros_like(examples), examples)


@dataclass(frozen=True)
class SaltAndPepper:
    """Sets randomly chosen elements to the lowest or the highest value, each half of the time.

    rate: share of the elements, above 0 and at most 1. The values are 0 and 1 in the unit
        interval, and 2 standard deviations to either side for real values.
    """

    rate: float = 0.25

    def __post_init__(self):
        _check_rate(self.rate)

    def __call__(self, examples, seeds, domain: str):
        """examples (batch, ...) float32, seeds (batch, 2) -> corrupted (batch, ...)."""
        low, high = domain_of(domain).extremes
        uniform = _each(tf.random.stateless_uniform, examples, seeds)
        corrupted = tf.where(uniform < self.rate, high * tf.ones_like(examples), examples)
        return tf.where(uniform < self.rate / 2, low * tf.ones_like(examples), corrupted)


@dataclass(frozen=True)
class Swapped:
    """Puts elements of another example of the batch in the place of randomly chosen ones.

    What is seen has each element's own distribution, whatever that is: the noise for tables, as Yoon et al.
    (2020, "VIME") draw it. Which example it is from goes by the seed and by the batch.

    rate: share of the elements, above 0 and at most 1.
    """

    rate: float = 0.3

    def __post_init__(self):
        _check_rate(self.rate)

    def __call__(self, examples, seeds, domain: str):
        """examples (batch, ...) float32, seeds (batch, 2) -> corrupted (batch, ...)."""
        count = tf.shape(examples)[0]
        uniform = _each(tf.random.stateless_uniform, examples, seeds)
        which = tf.random.stateless_uniform((count,), seeds[0] + 1)
        others = tf.gather(examples, tf.cast(which * tf.cast(count, tf.float32), tf.int32))
        return tf.where(uniform < self.rate, others, examples)


@dataclass(frozen=True)
class Unchanged:
    """Leaves examples as they are."""

    def __call__(self, examples, seeds, domain: str):
        """examples (batch, ...) -> the same."""
        return examples


@dataclass(frozen=True)
class Binarized:
    """Draws black or white for each element, with its gray value as the probability of white."""

    def __call__(self, examples, seeds, domain: str):
        """examples (batch, ...) in [0, 1], seeds (batch, 2) -> 0 or 1, float32 (batch, ...)."""
        return tf.cast(_each(tf.random.stateless_uniform, examples, seeds) < examples, tf.float32)


def _check_rate(rate):
    if not 0 < rate <= 1:
        raise ValueError(f"rate is above 0 and at most 1, received {rate}")


def _clipped(examples, domain):
    """Examples brought back into the range of their domain, where it has one."""
    limits = domain_of(domain).range
    return examples if limits is None else tf.clip_by_value(examples, *limits)


def _each(draw, examples, seeds):
    """One stateless draw an example, each from its own seed."""
    shape = tf.shape(examples)[1:]
    noise = tf.map_fn(lambda seed: draw(shape, seed), seeds, fn_output_signature=tf.float32)
    return tf.ensure_shape(noise, examples.shape)
