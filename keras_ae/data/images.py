"""Any folder of images: every common format, any size, grey or colour, nested folders as labels."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from keras_ae.data.dataset import LARGEST, Data, split_by_content
from keras_ae.data.mnist import embedded_digits
from keras_ae.errors import InputError

SUFFIXES = frozenset(".bmp .gif .jpeg .jpg .pbm .pgm .png .ppm .tif .tiff .webp".split())
MOST_PIXELS = 80_000_000
"""A picture of more is left out before it is decoded."""
GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "F"})
NATIVE, FALLBACK = 128, 64
"""Pictures of one common size up to NATIVE a side keep it; others are brought to FALLBACK."""


@dataclass(frozen=True)
class ImageFolder:
    """Every image below a folder; the folders inside it, where there are any, are the labels.

    Elements (size, size, channels) in [0, 1]: the middle square, resized. A picture's place in
    the splits follows from its file's bytes, so neither a new name nor a new size moves it.

    path: the folder.
    size: side in pixels; None keeps the pictures' own where all are squares of one size up to
        128, and takes 64 otherwise.
    channels: 1 for grey, 3 for colour, None for what the files are; needed where they differ.
    """

    path: str
    size: int | None = None
    channels: int | None = None

    def __post_init__(self):
        if self.size is not None and self.size < 1:
            raise ValueError(f"size is at least 1 pixel, received {self.size}")
        if self.channels not in (None, 1, 3):
            raise ValueError(f"channels is 1 (grey) or 3 (colour), received {self.channels}")

    @classmethod
    def accepts(cls, text: str) -> ImageFolder | None:
        return cls(text) if Path(text).is_dir() else None

    def load(self) -> Data:
        """Raises InputError for a folder without images, and for grey beside colour."""
        files = sorted(
            file for file in Path(self.path).rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file()
        )
        if not files:
            raise InputError(
                f"expected images ({', '.join(sorted(SUFFIXES))}) below {self.path}; found none; "
                "check the path"
            )
        with ThreadPoolExecutor() as pool:
            headers = dict(zip(files, pool.map(_header, files), strict=True))
        readable = {file: header for file, header in headers.items() if not isinstance(header, str)}
        faults = {file: header for file, header in headers.items() if isinstance(header, str)}
        size, channels = self._shape(readable, faults)
        if len(readable) * size * size * channels > LARGEST:
            raise InputError(
                f"{len(readable)} images at {size}x{size}x{channels} take "
                f"{len(readable) * size * size * channels / 2**30:.1f} GiB, at most {LARGEST / 2**30:.0f} "
                "are held in memory; set a smaller data.size or split the folder"
            )
        with ThreadPoolExecutor() as pool:
            decoded = dict(
                zip(readable, pool.map(lambda file: _decode(file, size, channels), readable), strict=True)
            )
        faults |= {file: result for file, result in decoded.items() if isinstance(result, str)}
        good = {file: result for file, result in decoded.items() if not isinstance(result, str)}
        return self._data(good, faults)

    def sample(self) -> Data:
        """Digits at the size and channels asked for: a stand-in that needs no folder."""
        examples, labels = embedded_digits()
        size = self.size or 28
        pictures = np.stack(
            [_fit(Image.fromarray(digit[..., 0]), size, self.channels or 1) for digit in examples[::50]]
        )
        return Data("sample", **split_by_content(pictures, labels[::50]), domain="unit")

    def _shape(self, readable, faults):
        if not readable:
            raise InputError(
                f"none of the {len(faults)} images below {self.path} can be read: {_listing(faults)}"
            )
        channels = Counter(channels for _, _, channels in readable.values())
        if self.channels is None and len(channels) > 1:
            raise InputError(
                f"expected images of one kind below {self.path}; found {channels[1]} grey and "
                f'{channels[3]} in colour; set data.channels to 1 or 3 (SET="data.channels=3")'
            )
        sizes = {(width, height) for width, height, _ in readable.values()}
        width, height = next(iter(sizes))
        native = len(sizes) == 1 and width == height <= NATIVE
        return self.size or (width if native else FALLBACK), self.channels or next(iter(channels))

    def _data(self, good, faults):
        if not good:
            raise InputError(
                f"none of the {len(faults)} images below {self.path} can be read: {_listing(faults)}"
            )
        folders = [str(file.parent.relative_to(self.path)) for file in good]
        names = tuple(sorted(set(folders)))
        labels = np.array([names.index(name) for name in folders], np.int64) if len(names) > 1 else None
        splits = split_by_content(
            np.stack([pixels for _, pixels in good.values()]), labels, [digest for digest, _ in good.values()]
        )
        notes = (
            f"{len(good)} images below {self.path}, {len(names) if labels is not None else 'no'} labels",
        )
        if faults:
            notes += (f"left out {len(faults)} of {len(good) + len(faults)} images: {_listing(faults)}",)
        return Data(
            f"folder {Path(self.path).resolve().name}",
            **splits,
            domain="unit",
            label_names=names if labels is not None else (),
            notes=notes,
        )


def _header(file):
    """(width, height, channels) without decoding, or what is wrong with the file."""
    try:
        with Image.open(file) as image:
            if image.width * image.height > MOST_PIXELS:
                return f"{image.width}x{image.height} is over the limit of {MOST_PIXELS} pixels"
            return *image.size, 1 if _is_grey(image) else 3
    except Exception as error:  # the decoders raise whatever they like for a broken file
        return _one_line(error)


def _decode(file, size, channels):
    """(hash of the file, pixels (size, size, channels) uint8), or what is wrong with the file."""
    try:
        content = file.read_bytes()
        with Image.open(io.BytesIO(content)) as image:
            pixels = _fit(ImageOps.exif_transpose(image), size, channels)
        return hashlib.blake2b(content, digest_size=8).digest(), pixels
    except Exception as error:  # as above
        return _one_line(error)


def _is_grey(image):
    if image.mode == "P":
        palette = np.array(image.getpalette("RGB")).reshape(-1, 3)
        return bool((palette == palette[:, :1]).all())
    return image.mode in GREY_MODES or image.mode.startswith("I;16")


def _fit(image, size, channels):
    """The middle square at the wanted size; 16 bits become 8, what is transparent becomes white."""
    if image.mode.startswith("I") or image.mode == "F":
        deep = np.asarray(image, np.float64)
        full = {"F": 1.0, "I": 255.0 if deep.max(initial=0) <= 255 else 65535.0}.get(image.mode, 65535.0)
        image = Image.fromarray((deep * (255 / full)).clip(0, 255).round().astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("L" if channels == 1 else "RGB")
    return np.asarray(ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS)).reshape(
        size, size, channels
    )


def _listing(faults):
    named = [f"{file} ({fault})" for file, fault in list(faults.items())[:3]]
    return "; ".join(named) + (f"; and {len(faults) - 3} more" if len(faults) > 3 else "")


def _one_line(error):
    return " ".join(str(error).split()) or type(error).__name__
