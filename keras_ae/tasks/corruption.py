"""Corruptions for denoising tasks: pure functions of the examples and one seed per example.

A seed gives the same corruption at any position in a batch, so noise differs between epochs and yet is the
same in a repeated run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from keras_ae.checked import Checked
from keras_ae.data.augmentation.random_numbers import by_seed
from keras_ae.domains import domain_of
from keras_ae.errors import InputError, check_within
from keras_ae.table_layout import TableLayout

__all__ = [
    "Binarized",
    "Corruption",
    "Gaussian",
    "Masking",
    "MissingNowAndThen",
    "SaltAndPepper",
    "Swapped",
    "Unchanged",
    "UnknownGaussian",
    "corrupted",
    "without_values",
]


class Corruption(metaclass=Checked):
    """Base class of corruptions, frozen dataclasses that are pure functions of examples and seeds."""

    def __call__(self, examples: Any, seeds: Any, domain: str) -> Any:
        """Corrupts examples.

        Args:
            examples: (batch, ...), float32 model inputs.
            seeds: (batch, 2), int64, one seed per example.
            domain: The domain of the examples.

        Returns:
            (batch, ...), float32.
        """
        raise NotImplementedError

    def by_batch(self, domain: str) -> bool:
        """Whether an example's corruption depends on its batch, or on its position there.

        Args:
            domain: The domain of the examples.

        Returns:
            Whether it does; by default not.
        """
        return False


def corrupted(corruption: Corruption, examples: Any, seeds: Any, domain: str) -> Any:
    """Corrupted examples; of sequences that may end early only the values that exist are, and not their ends.

    Args:
        corruption: The corruption.
        examples: (batch, ...), float32 model inputs.
        seeds: (batch, 2), int64, one seed per example.
        domain: The domain of the examples.

    Returns:
        (batch, ...), float32.
    """
    changed = corruption(examples, seeds, domain)
    if not domain_of(domain).ends:
        return changed
    flags = examples[..., -1:]
    return tf.concat([tf.where(flags != 0, changed[..., :-1], 0.0), flags], axis=-1)


@dataclass(frozen=True)
class Gaussian(Corruption):
    """Adds normal noise; values of a bounded domain are clipped to it by default.

    Attributes:
        sigma: Standard deviation, above 0: of values in [0, 1] as a fraction of that range, of standardized
            values in their standard deviations.
        clipped: Whether values of a bounded domain stay in it.
    """

    sigma: float = 0.4
    clipped: bool = True

    def __post_init__(self):
        check_within(self, sigma="(0, inf)")

    def __call__(self, examples: Any, seeds: Any, domain: str) -> Any:
        noisy = examples + self.sigma * _each(tf.random.stateless_normal, examples, seeds)
        return _clipped(noisy, domain) if self.clipped else noisy


@dataclass(frozen=True)
class UnknownGaussian(Corruption):
    """Adds normal noise whose unknown standard deviation varies between examples.

    Attributes:
        lowest: Lowest standard deviation, at least 0, in the units of `Gaussian.sigma`.
        highest: Highest standard deviation, above `lowest`; it is uniform between the two.
        clipped: See `Gaussian`.
    """

    lowest: float = 0.0
    highest: float = 55 / 255
    clipped: bool = False

    def __post_init__(self):
        check_within(self, lowest="[0, inf)", highest="[0, inf)")
        if not self.lowest < self.highest:
            raise InputError(
                f"lowest must be at least 0 and below highest, received {self.lowest} and {self.highest}"
            )

    def __call__(self, examples: Any, seeds: Any, domain: str) -> Any:
        uniform = by_seed(lambda seed: tf.random.stateless_uniform((), seed + 1), seeds)
        sigma = self.lowest + (self.highest - self.lowest) * uniform
        sigma = tf.reshape(sigma, (-1, *[1] * (len(examples.shape) - 1)))
        noisy = examples + sigma * _each(tf.random.stateless_normal, examples, seeds)
        return _clipped(noisy, domain) if self.clipped else noisy


@dataclass(frozen=True)
class Masking(Corruption):
    """Sets randomly chosen elements to zero (Vincent et al. 2008), which is the mean of standardized data.

    Of a table whole values are chosen, and are missing then: their features say so.

    Attributes:
        rate: Fraction of the elements, above 0 and at most 1.
    """

    rate: float = 0.5

    def __post_init__(self):
        check_within(self, rate="(0, 1]")

    def __call__(self, examples: Any, seeds: Any, domain: str) -> Any:
        layout = domain_of(domain).layout
        if layout is not None:
            uniform = _each(tf.random.stateless_uniform, examples[:, : len(layout.columns)], seeds)
            return without_values(examples, uniform < self.rate, layout)
        uniform = _each(tf.random.stateless_uniform, examples, seeds)
        return tf.where(uniform < self.rate, tf.zeros_like(examples), examples)


@dataclass(frozen=True)
class MissingNowAndThen(Corruption):
    """Takes values from every second row of a table, so that a network learns to do without; no other data.

    Which values depends on the first seed of a batch, and on a row's position in it.

    Attributes:
        rate: Fraction of all values that is missing then, at least 0 and at most 0.5.
    """

    rate: float = 0.1

    def __post_init__(self):
        check_within(self, rate="[0, 0.5]")

    def by_batch(self, domain: str) -> bool:
        """Of a table it does."""
        return domain_of(domain).layout is not None and self.rate > 0

    def __call__(self, examples: Any, seeds: Any, domain: str) -> Any:
        layout = domain_of(domain).layout
        if layout is None or not self.rate:
            return examples
        shape = (tf.shape(examples)[0], 1 + len(layout.columns))
        uniform = tf.random.stateless_uniform(shape, seeds[0] + 2)
        gone = (uniform[:, 1:] < 2 * self.rate) & (uniform[:, :1] < 0.5)
        return without_values(examples, gone, layout)


@dataclass(frozen=True)
class SaltAndPepper(Corruption):
    """Sets randomly chosen elements to the lowest or the highest value, each half of the time.

    The values are the domain's `extremes`: 0 and 1 in [0, 1], and 2 standard deviations to either side of
    standardized values.

    Attributes:
        rate: Fraction of the elements, above 0 and at most 1.
    """

    rate: float = 0.25

    def __post_init__(self):
        check_within(self, rate="(0, 1]")

    def __call__(self, examples: Any, seeds: Any, domain: str) -> Any:
        low, high = domain_of(domain).extremes
        uniform = _each(tf.random.stateless_uniform, examples, seeds)
        peppered = tf.where(uniform < self.rate, high * tf.ones_like(examples), examples)
        return tf.where(uniform < self.rate / 2, low * tf.ones_like(examples), peppered)


@dataclass(frozen=True)
class Swapped(Corruption):
    """Replaces randomly chosen elements by those of another example of the batch.

    Every element keeps its own distribution, whatever that is: the noise for tables of Yoon et al. (2020,
    "VIME"). Which example an element comes from depends on the seed and on the batch.

    Attributes:
        rate: Fraction of the elements, above 0 and at most 1.
    """

    rate: float = 0.3

    def __post_init__(self):
        check_within(self, rate="(0, 1]")

    def by_batch(self, domain: str) -> bool:
        """It does, because elements come from other examples."""
        return True

    def __call__(self, examples: Any, seeds: Any, domain: str) -> Any:
        count = tf.shape(examples)[0]
        uniform = _each(tf.random.stateless_uniform, examples, seeds)
        which = tf.random.stateless_uniform((count,), seeds[0] + 1)
        others = tf.gather(examples, tf.cast(which * tf.cast(count, tf.float32), tf.int32))
        return tf.where(uniform < self.rate, others, examples)


@dataclass(frozen=True)
class Unchanged(Corruption):
    """Leaves examples as they are."""

    def __call__(self, examples: Any, seeds: Any, domain: str) -> Any:
        return examples


@dataclass(frozen=True)
class Binarized(Corruption):
    """Samples each element as black or white, with its gray value as the probability of white."""

    def __call__(self, examples: Any, seeds: Any, domain: str) -> Any:
        return tf.cast(_each(tf.random.stateless_uniform, examples, seeds) < examples, tf.float32)


def without_values(examples: Any, gone: Any, layout: TableLayout) -> Any:
    """Rows of a table in which some values are missing.

    Args:
        examples: (batch, features).
        gone: (batch, columns), bool, the values to take away.
        layout: Of the columns.

    Returns:
        (batch, features), as the preprocessing of such rows gives them.
    """
    features = tf.gather(gone, layout.groups, axis=1)
    return tf.where(features, layout.nothing, examples)


def _clipped(examples: Any, domain: str) -> Any:
    """Clips examples to the range of their domain, if it is bounded."""
    limits = domain_of(domain).range
    return examples if limits is None else tf.clip_by_value(examples, *limits)


def _each(sample: Callable, examples: Any, seeds: Any) -> tf.Tensor:
    """Stateless random numbers in the shape of the examples, one seed per example."""
    shape = tf.shape(examples)[1:]
    noise = by_seed(lambda seed: sample(shape, seed), seeds)
    return tf.ensure_shape(noise, examples.shape)
