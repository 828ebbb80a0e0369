"""Layers between waveforms and their spectra: short-time Fourier transform, its inverse, and masks."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

__all__ = ["LogMagnitudes", "MaskedSpectrum", "Resynthesis", "Spectrum", "frame_count"]

Tensor = Any
"""A tensor of Keras or TensorFlow, symbolic or not."""

QUIET = 1e-7
"""Added to powers before their logarithm, that of a whisper of -70 dB below full scale, and of rounding."""


def frame_count(samples: int, frame: int, hop: int) -> int:
    """The number of frames of a waveform: each sample lies in `frame / hop` of them.

    Args:
        samples: Samples of the waveform.
        frame: Samples of a frame.
        hop: Samples from one frame to the next.

    Returns:
        The number.
    """
    return -(-samples // hop) + frame // hop - 1


class _Framed(layers.Layer):
    """Base class of layers that know the length of a frame and the hop from one to the next."""

    def __init__(self, frame: int, hop: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.frame, self.hop = frame, hop

    @property
    def window(self) -> np.ndarray:
        """(frame,), Hann's window."""
        return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.frame) / self.frame)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"frame": self.frame, "hop": self.hop}


@keras.saving.register_keras_serializable("keras_ae")
class Spectrum(_Framed):
    """The short-time Fourier transform: (batch, samples) -> (batch, frames, frame + 2).

    The first half of the last axis holds the real parts of the frame / 2 + 1 frequencies, the second half the
    imaginary ones. The frames go beyond both ends, over zeros. They are products with a matrix, which every
    runtime has, while few have Fourier transforms.

    Args:
        frame: Samples of a frame, a multiple of the hop.
        hop: Samples from one frame to the next.
    """

    def call(self, inputs: Tensor) -> Tensor:
        """Transforms waveforms.

        Args:
            inputs: (batch, samples), of any number of samples.

        Returns:
            (batch, frames, frame + 2).
        """
        overlap, samples = self.frame // self.hop, tf.shape(inputs)[1]
        missing = -samples % self.hop
        ends = self.frame - self.hop
        padded = tf.pad(inputs, [[0, 0], [ends, missing + ends]])
        hops = tf.reshape(padded, (tf.shape(inputs)[0], -1, self.hop))
        count = tf.shape(hops)[1] - overlap + 1
        frames = tf.concat([hops[:, first : first + count] for first in range(overlap)], axis=-1)
        frames = tf.ensure_shape(frames, (None, None, self.frame))
        return ops.matmul(frames, self._matrix())

    def _matrix(self):
        angles = 2 * np.pi * np.outer(np.arange(self.frame), np.arange(self.frame // 2 + 1)) / self.frame
        both = np.concatenate([np.cos(angles), -np.sin(angles)], axis=1)
        return tf.constant(self.window[:, None] * both, tf.float32)

    def compute_output_shape(self, input_shape):
        batch, samples = input_shape
        count = None if samples is None else frame_count(samples, self.frame, self.hop)
        return (batch, count, self.frame + 2)


@keras.saving.register_keras_serializable("keras_ae")
class Resynthesis(_Framed):
    """The inverse of `Spectrum`: the waveform whose frames are nearest to a spectrum (Griffin and Lim 1984).

    Args:
        frame: Samples of a frame, a multiple of the hop, and at least four hops.
        hop: Samples from one frame to the next.
    """

    def call(self, spectrum: Tensor, inputs: Tensor) -> Tensor:
        """Transforms spectra back.

        Args:
            spectrum: (batch, frames, frame + 2).
            inputs: (batch, samples), a waveform of the length to give back.

        Returns:
            (batch, samples).
        """
        overlap, ends = self.frame // self.hop, self.frame - self.hop
        shape = tf.shape(spectrum)
        frames = tf.reshape(ops.matmul(spectrum, self._matrix()), (shape[0], shape[1], overlap, self.hop))
        parts = [
            tf.pad(frames[:, :, part], [[0, 0], [part, overlap - 1 - part], [0, 0]])
            for part in range(overlap)
        ]
        whole = tf.reshape(tf.add_n(parts), (shape[0], -1))
        return tf.ensure_shape(whole[:, ends : ends + tf.shape(inputs)[1]], inputs.shape)

    def _matrix(self):
        bins = self.frame // 2 + 1
        angles = 2 * np.pi * np.outer(np.arange(bins), np.arange(self.frame)) / self.frame
        weights = np.full((bins, 1), 2.0)
        weights[[0, -1]] = 1.0
        both = np.concatenate([weights * np.cos(angles), -weights * np.sin(angles)]) / self.frame
        total = np.square(self.window).sum() / self.hop  # of the overlapping windows at any sample
        return tf.constant(both * self.window / total, tf.float32)

    def compute_output_shape(self, spectrum_shape, inputs_shape):
        return tuple(inputs_shape)


@keras.saving.register_keras_serializable("keras_ae")
class LogMagnitudes(layers.Layer):
    """The logarithms of the magnitudes of a spectrum, from about -1 for silence to 1 for loud sound."""

    def call(self, spectrum: Tensor) -> Tensor:
        """Takes logarithms.

        Args:
            spectrum: (batch, frames, 2 * bins), real and imaginary parts.

        Returns:
            (batch, frames, bins).
        """
        real, imaginary = ops.split(spectrum, 2, axis=-1)
        return 0.125 * ops.log(ops.square(real) + ops.square(imaginary) + 1e3 * QUIET) + 0.15

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] // 2)


@keras.saving.register_keras_serializable("keras_ae")
class MaskedSpectrum(layers.Layer):
    """A spectrum times a bounded complex mask.

    The mask is tanh of what it is given, for its real and its imaginary part, so that no frequency becomes
    louder than about 1.4 times (Williamson et al. 2016 bound theirs likewise).
    """

    def call(self, spectrum: Tensor, ratios: Tensor) -> Tensor:
        """Multiplies.

        Args:
            spectrum: (batch, frames, 2 * bins), real and imaginary parts.
            ratios: (batch, frames, 2 * bins), the mask before its bound.

        Returns:
            (batch, frames, 2 * bins).
        """
        real, imaginary = ops.split(spectrum, 2, axis=-1)
        along, across = ops.split(ops.tanh(ratios), 2, axis=-1)
        return ops.concatenate(
            [real * along - imaginary * across, real * across + imaginary * along], axis=-1
        )

    def compute_output_shape(self, spectrum_shape, ratios_shape):
        return tuple(spectrum_shape)
