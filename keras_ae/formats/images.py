"""The format of images: pixels in [0, 1], read from any common file format and written as PNG."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ae.errors import InputError
from keras_ae.formats import Format
from keras_ae.imaging.decode import SUFFIXES, read_image
from keras_ae.imaging.grid import save, to_bytes

__all__ = ["Images"]


@dataclass(frozen=True)
class Images(Format):
    """Images (height, width, 1 or 3) of values in [0, 1]."""

    suffixes = tuple(sorted(SUFFIXES))

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        """Reads the middle of an image at the size of the shape.

        Args:
            path: The file.
            shape: (height, width, 1 or 3) of the result.

        Returns:
            Values in [0, 1], float32.

        Raises:
            InputError: If the file is not an image that can be read.
        """
        pixels = np.empty(shape, np.uint8)
        reason = read_image(path, pixels)
        if reason is not None:
            raise InputError(f"{path} cannot be read as an image ({reason}); give a PNG or JPEG")
        return pixels / np.float32(255)

    def render(self, example: np.ndarray) -> np.ndarray:
        return to_bytes(example, "unit")

    def write(self, example: np.ndarray, stem: Path) -> list[Path]:
        path = stem.with_name(stem.name + ".png")
        save(self.render(example), path)
        return [path]
