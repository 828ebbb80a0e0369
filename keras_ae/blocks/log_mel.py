"""The layer from waveforms to log-mel spectra, of each sound for itself and without the silence after it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from keras_ae.blocks.spectrum import Spectrum, frame_count

__all__ = ["LogMel", "known_frames", "mel_weights"]

Tensor = Any
"""A tensor of Keras or TensorFlow, symbolic or not."""

QUIET = 1e-6
"""Added to powers before their logarithm."""

SPREAD = 15.0
"""Decibels that count as 1, about the standard deviation of speech."""


@keras.saving.register_keras_serializable("keras_ae")
class LogMel(layers.Layer):
    """Log-mel spectra: (batch, samples) -> (batch, frames, bands), in 15 dB around a sound's own mean.

    A sound ends with its last sample other than 0. The frames after it are 0 in all bands, which no other
    frame is, so that the silence that fills up a short sound can be told from a sound.

    Args:
        rate: Samples per second.
        frame: Samples of a frame, a multiple of the hop.
        hop: Samples from one frame to the next.
        bands: Number of mel bands.
    """

    def __init__(self, rate: int, frame: int, hop: int, bands: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.rate, self.frame, self.hop, self.bands = rate, frame, hop, bands
        self.spectrum = Spectrum(frame, hop)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Has nothing to build, as there are no weights."""
        self.spectrum.build(input_shape)

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the spectra.

        Args:
            inputs: (batch, samples).

        Returns:
            (batch, frames, bands).
        """
        real, imaginary = ops.split(self.spectrum(inputs), 2, axis=-1)
        weights = tf.constant(mel_weights(self.rate, self.frame, self.bands))
        power = ops.matmul(ops.square(real) + ops.square(imaginary), weights)
        decibels = (10.0 / np.log(10.0).astype(np.float32)) * ops.log(power + QUIET)
        position = tf.range(1, tf.shape(inputs)[1] + 1)
        length = tf.reduce_max(tf.where(inputs != 0, position, 0), axis=1)
        starts = self.hop * (1 + tf.range(tf.shape(decibels)[1])) - self.frame
        known = tf.expand_dims(tf.cast(starts[None] < length[:, None], tf.float32), -1)
        count = tf.maximum(tf.reduce_sum(known, axis=1, keepdims=True) * self.bands, 1.0)
        mean = tf.reduce_sum(known * decibels, axis=(1, 2), keepdims=True) / count
        return known * (decibels - mean) / SPREAD

    def compute_output_shape(self, input_shape):
        batch, samples = input_shape
        count = None if samples is None else frame_count(samples, self.frame, self.hop)
        return (batch, count, self.bands)

    def get_config(self) -> dict[str, Any]:
        own = {"rate": self.rate, "frame": self.frame, "hop": self.hop, "bands": self.bands}
        return super().get_config() | own


def known_frames(spectra: Tensor) -> Tensor:
    """How much of each example is sound.

    Args:
        spectra: (batch, frames, bands), as `LogMel` gives them.

    Returns:
        (batch,), the fraction of frames that are not all 0, more than 0.
    """
    known = ops.any(ops.not_equal(spectra, 0.0), axis=-1)
    fraction = ops.mean(ops.cast(known, "float32"), axis=-1)
    return ops.maximum(fraction, 1.0 / spectra.shape[1])


def mel_weights(rate: int, frame: int, bands: int) -> np.ndarray:
    """Triangles on the mel scale (O'Shaughnessy 1987), from 60 Hz to half the rate.

    Args:
        rate: Samples per second.
        frame: Samples of a frame.
        bands: Number of bands.

    Returns:
        (frame // 2 + 1, bands), float32; a band narrower than a frequency of the transform takes the nearest.
    """
    low, high = (2595 * np.log10(1 + hertz / 700) for hertz in (60.0, rate / 2))
    edges = 700 * (10 ** (np.linspace(low, high, bands + 2) / 2595) - 1)
    frequencies = np.linspace(0, rate / 2, frame // 2 + 1)[:, None]
    rising = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rising, falling))
    nearest = np.abs(frequencies - edges[1:-1]).argmin(axis=0)
    empty = ~weights.any(axis=0)
    weights[nearest[empty], np.flatnonzero(empty)] = 1
    return weights.astype(np.float32)
