"""Noise for sounds: white or pink, at a random signal-to-noise ratio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from keras_ae.data.augmentation.random_numbers import by_seed
from keras_ae.errors import InputError, check_within
from keras_ae.tasks.corruption import Corruption

__all__ = ["COLORS", "SoundNoise", "colored_noise"]

COLORS = ("white", "pink")
"""The colors of noise: of equal power at each frequency, or falling by 3 dB an octave."""


@dataclass(frozen=True)
class SoundNoise(Corruption):
    """Adds noise to sounds; each has a color and a signal-to-noise ratio of its own.

    The ratio is of powers, that of the sound over its samples other than 0, so that silence that fills up a
    piece does not count.

    Attributes:
        lowest: Lowest ratio in dB, from -60 to 60.
        highest: Highest ratio in dB, at least `lowest`; it is uniform between the two.
        colors: The colors that are chosen from, "white" and "pink".
    """

    lowest: float = -5.0
    highest: float = 15.0
    colors: tuple[str, ...] = COLORS

    def __post_init__(self) -> None:
        check_within(self, lowest="[-60, 60]", highest="[-60, 60]")
        if self.lowest > self.highest:
            raise InputError(
                f"highest must be at least lowest, received {self.highest:g} and {self.lowest:g} dB"
            )
        known = isinstance(self.colors, tuple) and all(color in COLORS for color in self.colors)
        if not self.colors or not known:
            raise InputError(f"colors must be of {', '.join(COLORS)}; received {self.colors!r}")

    def __call__(self, examples: Any, seeds: Any, domain: str) -> Any:
        uniform = by_seed(lambda seed: tf.random.stateless_uniform((2,), seed + 1), seeds)
        ratio = self.lowest + (self.highest - self.lowest) * uniform[:, :1]
        which = tf.cast(uniform[:, 1:] * len(self.colors), tf.int32)
        noise = tf.zeros_like(examples)
        for number, color in enumerate(self.colors):
            noise = tf.where(which == number, colored_noise(color, tf.shape(examples)[1], seeds), noise)
        known = tf.math.count_nonzero(examples, axis=1, keepdims=True, dtype=tf.float32)
        power = tf.reduce_sum(tf.square(examples), axis=1, keepdims=True) / tf.maximum(known, 1.0)
        scale = tf.sqrt(power) * tf.pow(10.0, -ratio / 20.0)
        return tf.ensure_shape(examples + scale * noise, examples.shape)


def colored_noise(color: str, samples: Any, seeds: Any) -> tf.Tensor:
    """Noise of power 1.

    Args:
        color: "white" or "pink".
        samples: Number of samples, at least 2.
        seeds: (batch, 2), int64, one seed for each row.

    Returns:
        (batch, samples), float32.
    """
    noise = by_seed(lambda seed: tf.random.stateless_normal((samples,), seed), seeds)
    if color == "pink":
        spectrum = tf.signal.rfft(noise)
        frequency = tf.cast(tf.range(tf.shape(spectrum)[1]), tf.float32)
        slope = tf.where(frequency > 0, tf.math.rsqrt(tf.maximum(frequency, 1.0)), 0.0)
        noise = tf.signal.irfft(spectrum * tf.cast(slope, tf.complex64), [samples])
    return noise * tf.math.rsqrt(tf.reduce_mean(tf.square(noise), axis=1, keepdims=True))
