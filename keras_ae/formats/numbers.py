"""Numbers of any shape: series as curves, all else as bars; read and written as NumPy files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from keras_ae.errors import InputError
from keras_ae.formats import Format
from keras_ae.imaging.decode import one_line

SIZE = (256, 96)
"""Width and height of a drawing, in pixels."""
COLORS = ((31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189))


@dataclass(frozen=True)
class Numbers(Format):
    """Arrays of one shape: vectors (features,), series (time, channels), or whole numbers of classes."""

    suffixes = (".npy",)

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        """Raises InputError for what holds no array of the shape."""
        try:
            array = np.lib.format.open_memmap(path, mode="r")  # of which the shape is looked at first
        except Exception as error:  # whatever the parser of headers raises for a broken one
            raise InputError(
                f"{path} cannot be read as an array ({one_line(error)}); write it with numpy.save"
            ) from error
        if array.shape not in (shape, (1, *shape)):
            raise InputError(f"expected an array of shape {shape} in {path}, received {array.shape}")
        if array.dtype.kind not in "buif" or not np.isfinite(array).all():
            raise InputError(f"expected finite numbers in {path}, received {array.dtype} with others")
        return np.array(array).reshape(shape)

    def render(self, example: np.ndarray) -> np.ndarray:
        """A curve a channel of (time, channels), and bars of all else."""
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
