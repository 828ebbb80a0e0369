"""Metrics of sounds."""

from __future__ import annotations

import numpy as np

__all__ = ["si_sdr"]

TINY = 1e-12


def si_sdr(target: np.ndarray, output: np.ndarray) -> float:
    """The scale-invariant signal-to-distortion ratio (Le Roux et al. 2019, arXiv:1811.02508).

    Args:
        target: (samples,), not silent.
        output: (samples,).

    Returns:
        Decibels, the same for an output of any loudness.
    """
    scaled = (target @ output) / (target @ target) * target
    return float(10 * np.log10((scaled @ scaled + TINY) / (np.square(output - scaled).sum() + TINY)))
