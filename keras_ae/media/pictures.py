"""Pictures: values in [0, 1] of pixels, read from any common format and written as PNG."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from keras_ae.errors import InputError
from keras_ae.pictures import save, to_bytes

MOST_PIXELS = 80_000_000
"""A picture of more is refused before it is decoded."""


@dataclass(frozen=True)
class Pictures:
    """Values (height, width, 1 or 3) in [0, 1]."""

    suffixes = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        """The middle of a picture at the wanted size. Raises InputError for what is no picture."""
        height, width, channels = shape
        try:
            with Image.open(path) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise InputError(f"{path} has more than {MOST_PIXELS:,} pixels; make it smaller")
                upright = ImageOps.exif_transpose(image).convert("L" if channels == 1 else "RGB")
        except InputError:
            raise
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise InputError(f"{path} cannot be read as a picture ({error}); give a PNG or JPEG") from error
        sized = ImageOps.fit(upright, (width, height), Image.Resampling.LANCZOS)
        return np.asarray(sized, np.float32).reshape(shape) / np.float32(255)

    def drawn(self, example: np.ndarray) -> np.ndarray:
        return to_bytes(example, "unit")

    def write(self, example: np.ndarray, stem: Path) -> list[Path]:
        path = stem.with_name(stem.name + ".png")
        save(self.drawn(example), path)
        return [path]
