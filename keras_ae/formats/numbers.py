"""The format of numbers of any shape: rendered as curves or bars, read and written as NumPy files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from keras_ae.errors import InputError
from keras_ae.formats import Format
from keras_ae.imaging.headers import one_line

__all__ = ["Numbers"]

SIZE = (256, 96)
"""Width and height of a rendered example, in pixels."""

COLORS = ((31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189))
"""Colors of a series' channels as (red, green, blue), repeated where there are more channels."""


@dataclass(frozen=True)
class Numbers(Format):
    """Arrays of one shape: vectors (features,), series (time, channels), or integers of classes."""

    suffixes = (".npy",)
    noun = "arrays"

    def own_files(self, shape: tuple[int, ...]) -> bool:
        return False

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        """Reads an array from a .npy file.

        Args:
            path: The file.
            shape: The shape of the example; the file's array may have a batch axis of 1 before it.

        Returns:
            The array in the shape.

        Raises:
            InputError: If the file is not an array, or not one of the shape with finite numbers.
        """
        try:
            array = np.lib.format.open_memmap(path, mode="r")  # not read before its shape is checked
        except Exception as error:  # the parser of headers raises many kinds
            raise InputError(
                f"{path} cannot be read as an array ({one_line(error)}); write it with numpy.save"
            ) from error
        if array.shape not in (shape, (1, *shape)):
            raise InputError(
                f"expected an array of shape {shape} in {path}, received {array.shape}; reshape it"
            )
        if array.dtype.kind not in "buif" or not np.isfinite(array).all():
            raise InputError(
                f"expected finite numbers in {path}, received {array.dtype}, or NaN or infinite values; "
                "replace them"
            )
        return np.array(array).reshape(shape)

    def render(self, example: np.ndarray) -> np.ndarray:
        """Renders a series (time, channels) as a curve for each channel, and other shapes as bars.

        Args:
            example: The example.

        Returns:
            An image (96, 256, 3), uint8.
        """
        width, height = SIZE
        image = Image.new("RGB", SIZE, "white")
        pen = ImageDraw.Draw(image)
        lines = example.T if example.ndim == 2 else example.reshape(1, -1)
        low, high = float(lines.min()), float(lines.max())
        span = max(high - low, 1e-9)
        for number, line in enumerate(lines):
            color = COLORS[number % len(COLORS)]
            across = np.linspace(4, width - 5, len(line))
            down = height - 5 - (line - low) / span * (height - 10)
            points = [(float(x), float(y)) for x, y in zip(across, down, strict=True)]
            if example.ndim == 2:
                pen.line(points, fill=color)
                continue
            for x, y in points:
                pen.line([(x, height - 5), (x, y)], fill=color, width=max(1, width // (2 * len(line))))
        return np.asarray(image)

    def write(self, example: np.ndarray, stem: Path) -> list[Path]:
        path = stem.with_name(stem.name + ".npy")
        np.save(path, example)
        return [path]
