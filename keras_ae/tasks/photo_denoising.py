"""Denoising of photographs of any size, with noise of known or unknown strength."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_ae.blocks.restoring import restorer_of
from keras_ae.data.types import Data
from keras_ae.heads import Heads
from keras_ae.metrics.reconstruction import published_metrics
from keras_ae.tasks.baselines import Predictor
from keras_ae.tasks.corruption import Corruption, Gaussian
from keras_ae.tasks.photo_restoration import PhotoRestoration, check_photographs

__all__ = ["PhotoDenoising"]


@dataclass(frozen=True)
class PhotoDenoising(PhotoRestoration):
    """Corrupts a photograph, which the network restores; metrics are of whole images, as in publications.

    Attributes:
        corruption: New noise for each crop in each epoch; published metrics are of unclipped noise.
    """

    corruption: Corruption = Gaussian(sigma=25 / 255, clipped=False)

    def pair(self, examples: Any, seeds: Any, domain: str) -> tuple[Any, Any]:
        """examples (batch, h, w, c) -> (corrupted, examples)."""
        check_photographs(examples, domain)
        return self.corruption(examples, seeds, domain), examples

    def pairs_by_batch(self, domain: str) -> bool:
        """Where the corruption does."""
        return self.corruption.by_batch(domain)

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]:
        """The input itself, and filters of scikit-image, which estimate the noise themselves."""
        return {
            "noisy input": lambda inputs: inputs,
            "median, 3 x 3": _each_image(_median),
            "non-local means": _each_image(_non_local_means),
        }

    def metrics(self) -> dict[str, Callable]:
        """PSNR, SSIM and MSE of values rounded to bytes."""
        return published_metrics()

    def rows(self, inputs: Any, targets: Any, reconstruction: Any) -> dict[str, object]:
        """The originals, the corrupted images, and the restored images."""
        return {"original": targets, "noisy": inputs, "restored": reconstruction}

    def restorer(self, heads: Heads) -> keras.Model:
        """{"inputs": (batch, h, w, c)} -> {"reconstruction"}; a gray network restores each channel."""
        return restorer_of(heads.end_to_end, heads.encoder.get_layer("inputs").output.shape[-1])


def _each_image(restore):
    """A predictor that restores images one by one, with a function of an image (h, w, channels)."""
    return lambda inputs: np.stack([restore(image) for image in np.asarray(inputs)]).astype(np.float32)


def _median(image):
    from skimage.filters import median

    footprint = np.ones((3, 3, 1), bool)
    return median(image, footprint).clip(0, 1)


def _non_local_means(image):
    """Buades et al. 2005, with the strength that scikit-image's documentation takes for a known sigma."""
    from skimage.restoration import denoise_nl_means

    sigma = float(np.mean([_estimate_sigma(image[..., channel]) for channel in range(image.shape[-1])]))
    if sigma < LEAST_SIGMA:
        return image
    strength = {"h": 0.6 * sigma, "sigma": sigma}
    cleaned = denoise_nl_means(image, patch_size=5, patch_distance=6, **strength, channel_axis=-1)
    return cleaned.clip(0, 1).reshape(image.shape)  # a gray image has lost its last axis


LEAST_SIGMA = 1e-6
"""Noise of less is that of rounding, and there is nothing to clean."""

DB2_HIGH_PASS = np.array(
    [-0.48296291314469025, 0.836516303737469, -0.22414386804185735, -0.12940952255092145]
)
"""The high-pass filter of Daubechies' wavelet with two vanishing moments."""


def _estimate_sigma(channel):
    """The noise of a channel (h, w), from its finest diagonal details (Donoho and Johnstone 1994).

    scikit-image's `estimate_sigma` gives the same and asks for PyWavelets, of which it needs this one filter.
    """
    from scipy.signal import convolve
    from scipy.special import ndtri

    padded = np.pad(channel.astype(np.float64), len(DB2_HIGH_PASS) - 1, "symmetric")
    details = convolve(padded, np.outer(DB2_HIGH_PASS, DB2_HIGH_PASS), "valid")[1::2, 1::2]
    details = np.abs(details[details != 0])
    return float(np.median(details) / ndtri(0.75)) if details.size else 0.0
