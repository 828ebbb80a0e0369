"""Noise reduction of sounds without a network: the filters that a denoiser is compared with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.signal import ShortTimeFFT

__all__ = ["FILTERS", "ORACLE", "Noisy", "filtered"]

SMOOTHING = 0.96
"""The weight of the frame before in the decision-directed estimate."""

FLOOR = 0.1
"""The least gain of spectral subtraction, which keeps musical noise down."""

TINY = 1e-20

ORACLE = "ideal ratio mask (knows the answer)"
"""The name of the filter that is made from the clean sound."""


class Noisy:
    """The spectra of a noisy sound, and of what is known of it.

    Args:
        transform: The short-time Fourier transform.
        clean: (samples,), the clean sound.
        noise: (samples,), the noise in it.
        before: (samples,), noise alone, from before the sound.
    """

    def __init__(self, transform: ShortTimeFFT, clean: np.ndarray, noise: np.ndarray, before: np.ndarray):
        self.spectrum = transform.stft(clean + noise)
        self.power = np.maximum(np.abs(self.spectrum) ** 2, TINY)
        self.clean_power = np.abs(transform.stft(clean)) ** 2
        self.noise_power = np.abs(transform.stft(noise)) ** 2
        inner = slice(2, -2)  # frames that go beyond the ends hold less of the noise
        self.known = self._mean(self.noise_power[:, inner], self.noise_power)
        silent = np.abs(transform.stft(before)) ** 2
        self.estimated = self._mean(silent[:, inner], silent)

    @staticmethod
    def _mean(inner, all_frames):
        """The mean power of each frequency over frames, (bins, 1)."""
        frames = inner if inner.shape[1] else all_frames
        return np.maximum(frames.mean(axis=1, keepdims=True), TINY)


def spectral_subtraction(noisy: Noisy) -> np.ndarray:
    """The gains of power subtraction (Boll 1979; Berouti et al. 1979), of the noise before the sound.

    Args:
        noisy: The noisy sound.

    Returns:
        (bins, frames), gains in [0.1, 1].
    """
    return np.sqrt(np.maximum(1 - noisy.estimated / noisy.power, FLOOR**2))


def wiener(noisy: Noisy) -> np.ndarray:
    """The gains of a Wiener filter with the decision-directed ratio (Ephraim and Malah 1984, alpha .96).

    Args:
        noisy: The noisy sound, whose noise's mean spectrum is known.

    Returns:
        (bins, frames), gains in [0, 1].
    """
    posterior = noisy.power / noisy.known
    gains = np.empty_like(posterior)
    before = np.maximum(posterior[:, 0] - 1, 0)  # of the first frame, which has none before it
    for frame in range(posterior.shape[1]):
        prior = SMOOTHING * before + (1 - SMOOTHING) * np.maximum(posterior[:, frame] - 1, 0)
        gains[:, frame] = prior / (1 + prior)
        before = gains[:, frame] ** 2 * posterior[:, frame]
    return gains


def ideal_ratio(noisy: Noisy) -> np.ndarray:
    """The gains of the ideal ratio mask, which knows the sound and the noise at each frequency and time.

    Args:
        noisy: The noisy sound.

    Returns:
        (bins, frames), gains in [0, 1].
    """
    return noisy.clean_power / np.maximum(noisy.clean_power + noisy.noise_power, TINY)


FILTERS: dict[str, Callable[[Noisy], np.ndarray]] = {
    "spectral subtraction": spectral_subtraction,
    "Wiener (noise known)": wiener,
    ORACLE: ideal_ratio,
}
"""Gains of a noisy sound, by the name of the filter."""


def filtered(
    clean: np.ndarray, noise: np.ndarray, before: np.ndarray, frame: int, hop: int
) -> dict[str, np.ndarray]:
    """A noisy sound through every filter.

    Args:
        clean: (samples,), the clean sound.
        noise: (samples,), the noise that is added to it.
        before: (samples,), noise alone, from before the sound.
        frame: Samples of a frame, which Hann's window weighs.
        hop: Samples from one frame to the next.

    Returns:
        The restored sounds (samples,), by the filters' names.
    """
    from scipy.signal import ShortTimeFFT, get_window

    transform = ShortTimeFFT(get_window("hann", frame, fftbins=True), hop, 1.0)
    least = frame  # the transform takes nothing shorter
    missing = max(0, least - len(clean))
    noisy = Noisy(transform, np.pad(clean, (0, missing)), np.pad(noise, (0, missing)), before)
    return {
        name: transform.istft(noisy.spectrum * gains(noisy), k1=len(clean) + missing)[: len(clean)]
        for name, gains in FILTERS.items()
    }
