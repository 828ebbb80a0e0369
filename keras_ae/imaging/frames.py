"""The images in the files of a folder, of which some hold several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.counts import counted
from keras_ae.imaging.decode import read_frames
from keras_ae.imaging.deep import FullScale
from keras_ae.imaging.fitting import CROP
from keras_ae.imaging.headers import ALL, FIRST, Header, image_header

__all__ = [
    "WORKERS",
    "Frame",
    "Frames",
    "find_frames",
    "frames_in",
    "in_parallel",
    "pixels_of",
]

WORKERS = 4
"""Number of images decoded in parallel, each of which may have MOST_PIXELS."""

SEVERAL = (".tif", ".tiff", ".gif", ".png", ".webp", ".avif")
"""Suffixes of files that may hold several images; those of pages first, then those of animations."""


@dataclass(frozen=True)
class Frame:
    """An image of a file.

    Attributes:
        name: The file, relative to a folder.
        index: Its index among the frames of the file.
        several: Whether the file holds several images.
    """

    name: str
    index: int = 0
    several: bool = False

    def __str__(self) -> str:
        return f"{self.name}[{self.index}]" if self.several else self.name


@dataclass(frozen=True)
class Frames:
    """The images of some files.

    Attributes:
        frames: The images, in the order of their files.
        rows: The index of each image's file among all files.
        headers: The header of each file, by its name.
        faults: The reason for each file that cannot be read, by its name.
        notes: For the user.
    """

    frames: tuple[Frame, ...]
    rows: tuple[int, ...]
    headers: dict[str, Header]
    faults: dict[str, str]
    notes: tuple[str, ...] = ()


def in_parallel(function: Callable[..., Any], *arguments: Sequence[Any]) -> list[Any]:
    """Calls a function that decodes images, some calls at a time.

    Args:
        function: The function.
        *arguments: Sequences of the same length of its arguments.

    Returns:
        The results in order.
    """
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(function, *arguments))


def frames_in(
    folder: str, names: Sequence[str], pages: str | None
) -> tuple[list[Frame], list[int], tuple[str, ...]]:
    """The images in files, without a look into files that cannot hold several.

    Args:
        folder: The folder.
        names: The files, relative to it; broken ones count as one image.
        pages: Which frames are images, as for `find_frames`.

    Returns:
        The images, the index of each image's file, and notes.
    """
    images = find_frames(folder, _may_hold_several(names, pages), pages)
    indices = [images.headers[name].frames if name in images.headers else (0,) for name in names]
    frames = [
        Frame(name, index, len(each) > 1) for name, each in zip(names, indices, strict=True) for index in each
    ]
    return frames, [row for row, each in enumerate(indices) for _ in each], images.notes


def find_frames(folder: str, names: Sequence[str], pages: str | None = None) -> Frames:
    """Finds the images in files.

    Args:
        folder: The folder.
        names: The files, relative to it.
        pages: Which frames are images: "first", "all", or None for all pages of a TIFF that are of the first
            one's size, and the first frame of animations.

    Returns:
        The images.
    """
    read = in_parallel(lambda name: image_header(Path(folder, name), pages), names)
    headers = {name: one for name, one in zip(names, read, strict=True) if isinstance(one, Header)}
    faults = {name: one for name, one in zip(names, read, strict=True) if isinstance(one, str)}
    frames = [
        (row, Frame(name, index, len(headers[name].frames) > 1))
        for row, name in enumerate(names)
        if name in headers
        for index in headers[name].frames
    ]
    return Frames(
        tuple(frame for _, frame in frames),
        tuple(row for row, _ in frames),
        headers,
        faults,
        tuple(_notes(headers)),
    )


def _may_hold_several(names, pages):
    """The files whose headers have to be read to know their images."""
    suffixes = {None: SEVERAL[:2], FIRST: (), ALL: SEVERAL}[pages]
    return [name for name in names if name.lower().endswith(suffixes)]


def _notes(headers):
    """Lines about files that hold several images."""
    counts = [len(header.frames) for header in headers.values() if len(header.frames) > 1]
    single = [header for header in headers.values() if len(header.frames) == 1 and header.has_more]
    if counts:
        yield f"{sum(counts):,} pages or frames of {counted(len(counts), 'file')}, each an image"
    if single:
        yield f"of {counted(len(single), 'file')} with several pages or frames the first alone"


def pixels_of(
    folder: str | Path,
    frames: Sequence[Frame],
    pixels: np.ndarray,
    full_scale: FullScale,
    how: str = CROP,
) -> list[bytes | str]:
    """Decodes images and brings them to one size.

    Args:
        folder: The folder.
        frames: The images.
        pixels: (n, height, width, channels), uint8; is filled.
        full_scale: The values that stand for white in images of more than 8 bits.
        how: How they are brought to the size: "crop", "pad" or "stretch".

    Returns:
        For each image the hash of its content, or the reason why it cannot be read.
    """
    by_file = defaultdict(list)
    for row, frame in enumerate(frames):
        by_file[frame.name].append(row)
    runs = list(by_file.values())  # frames of a file are neighbors, so that rows are slices

    def read(rows):
        part = pixels[rows[0] : rows[-1] + 1]
        file = Path(folder, frames[rows[0]].name)
        return read_frames(file, [frames[row].index for row in rows], part, full_scale, how)

    return [result for results in in_parallel(read, runs) for result in results]
