"""Any folder of images: every common format, any size, gray or color, nested folders as labels."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from PIL import Image

from keras_ae.data.dataset import Dataset
from keras_ae.data.images.mnist import embedded_digits
from keras_ae.data.splits import split_by_content
from keras_ae.data.types import LARGEST, Data
from keras_ae.domains import UNIT
from keras_ae.errors import InputError
from keras_ae.imaging.decode import SUFFIXES, fill, fit, image_formats, image_header, one_line

__all__ = ["WORKERS", "ImageFolder", "fault_note", "folder_labels", "image_files", "none_readable"]

WORKERS = 4
"""Number of images decoded in parallel, each of which may have MOST_PIXELS."""

NATIVE, FALLBACK = 128, 64
"""Square images of one size up to NATIVE keep it; others are resized to FALLBACK."""


@dataclass(frozen=True)
class ImageFolder(Dataset):
    """Every image below a folder; its subfolders, if it has any, are the labels.

    Examples are (size, size, channels) in [0, 1]: the middle square of an image, resized. An image's split
    depends on its pixels alone, so neither a new name nor a new size changes it.

    Attributes:
        path: The folder.
        size: Side in pixels; None for the images' own if all are squares of one size up to 128, else 64.
        channels: 1 for gray, 3 for color; None for the files' own, if all have the same.
    """

    priority: ClassVar[int] = 20
    path: str
    size: int | None = None
    channels: int | None = None

    def __post_init__(self):
        if self.size is not None and self.size < 1:
            raise ValueError(f"size must be at least 1 pixel, received {self.size}")
        if self.channels not in (None, 1, 3):
            raise ValueError(f"channels is 1 (gray) or 3 (color), received {self.channels}")

    @classmethod
    def accepts(cls, text: str) -> ImageFolder | None:
        return cls(text) if Path(text).is_dir() else None

    def load(self) -> Data:
        """Reads the images.

        Raises:
            InputError: For a folder without readable images, for gray and color images together without
                `channels`, and for more images than fit in memory.
        """
        paths, others = image_files(self.path)
        files = [Path(self.path, path) for path in paths]
        with ThreadPoolExecutor(WORKERS) as pool:
            headers = dict(zip(files, pool.map(image_header, files), strict=True))
        readable = {file: header for file, header in headers.items() if not isinstance(header, str)}
        faults = {file: header for file, header in headers.items() if isinstance(header, str)}
        size, channels = self._shape(readable, faults)
        if len(readable) * size * size * channels > LARGEST:
            raise InputError(
                f"{len(readable)} images at {size}x{size}x{channels} take "
                f"{len(readable) * size * size * channels / 2**30:.1f} GiB, at most {LARGEST / 2**30:.0f} "
                "are held in memory; set a smaller data.size or split the folder"
            )
        pixels = np.empty((len(readable), size, size, channels), np.uint8)
        with ThreadPoolExecutor(WORKERS) as pool:
            results = list(pool.map(_decode, readable, pixels))
        faults |= {
            file: fault for file, fault in zip(readable, results, strict=True) if isinstance(fault, str)
        }
        if len(faults) == len(files):
            raise none_readable(self.path, faults)
        good = [index for index, result in enumerate(results) if isinstance(result, bytes)]
        names, labels = folder_labels(
            [str(file.relative_to(self.path)) for file in readable if file not in faults]
        )
        splits = split_by_content(pixels[good], labels, [results[index] for index in good])
        notes: tuple[str, ...] = (f"{len(good)} images below {self.path}, {len(names) or 'no'} labels",)
        if faults:
            notes += (fault_note(faults, len(files)),)
        if others:
            kinds = sorted({Path(name).suffix.lower() or Path(name).name for name in others})
            notes += (f"passed over {len(others)} other files: {', '.join(kinds[:8])}",)
        name = f"folder {Path(self.path).resolve().name}"
        return Data(name, **splits, domain=UNIT, label_names=names, notes=notes)

    def sample(self) -> Data:
        """Digits of this size with these channels, which need no folder."""
        examples, labels = embedded_digits()
        size = self.size or 28
        images = np.stack(
            [fit(Image.fromarray(digit[..., 0]), size, self.channels or 1) for digit in examples[::50]]
        )
        return Data("sample", **split_by_content(images, labels[::50]), domain=UNIT)

    def _shape(self, readable, faults):
        """The side and the channels of the examples."""
        if not readable:
            raise none_readable(self.path, faults)
        channels = Counter(channels for _, _, channels in readable.values())
        if self.channels is None and len(channels) > 1:
            raise InputError(
                f"expected images of one kind below {self.path}; found {channels[1]} gray and "
                f'{channels[3]} in color; set data.channels to 1 or 3 (SET="data.channels=3")'
            )
        sizes = {(width, height) for width, height, _ in readable.values()}
        width, height = next(iter(sizes))
        native = len(sizes) == 1 and width == height <= NATIVE
        return self.size or (width if native else FALLBACK), self.channels or next(iter(channels))


def image_files(folder: str | Path) -> tuple[list[str], list[str]]:
    """The files below a folder.

    Args:
        folder: The folder.

    Returns:
        The paths of the images, relative to the folder and in a fixed order; and those of other files.

    Raises:
        InputError: If there is no image.
    """
    paths: list[str] = []
    for where, _, names in os.walk(folder):
        inside = os.path.relpath(where, folder)
        files = (name for name in names if os.path.isfile(os.path.join(where, name)))
        paths += files if inside == "." else (os.path.join(inside, name) for name in files)
    paths.sort(key=lambda path: path.split(os.sep))
    images = [path for path in paths if os.path.splitext(path)[1].lower() in SUFFIXES]
    if not images:
        raise InputError(
            f"expected images ({', '.join(sorted(SUFFIXES))}) below {folder}; found none; check the path"
        )
    return images, [path for path in paths if os.path.splitext(path)[1].lower() not in SUFFIXES]


def folder_labels(names: list[str]) -> tuple[tuple[str, ...], np.ndarray | None]:
    """Labels of images by their folders.

    Args:
        names: Paths of the images, relative to a folder.

    Returns:
        The names of the folders, and the index (n,), int64, of each image's folder; () and None if there is
        only one folder.
    """
    folders = [os.path.dirname(name) or "." for name in names]
    labels = tuple(sorted(set(folders)))
    if len(labels) < 2:
        return (), None
    index = {label: position for position, label in enumerate(labels)}
    return labels, np.array([index[folder] for folder in folders], np.int64)


def fault_note(faults: dict, count: int) -> str:
    """The note on images that cannot be read.

    Args:
        faults: The reason for each, by file.
        count: How many images there are in all.

    Returns:
        One line.
    """
    return f"left out {len(faults)} of {count} images: {_listing(faults)}"


def none_readable(folder: str | Path, faults: dict) -> InputError:
    """The error for a folder without readable images.

    Args:
        folder: The folder.
        faults: The reason for each image, by file.

    Returns:
        The error, to be raised.
    """
    return InputError(f"none of the {len(faults)} images below {folder} can be read: {_listing(faults)}")


def _decode(file, pixels):
    """Decodes an image into pixels (size, size, channels); returns its hash, or why it cannot be read."""
    try:
        with Image.open(file, formats=image_formats()) as image:
            upright = fill(image, pixels)
            content = f"{upright.mode} {upright.size} ".encode() + upright.tobytes()
        return hashlib.blake2b(content, digest_size=8).digest()
    except Exception as error:  # decoders raise errors of any kind for a broken file
        return one_line(error)


def _listing(faults):
    """The first faults as a text."""
    lines = [f"{file} ({fault})" for file, fault in list(faults.items())[:3]]
    return "; ".join(lines) + (f"; and {len(faults) - 3} more" if len(faults) > 3 else "")
