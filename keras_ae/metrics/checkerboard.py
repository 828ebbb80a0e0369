"""The checkerboard that transposed convolutions leave: errors of every other pixel.

Odena, Dumoulin and Olah, "Deconvolution and Checkerboard Artifacts", Distill 2016.
"""

from __future__ import annotations

import numpy as np

__all__ = ["checkerboard"]

LEAST_SIDE = 8
"""Pixels of a side below which frequencies are too few to be compared."""


def checkerboard(errors: np.ndarray) -> float | None:
    """The energy of errors at the Nyquist frequencies over that at the frequencies beside them.

    A pattern of every other pixel has all its energy at the highest frequency that a side can have, of one
    period in two pixels. It is compared with that of the two frequencies below, in which no such pattern
    shows, so that errors that are fine but have no pattern give 1.

    Args:
        errors: Outputs minus targets, (n, height, width, channels). Of an odd side the last line is left out.

    Returns:
        The ratio, the mean over both axes; above 1 for a pattern. None for images with a side below 8, and
        where there are no errors.
    """
    if errors.ndim != 4 or min(errors.shape[1:3]) < LEAST_SIDE:
        return None
    ratios = []
    for axis in (1, 2):
        even = np.take(errors, range(errors.shape[axis] // 2 * 2), axis=axis)
        spectrum = np.fft.rfft(even, axis=axis)
        energy = np.mean(np.square(np.abs(spectrum)), axis=tuple(each for each in range(4) if each != axis))
        ratios.append(energy[-1] / max(float(energy[-3:-1].mean()), np.finfo(np.float64).tiny))
    return float(np.mean(ratios)) if np.any(errors) else None
