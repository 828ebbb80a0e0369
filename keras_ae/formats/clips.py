"""The format of clips and volumes: frames in [0, 1], read from animations and written as GIF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ae.errors import InputError, check_within
from keras_ae.files import files_below
from keras_ae.formats import Format
from keras_ae.imaging.animation import ANIMATED, ClipHeader, clip_header, gif_bytes, natural, read_clip
from keras_ae.imaging.deep import FULL_RANGE, FullScale
from keras_ae.imaging.fitting import CROP, check_fit
from keras_ae.imaging.grid import shown, to_bytes
from keras_ae.imaging.headers import SUFFIXES, Header, image_header

__all__ = ["Clips", "clip_paths"]

MOST_SHOWN = 8
"""Frames of a rendered clip, at most, evenly spaced."""

GAP, GROUND = 1, 128
"""Pixels between frames, and their level."""


@dataclass(frozen=True)
class Clips(Format):
    """Clips (frames, height, width, channels) of values in [0, 1]; of a volume the slices are the frames.

    Attributes:
        fit: How frames are brought to the size: "crop", "pad" or "stretch".
        rate: Frames a second of clips that are written, above 0.
        white: The value that stands for 1 in files of more than 8 bits a channel.
        float_white: The same in files of floating-point numbers.
    """

    suffixes = (".gif", *(suffix for suffix in ANIMATED if suffix != ".gif"))
    noun = "clips"
    fit: str = CROP
    rate: float = 10.0
    white: float = FULL_RANGE.whole
    float_white: float = FULL_RANGE.floats

    def __post_init__(self) -> None:
        check_fit(self.fit)
        check_within(self, rate="(0, inf)")

    @property
    def full_scale(self) -> FullScale:
        """The values that stand for white in files of more than 8 bits a channel."""
        return FullScale(self.white, self.float_white)

    @property
    def columns(self) -> int:
        return 2

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        """Reads the first frames of a clip.

        Args:
            path: An animation, a file of several pages, or a folder of numbered images.
            shape: (frames, height, width, 1 or 3) of the result.

        Returns:
            Values in [0, 1], float32.

        Raises:
            InputError: If it is no clip that can be read, or has fewer frames.
        """
        header = self.header(path, shape[0])
        pixels = np.empty(shape, np.uint8)
        reason = read_clip(header, pixels, 0, self.full_scale, self.fit)
        if reason is not None:
            raise InputError(f"{path} cannot be read as a clip ({reason}); give an animation, such as a GIF")
        return pixels / np.float32(255)

    def header(self, path: Path, fewest: int) -> ClipHeader:
        """Reads the headers of a clip.

        Args:
            path: As for `read`.
            fewest: Frames that it must have.

        Returns:
            The header.

        Raises:
            InputError: If it is no clip, or has fewer frames.
        """
        header = clip_header(path)
        if isinstance(header, str):
            raise InputError(
                f"{path} cannot be read as a clip ({header}); give an animation, such as a GIF, or a folder "
                "of numbered images"
            )
        if len(header) < fewest:
            raise InputError(
                f"expected a clip of at least {fewest} frames, a window, in {path}; received {len(header)}; "
                "give a longer one, or train on shorter windows, such as "
                f'SET="data.window={max(2, len(header))}"'
            )
        return header

    def note_on(self, path: Path, shape: tuple[int, ...] = ()) -> str:
        header = clip_header(path)
        if isinstance(header, str) or not shape or len(header) <= shape[0]:
            return ""
        return f"of the {len(header)} frames of {path} the first {shape[0]} are taken"

    def files_in(self, paths: Sequence[Path]) -> list[Path]:
        return list(dict.fromkeys(clip for path in paths for clip in self._below(path)))

    def _below(self, path: Path) -> Iterator[Path]:
        if not path.is_dir():
            yield path
            return
        names = clip_paths(path, files_below(path).names)
        if not names:
            raise InputError(
                f"expected clips below {path}, animations ({' '.join(self.suffixes)}) or folders of "
                "numbered images; found none; check the path"
            )
        yield from (path / name for name in names)

    def render(self, example: np.ndarray) -> np.ndarray:
        """Renders evenly spaced frames in a row.

        Args:
            example: (frames, height, width, channels).

        Returns:
            An image (height, width, 1 or 3), uint8.
        """
        index = np.unique(np.linspace(0, len(example) - 1, min(MOST_SHOWN, len(example))).round().astype(int))
        frames = shown(to_bytes(example[index], "unit"))
        gap = np.full((frames.shape[1], GAP, frames.shape[3]), GROUND, np.uint8)
        return np.concatenate([part for frame in frames for part in (frame, gap)][:-1], axis=1)

    def animation(self, examples: Sequence[np.ndarray]) -> bytes:
        frames = [shown(to_bytes(example, "unit")) for example in examples]
        gap = np.full((*frames[0].shape[:2], 2 * GAP, frames[0].shape[3]), GROUND, np.uint8)
        return gif_bytes(
            np.concatenate([part for each in frames for part in (each, gap)][:-1], axis=2), self.rate
        )

    def write(self, example: np.ndarray, stem: Path) -> list[Path]:
        path = stem.with_name(stem.name + ".gif")
        path.write_bytes(self.animation([example]))
        return [path]


def clip_paths(folder: Path, names: Sequence[str]) -> list[str]:
    """The clips among the files below a folder: animations, files of several pages, and folders of frames.

    Args:
        folder: The folder.
        names: Paths of the files, relative to it.

    Returns:
        Paths of files and of folders, in natural order; "." for the folder itself.
    """
    groups: dict[tuple[Path, str], list[Path]] = {}
    for path in map(Path, names):
        if path.suffix.lower() in SUFFIXES:
            groups.setdefault((path.parent, path.suffix.lower()), []).append(path)
    clips: set[Path] = set()
    for (parent, suffix), files in groups.items():
        clips |= set(files) if suffix == ".gif" or _has_more(folder / files[0]) else {parent}
    return sorted(map(str, clips), key=natural)


def _has_more(file: Path) -> bool:
    header = image_header(file)
    return isinstance(header, Header) and header.has_more
