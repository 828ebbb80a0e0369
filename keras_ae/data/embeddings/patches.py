"""Patches of natural images, the data of sparse coding's first experiments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from keras_ae.data.dataset import Dataset
from keras_ae.data.examples import Split
from keras_ae.data.precision import standardized
from keras_ae.data.types import Data
from keras_ae.domains import REAL
from keras_ae.errors import InputError, check_least

__all__ = ["NaturalPatches", "whitened"]

FRACTIONS = {"train": 0.6, "validation": 0.2, "test": 0.2}
"""Fractions of the width of a photograph that each split has."""

HELD_BACK = 10
"""Training patches for each one to validate on, and for each to test on."""

CUTOFF = 0.4
"""Frequency in cycles a pixel above which the whitening filter falls: 200 of an image of 512 pixels."""

BORDER = 8
"""Pixels at each edge of a filtered photograph that no patch has, because the filter wraps around there."""


@dataclass(frozen=True)
class NaturalPatches(Dataset):
    """Gray patches of seven photographs that come with scikit-learn and scikit-image, whitened.

    Units that few of which are active for a patch become edges of a place, an orientation and a frequency
    (Olshausen and Field, "Emergence of simple-cell receptive field properties by learning a sparse code for
    natural images", Nature 1996). Each photograph is cut from left to right into parts for training,
    validation and test, which share no pixel; patches of one part may overlap.

    Attributes:
        size: Side of a patch in pixels, at least 4 and at most 32.
        count: Patches to train on, at least 100; a tenth as many each to validate and to test on.
        whitened: Whether the photographs are filtered so that all frequencies are about equally strong, up to
            a cutoff, as that paper does.
    """

    category: ClassVar[str] = "embeddings"
    name: ClassVar[str] = "natural_patches"
    size: int = 12
    count: int = 100_000
    whitened: bool = True

    def __post_init__(self):
        check_least(self, size=4, count=100)
        if self.size > 32:
            raise InputError(f"size must be at most 32, received {self.size}")

    def load(self) -> Data:
        from skimage import data
        from sklearn.datasets import load_sample_images

        more = (data.astronaut, data.cat, data.coffee, lambda: data.stereo_motorcycle()[0], data.rocket)
        photographs = [*load_sample_images().images, *(photograph() for photograph in more)]
        return self._of(photographs, self.count)

    def sample(self) -> Data:
        """Patches of a photograph that comes with scikit-learn."""
        from sklearn.datasets import load_sample_image

        return self._of([load_sample_image("china.jpg")[::2, ::2]], 100)

    def _of(self, photographs: Sequence[np.ndarray], count: int) -> Data:
        random = np.random.default_rng(0)
        grays = [np.asarray(Image.fromarray(each).convert("L"), np.float32) / 255 for each in photographs]
        splits, start = {}, 0.0
        for name, fraction in FRACTIONS.items():
            parts = [
                gray[:, round(start * gray.shape[1]) : round((start + fraction) * gray.shape[1])]
                for gray in grays
            ]
            own = [whitened(part) if self.whitened else part for part in parts]
            splits[name] = self._patches(own, count if name == "train" else count // HELD_BACK, random)
            start += fraction
        train = splits["train"]
        offset, scale = np.asarray(train.mean(), np.float32), np.asarray(train.std(), np.float32)
        examples: dict[str, Any] = {
            name: Split(standardized(patches, offset, scale)) for name, patches in splits.items()
        }
        note = f"patches of {len(photographs)} photographs: metrics on their parts are a demonstration"
        return Data(self.name, **examples, domain=REAL, offset=offset, scale=scale, notes=(note,))

    def _patches(self, images: Sequence[np.ndarray], count: int, random: np.random.Generator) -> np.ndarray:
        """Patches (count, size, size, 1) at random positions, as many of an image as its area makes it."""
        inner = [image[BORDER:-BORDER, BORDER:-BORDER] for image in images]
        areas = np.array([image.size for image in inner], np.float64)
        numbers = random.choice(len(inner), count, p=areas / areas.sum())
        patches = np.empty((count, self.size, self.size, 1), np.float32)
        for number, image in enumerate(inner):
            rows = np.flatnonzero(numbers == number)
            windows = np.lib.stride_tricks.sliding_window_view(image, (self.size, self.size))
            tops, lefts = (random.integers(side, size=len(rows)) for side in windows.shape[:2])
            patches[rows] = windows[tops, lefts][..., None]
        return patches


def whitened(image: np.ndarray) -> np.ndarray:
    """An image whose frequencies are about equally strong up to a cutoff: filtered by f * exp(-(f / .4)^4).

    Args:
        image: (height, width), float32.

    Returns:
        (height, width), float32.
    """
    rows, columns = (np.fft.fftfreq(side) for side in image.shape)
    frequency = np.hypot(rows[:, None], columns)
    filtered = np.fft.fft2(image) * frequency * np.exp(-((frequency / CUTOFF) ** 4))
    return np.fft.ifft2(filtered).real.astype(np.float32)
