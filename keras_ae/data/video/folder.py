"""A folder of clips: GIF animations, files of several pages, and folders of numbered images."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from keras_ae.counts import counted
from keras_ae.data.dataset import Dataset
from keras_ae.data.examples import Split
from keras_ae.data.images.folder import FALLBACK, NATIVE
from keras_ae.data.images.one_class import OneClass
from keras_ae.data.split_rules import by_content
from keras_ae.data.types import Data
from keras_ae.data.video.moving_digits import MovingDigits
from keras_ae.data.video.windows import check_memory, check_windows, stride_of, window_starts
from keras_ae.domains import UNIT
from keras_ae.errors import InputError
from keras_ae.files import files_below
from keras_ae.folder_layout import check_folders, layout_of
from keras_ae.formats.clips import Clips, clip_paths
from keras_ae.imaging.animation import ClipHeader, clip_header, read_clip
from keras_ae.imaging.fitting import CROP, check_fit
from keras_ae.imaging.frames import in_parallel
from keras_ae.imaging.headers import SUFFIXES
from keras_ae.imaging.sizes import check_size, sides_of

__all__ = ["ClipFolder"]

WINDOW = 16
"""Frames of a window where `window` is None, at most."""


@dataclass(frozen=True)
class ClipFolder(Dataset):
    """Clips below a folder: GIFs, TIFFs of several pages, and folders of images.

    The images of a folder are frames in natural order. Clips are cut into windows of as many frames, and a
    clip lies in one split whole, by its content, unless folders `train` and `test` are the splits. Other
    folders are labels, of which `good` or `normal` is the normal one. Examples are (frames, height, width,
    channels) in [0, 1]. Frames of one clip are of one size; clips of other sizes are brought to that of the
    examples.

    Attributes:
        path: The folder.
        window: Frames of a window, at least 2; None for 16, or for all frames of the shortest clip if it has
            fewer.
        stride: Frames from one window to the next, at least 1; None for half a window.
        size: Side in pixels, or height and width; None for the clips' own if all have one up to 128 pixels a
            side, else 64.
        channels: 1 for gray, 3 for color; None for gray if no frame has colors.
        fit: How frames are brought to the size: "crop" for their middle, "pad" for the whole with a black
            border, "stretch" for the whole in other proportions.
        rate: Frames a second of clips that are written.
        folders: What folders stand for, "labels" or "splits"; None to find out by their names.
        normal: The label of the normal clips; "" for good, normal or similar.
    """

    category: ClassVar[str] = "video"
    holds: ClassVar[str] = "clips, GIF animations or a folder of numbered images each"
    priority: ClassVar[int] = 45
    path: str
    window: int | None = None
    stride: int | None = None
    size: int | tuple[int, ...] | None = None
    channels: int | None = None
    fit: str = CROP
    rate: float = 10.0
    folders: str | None = None
    normal: str = ""

    def __post_init__(self) -> None:
        check_windows(self)
        check_size(self.size)
        check_folders(self.folders)
        check_fit(self.fit)
        if self.channels not in (None, 1, 3):
            raise InputError(f"channels is 1 (gray) or 3 (color), received {self.channels}")

    @classmethod
    def accepts(cls, text: str) -> ClipFolder | None:
        """The data set of a folder with a GIF, or with folders of numbered images; None for others."""
        if not Path(text).is_dir():
            return None
        images = [Path(name) for name in files_below(text).names if Path(name).suffix.lower() in SUFFIXES]
        numbered = Counter(path.parent for path in images if path.stem[-1].isdigit())
        sequences = [folder for folder, count in numbered.items() if count > 1 and folder != Path(".")]
        moving = any(path.suffix.lower() == ".gif" for path in images)
        return cls(text) if moving or sequences else None

    def load(self) -> Data:
        """Reads the clips.

        Raises:
            InputError: For a folder without clips, for clips shorter than the window, and for more windows
                than fit in memory.
        """
        names = clip_paths(Path(self.path), files_below(self.path).names)
        if not names:
            raise InputError(f"expected {self.holds} below {self.path}; found none; check the path")
        layout = layout_of(names, self.path, self.folders, noun="clip")
        read = in_parallel(lambda name: clip_header(Path(self.path, name)), layout.names)
        found = dict(zip(layout.names, read, strict=True))
        headers = {name: one for name, one in found.items() if isinstance(one, ClipHeader)}
        faults = {name: one for name, one in found.items() if isinstance(one, str)}
        window = self._window(headers, faults)
        short = {name: f"{len(one)} frames" for name, one in headers.items() if len(one) < window}
        headers = {name: one for name, one in headers.items() if name not in short}
        stride = stride_of(window, self.stride)
        starts = {name: window_starts(len(one), window, stride) for name, one in headers.items()}
        height, width = self._size(headers)
        shape: tuple[int, ...] = (window, height, width, self.channels or 3)
        check_memory(self.path, sum(map(len, starts.values())), shape)
        clips, broken = self._read(headers, shape)
        clips, shape = self._gray(clips, shape)
        faults |= broken
        if not clips:
            raise self._none_readable(faults)
        layout = layout.take([row for row, name in enumerate(layout.names) if name in clips])
        return self._data(layout, clips, starts, shape, (faults, short, headers))

    def sample(self) -> Data:
        """Moving digits, which need no folder."""
        return MovingDigits(100, max(10, self.window or WINDOW)).load()

    def _window(self, headers: Mapping[str, ClipHeader], faults: Mapping[str, str]) -> int:
        if not headers:
            raise self._none_readable(faults)
        lengths = sorted(map(len, headers.values()))
        window = self.window or min(WINDOW, lengths[0])
        if lengths[-1] < window:
            raise InputError(
                f"expected clips of at least {window} frames, a window, below {self.path}; the longest has "
                f'{lengths[-1]}; take shorter windows: SET="data.window={lengths[-1]}"'
            )
        return window

    def _none_readable(self, faults: Mapping[str, str]) -> InputError:
        clips = counted(len(faults), "clip")
        return InputError(f"none of {clips} below {self.path} can be read: {_some(faults)}; replace them")

    def _size(self, headers: Mapping[str, ClipHeader]) -> tuple[int, int]:
        """The height and the width of a frame."""
        if self.size is not None:
            return sides_of(self.size)
        sizes = {header.size for header in headers.values()}
        width, height = next(iter(sizes))
        return (height, width) if len(sizes) == 1 and max(width, height) <= NATIVE else (FALLBACK, FALLBACK)

    def _read(
        self, headers: Mapping[str, ClipHeader], shape: tuple[int, ...]
    ) -> tuple[dict[str, np.ndarray], dict[str, str]]:
        """The frames of each clip, (frames, height, width, channels) uint8, and why others cannot be read."""

        def read(name: str) -> np.ndarray | str:
            pixels = np.empty((len(headers[name]), *shape[1:]), np.uint8)
            return read_clip(headers[name], pixels, how=self.fit) or pixels

        found = dict(zip(headers, in_parallel(read, list(headers)), strict=True))
        faults = {name: one for name, one in found.items() if isinstance(one, str)}
        return {name: one for name, one in found.items() if isinstance(one, np.ndarray)}, faults

    def _gray(
        self, clips: dict[str, np.ndarray], shape: tuple[int, ...]
    ) -> tuple[dict[str, np.ndarray], tuple[int, ...]]:
        """The clips with one channel, if none has colors and the user has not asked for them."""
        if self.channels is not None or any((clip != clip[..., :1]).any() for clip in clips.values()):
            return clips, shape
        return {name: clip[..., :1] for name, clip in clips.items()}, (*shape[:3], 1)

    def _data(self, layout, clips, starts, shape, told) -> Data:
        """The windows of clips in splits."""
        window = shape[0]
        cut = {name: [clip[start : start + window] for start in starts[name]] for name, clip in clips.items()}
        if layout.splits:
            own = np.array(layout.splits)
            parts = {part: np.flatnonzero(own == part) for part in ("train", "validation", "test")}
            rule = "by folders"
            if not len(parts["validation"]):
                inner = by_content([_hash(clips[layout.names[row]]) for row in parts["train"]], test=0)
                parts["validation"] = parts["train"][inner.indices["validation"]]
                parts["train"] = parts["train"][inner.indices["train"]]
                rule = f"by folders; of train {inner.rule}"
        else:
            parts, rule = by_content([_hash(clips[name]) for name in layout.names])
        labels = layout.index(layout.label_names)
        splits: dict[str, Any] = {}
        for part, rows in parts.items():
            names = [layout.names[row] for row in rows]
            windows = [one for name in names for one in cut[name]]
            counts = [len(cut[name]) for name in names]
            splits[part] = Split(
                np.stack(windows) if windows else np.empty((0, *shape), np.uint8),
                None if labels is None else np.repeat(labels[rows], counts),
                groups=np.repeat(rows, counts),
            )
        notes = tuple(self._notes(layout, cut, shape, told))
        data = Data(
            f"clips {Path(self.path).resolve().name}",
            **splits,
            domain=UNIT,
            label_names=layout.label_names,
            notes=(*layout.notes, *notes, f"a clip lies in one split whole; split {rule}"),
            format=Clips(self.fit, self.rate),
            rule=rule,
            fixed=bool(layout.splits),
        )
        return data if labels is None else OneClass(self, self.normal).of_data(data)

    def _notes(self, layout, cut, shape, told):
        """Lines about clips, their windows, and clips that are left out."""
        faults, short, headers = told
        window, height, width, _ = shape
        yield (
            f"{counted(len(cut), 'clip')} below {self.path}, {sum(map(len, cut.values())):,} windows of "
            f"{window} frames, {stride_of(window, self.stride)} frames apart"
        )
        sizes = Counter(header.size for header in headers.values())
        if set(sizes) != {(width, height)}:
            listed = ", ".join(f"{size[0]}x{size[1]} ({count})" for size, count in sizes.most_common(3))
            how = {"crop": "the middle of", "pad": "with a border", "stretch": "stretched"}[self.fit]
            yield f"frames of {listed} are brought to {width}x{height}, {how} each: fit={self.fit}"
        if short:
            clips = counted(len(short), "clip")
            yield f"left out {clips} shorter than a window of {window} frames: {_some(short)}"
        if faults:
            yield f"left out {counted(len(faults), 'clip')} that cannot be read: {_some(faults)}"


def _hash(clip: np.ndarray) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(clip).data, digest_size=8).digest()


def _some(reasons: Mapping[str, str]) -> str:
    """The first reasons as text."""
    lines = [f"{name} ({reason})" for name, reason in list(reasons.items())[:3]]
    return "; ".join(lines) + (f"; and {len(reasons) - 3} more" if len(reasons) > 3 else "")
