"""Augmentations of values: noise, brightness and contrast of images, scale of series, gain of sounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from keras_ae.data.augmentation import Augmentation
from keras_ae.data.augmentation.random_numbers import normal_like, uniform
from keras_ae.errors import check_within

__all__ = ["Brightness", "Contrast", "Gain", "Noise", "Scaling"]


@dataclass(frozen=True)
class Noise(Augmentation):
    """Adds normal noise to inputs and targets alike; to remove noise is the task `Denoising`.

    Attributes:
        sigma: Standard deviation, above 0: of values in [0, 1] as a fraction of that range, of standardized
            values in their standard deviations.
    """

    kinds = ("images", "clips", "series", "sounds", "vectors")
    sigma: float = 0.05

    def __post_init__(self):
        check_within(self, sigma="(0, inf)")

    def augment(self, examples: Any, seeds: Any, domain: str) -> Any:
        return examples + self.sigma * normal_like(examples, seeds)


@dataclass(frozen=True)
class Brightness(Augmentation):
    """Makes images brighter or darker by adding one number to all pixels.

    Attributes:
        amount: The most that is added or taken away, above 0, in the units of `Noise.sigma`.
    """

    kinds = ("images", "clips")
    amount: float = 0.1

    def __post_init__(self):
        check_within(self, amount="(0, inf)")

    def augment(self, examples: Any, seeds: Any, domain: str) -> Any:
        return examples + self.amount * _for_each(uniform(seeds)[:, 0], examples)


@dataclass(frozen=True)
class Contrast(Augmentation):
    """Brings the pixels of images nearer to their mean, or further from it.

    Attributes:
        fraction: The most by which their distances grow or shrink, above 0 and at most 1.
    """

    kinds = ("images", "clips")
    fraction: float = 0.2

    def __post_init__(self):
        check_within(self, fraction="(0, 1]")

    def augment(self, examples: Any, seeds: Any, domain: str) -> Any:
        mean = tf.reduce_mean(examples, axis=range(1, len(examples.shape)), keepdims=True)
        return mean + (1 + self.fraction * _for_each(uniform(seeds)[:, 0], examples)) * (examples - mean)


@dataclass(frozen=True)
class Scaling(Augmentation):
    """Multiplies series, each channel by a factor of its own (Um et al. 2017, arXiv:1706.00527).

    Attributes:
        fraction: The most by which a factor differs from 1, above 0 and at most 1. Values are standardized:
            what grows are the deviations from the mean.
    """

    kinds = ("series",)
    fraction: float = 0.1

    def __post_init__(self):
        check_within(self, fraction="(0, 1]")

    def augment(self, examples: Any, seeds: Any, domain: str) -> Any:
        return examples * (1 + self.fraction * uniform(seeds, examples.shape[-1])[:, None])


@dataclass(frozen=True)
class Gain(Augmentation):
    """Makes sounds louder or quieter.

    Attributes:
        decibels: The most to either side, above 0 and at most 60.
    """

    kinds = ("sounds",)
    decibels: float = 6.0

    def __post_init__(self):
        check_within(self, decibels="(0, 60]")

    def augment(self, examples: Any, seeds: Any, domain: str) -> Any:
        return examples * _for_each(tf.pow(10.0, uniform(seeds)[:, 0] * self.decibels / 20), examples)


def _for_each(numbers, examples):
    """One number an example, (batch,), in a shape that multiplies the examples."""
    return tf.reshape(numbers, (-1, *[1] * (len(examples.shape) - 1)))
