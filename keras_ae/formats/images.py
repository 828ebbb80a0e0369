"""The format of images: pixels in [0, 1], read from any common file format and written as PNG or TIFF."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.errors import InputError
from keras_ae.formats import Format, from_json
from keras_ae.imaging.decode import read_image
from keras_ae.imaging.deep import FULL_RANGE, FullScale
from keras_ae.imaging.fitting import CROP, check_fit
from keras_ae.imaging.grid import is_image_shape, save, shown, to_bytes
from keras_ae.imaging.headers import SUFFIXES, Header, image_header

__all__ = ["Images", "images_of"]

BYTE = 255
"""The full scale of bytes; arrays of a lower one, such as of 0 and 1, say nothing of files."""


@dataclass(frozen=True)
class Images(Format):
    """Images (height, width, channels) of values in [0, 1].

    Attributes:
        white: The value that stands for 1 in files of more than 8 bits a channel.
        float_white: The same in files of floating-point numbers.
        pages: Which pages or frames of a file are images, "first" or "all"; None for all pages of a TIFF, and
            the first frame of animations.
        fit: How images are brought to a size: "crop" for their middle, "pad" for the whole with a border,
            "stretch" for the whole in other proportions.
    """

    suffixes = (".png", *sorted(SUFFIXES - {".png"}))
    white: float = FULL_RANGE.whole
    float_white: float = FULL_RANGE.floats
    pages: str | None = None
    fit: str = CROP

    def __post_init__(self) -> None:
        check_fit(self.fit)

    @property
    def full_scale(self) -> FullScale:
        """The values that stand for white in files of more than 8 bits a channel."""
        return FullScale(self.white, self.float_white)

    def own_files(self, shape: tuple[int, ...]) -> bool:
        return len(shape) == 3 and not is_image_shape(shape)  # which served heads do not decode

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        """Reads an image at the size of the shape, by default its middle.

        Args:
            path: The file.
            shape: (height, width, channels) of the result.

        Returns:
            Values in [0, 1], float32.

        Raises:
            InputError: If the file is not an image that can be read.
        """
        pixels = np.empty(shape, np.uint8)
        reason = read_image(path, pixels, self.full_scale, self.fit)
        if reason is not None:
            raise InputError(f"{path} cannot be read as an image ({reason}); give a PNG or JPEG")
        return pixels / np.float32(255)

    def note_on(self, path: Path, shape: tuple[int, ...] = ()) -> str:
        header = image_header(path)
        several = isinstance(header, Header) and header.has_more
        return f"of the pages or frames of {path} the first is taken" if several else ""

    def render(self, example: np.ndarray) -> np.ndarray:
        return shown(to_bytes(example, "unit"))

    def write(self, example: np.ndarray, stem: Path) -> list[Path]:
        levels, channels = to_bytes(example, "unit"), example.shape[-1]
        path = stem.with_name(stem.name + self.suffix_for(example.shape))
        if channels in (1, 3, 4):
            save(levels, path)
        else:
            import tifffile  # where images have other bands

            tifffile.imwrite(path, levels, photometric="minisblack", planarconfig="contig")
        return [path]

    def suffix_for(self, shape: tuple[int, ...]) -> str:
        return ".png" if shape[-1] in (1, 3, 4) else ".tif"


def images_of(data: Mapping[str, Any]) -> Images:
    """How files of images are read for a head.

    Args:
        data: What the head's card says of its data.

    Returns:
        The format of folders of images; for other data one of their full scale, if they have one, or of 16
        bits.
    """
    format = from_json(json.dumps(data["format"])) if data.get("format") else None
    if isinstance(format, Images):
        return format
    full_scale = data.get("full_scale") or 0
    return Images(float(full_scale)) if full_scale > BYTE else Images()
