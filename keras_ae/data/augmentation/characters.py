"""Augmentations of texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from keras_ae.data.augmentation import Augmentation
from keras_ae.data.augmentation.random_numbers import uniform
from keras_ae.errors import check_within
from keras_ae.formats.text.vocabulary import FIRST

__all__ = ["Substitution"]


@dataclass(frozen=True)
class Substitution(Augmentation):
    """Replaces characters of a text, or pieces of words, by any others, in inputs and targets alike.

    What is learned so is to give back what was written, and not what is likely: names and misspelled words
    that training texts lack come back better.

    Attributes:
        fraction: Fraction of the characters that are replaced, above 0 and at most 1.
    """

    kinds = ("texts",)
    fraction: float = 0.1

    def __post_init__(self):
        check_within(self, fraction="(0, 1]")

    def augment(self, examples: Any, seeds: Any, domain: str) -> Any:
        positions, classes = examples.shape[1:]
        random = (uniform(seeds, 2 * positions) + 1) / 2
        is_character = tf.reduce_sum(examples[..., FIRST:], axis=-1) > 0
        chosen = is_character & (random[:, :positions] < self.fraction)
        others = FIRST + tf.cast(random[:, positions:] * (classes - FIRST), tf.int32)
        return tf.where(chosen[..., None], tf.one_hot(others, classes), examples)
