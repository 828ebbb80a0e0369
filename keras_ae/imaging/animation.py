"""Clips as files: animations, files of several pages, and folders of numbered images."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from pathlib import Path

import numpy as np
from PIL import Image

from keras_ae.imaging.decode import read_frames
from keras_ae.imaging.deep import FULL_RANGE, FullScale
from keras_ae.imaging.fitting import CROP
from keras_ae.imaging.headers import SUFFIXES, one_line, opened

__all__ = ["ANIMATED", "MOST_FRAMES", "ClipHeader", "clip_header", "gif_bytes", "natural", "read_clip"]

ANIMATED = (".gif", ".webp", ".tif", ".tiff", ".png", ".avif")
"""Suffixes of files that may hold several frames."""

MOST_FRAMES = 20_000
"""Frames of a clip, at most; a longer one is refused before it is decoded."""

TICK, MOST_REPEATED = 10.0, 4
"""Milliseconds in which GIFs count how long a frame is shown, and how much longer repeats may make a clip."""


@dataclass(frozen=True)
class ClipHeader:
    """What is known of a clip before it is decoded.

    Attributes:
        frames: The file and the index in it of each frame, in order; one that is shown longer is repeated.
        size: (width, height) of every frame.
    """

    frames: tuple[tuple[Path, int], ...]
    size: tuple[int, int]

    def __len__(self) -> int:
        return len(self.frames)


def natural(name: str) -> list[tuple[int, str]]:
    """What names are sorted by, so that frame_10 comes after frame_9.

    Args:
        name: The name.

    Returns:
        Its parts, the numbers among them as numbers.
    """
    return [(int(part), "") if part.isdigit() else (-1, part.lower()) for part in re.split(r"(\d+)", name)]


def clip_header(path: Path) -> ClipHeader | str:
    """Reads the headers of a clip, without decoding it.

    Args:
        path: An animation, a file of several pages, or a folder whose images are the frames.

    Returns:
        The header, or the reason why the file or folder is no clip that can be read.
    """
    try:
        header = _of_folder(path) if path.is_dir() else _of_file(path)
    except Exception as error:  # decoders raise errors of any kind for a broken file
        return one_line(error)
    return header if len(header) > 1 else "one frame alone: a still image, no clip"


def read_clip(
    header: ClipHeader,
    pixels: np.ndarray,
    first: int = 0,
    full_scale: FullScale = FULL_RANGE,
    how: str = CROP,
) -> str | None:
    """Decodes frames of a clip.

    Args:
        header: The clip.
        pixels: (frames, height, width, channels), uint8; is filled.
        first: The first frame to decode.
        full_scale: The values that stand for white in frames of more than 8 bits.
        how: How frames are brought to the size, as `imaging.fitting` has it.

    Returns:
        The reason why a frame cannot be read; None if all were.
    """
    chosen = header.frames[first : first + len(pixels)]
    start = 0
    while start < len(chosen):
        file = chosen[start][0]
        stop = next((at for at in range(start, len(chosen)) if chosen[at][0] != file), len(chosen))
        indices = [index for _, index in chosen[start:stop]]
        for result in read_frames(file, indices, pixels[start:stop], full_scale, how):
            if isinstance(result, str):
                return f"{file.name}: {result}"
        start = stop
    return None


def gif_bytes(frames: np.ndarray, rate: float) -> bytes:
    """Frames as an animation.

    Args:
        frames: (frames, height, width, 1 or 3), uint8.
        rate: Frames a second.

    Returns:
        The content of a GIF that repeats; of colors it has at most 256 a frame.
    """
    images = [Image.fromarray(frame[..., 0] if frame.shape[-1] == 1 else frame) for frame in frames]
    stream = io.BytesIO()
    images[0].save(
        stream, "GIF", save_all=True, append_images=images[1:], duration=round(1000 / rate), loop=0
    )
    return stream.getvalue()


def _of_folder(folder: Path) -> ClipHeader:
    files = sorted((file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES), key=_by_name)
    _check_count(len(files))
    sizes: dict[tuple[int, int], Path] = {}
    for file in files:
        with opened(file) as image:
            sizes.setdefault(image.size, file)
    return ClipHeader(tuple((file, 0) for file in files), _one_size(sizes))


def _of_file(file: Path) -> ClipHeader:
    with opened(file) as image:
        count = getattr(image, "n_frames", 1)
        _check_count(count)
        sizes: dict[tuple[int, int], str] = {}
        shown = []
        for index in range(count):
            image.seek(index)
            sizes.setdefault(image.size, f"frame {index}")
            if image.format == "WEBP":
                image.load()  # which alone says how long a frame is shown
            shown.append(float(image.info.get("duration", 0)))
    return ClipHeader(
        tuple((file, index) for index, times in enumerate(_repeats(shown)) for _ in range(times)),
        _one_size(sizes),
    )


def _by_name(file: Path) -> list[tuple[int, str]]:
    return natural(file.name)


def _check_count(count: int) -> None:
    if count > MOST_FRAMES:
        raise ValueError(f"{count:,} frames are over the limit of {MOST_FRAMES:,}; cut it")


def _one_size(sizes: dict) -> tuple[int, int]:
    """The one size of all frames, by which each was found first."""
    if len(sizes) > 1:
        (first, one), (second, other) = list(sizes.items())[:2]
        names = [each.name if isinstance(each, Path) else each for each in (one, other)]
        raise ValueError(
            f"frames of mixed sizes: {names[0]} is {first[0]}x{first[1]}, {names[1]} {second[0]}x{second[1]}"
        )
    return next(iter(sizes))


def _repeats(shown: Sequence[float]) -> list[int]:
    """How often each frame is repeated, for writers of animations join equal ones that follow each other.

    The time of one is the largest that all times are multiples of; none is repeated where a clip would become
    more than `MOST_REPEATED` times as long.
    """
    times = [round(each / TICK) for each in shown]
    step = gcd(*times)
    if not step or sum(times) // step > min(MOST_REPEATED * len(times), MOST_FRAMES):
        return [1] * len(times)
    return [max(1, each // step) for each in times]
