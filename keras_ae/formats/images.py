"""Images: values in [0, 1] of pixels, read from any common format and written as PNG."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ae.errors import InputError
from keras_ae.formats import Format
from keras_ae.imaging.decode import SUFFIXES, read_image
from keras_ae.imaging.grid import save, to_bytes


@dataclass(frozen=True)
class Images(Format):
    """Values (height, width, 1 or 3) in [0, 1]."""

    suffixes = tuple(sorted(SUFFIXES))

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        """The middle of an image at the wanted size. Raises InputError for what is no image."""
        pixels = np.empty(shape, np.uint8)
        fault = read_image(path, pixels)
        if fault is not None:
            raise InputError(f"{path} cannot be read as an image ({fault}); give a PNG or JPEG")
        return pixels / np.float32(255)

    def render(self, example: np.ndarray) -> np.ndarray:
        return to_bytes(example, "unit")

    def write(self, example: np.ndarray, stem: Path) -> list[Path]:
        path = stem.with_name(stem.name + ".png")
        save(self.render(example), path)
        return [path]
