"""Windows of clips: as many frames as a model takes, at a stride."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from keras_ae.data.examples import LARGEST, Split
from keras_ae.data.types import Data
from keras_ae.errors import InputError, check_least

__all__ = ["SHORTEST", "check_memory", "check_windows", "in_windows", "stride_of", "window_starts"]

SHORTEST = 2
"""Frames of a window, at least."""


def check_windows(owner: Any) -> None:
    """Checks the fields of a data set that say what windows are.

    Args:
        owner: A data set with the fields `window` and `stride`, whole numbers or None.

    Raises:
        InputError: For a window of one frame, and for a stride of none.
    """
    if owner.window is not None:
        check_least(owner, window=SHORTEST)
    if owner.stride is not None:
        check_least(owner, stride=1)


def stride_of(window: int, stride: int | None) -> int:
    """The frames from one window to the next.

    Args:
        window: Frames of a window.
        stride: What the user has set; None for half a window.

    Returns:
        At least 1.
    """
    return stride or max(1, window // 2)


def window_starts(frames: int, window: int, stride: int, to_end: bool = False) -> list[int]:
    """The first frames of the windows of a clip.

    Args:
        frames: Frames of the clip, at least `window`.
        window: Frames of a window.
        stride: Frames from one window to the next.
        to_end: Whether a further window ends with the clip where the others leave frames out.

    Returns:
        The index of each window's first frame.
    """
    starts = list(range(0, frames - window + 1, stride))
    return [*starts, frames - window] if to_end and starts[-1] < frames - window else starts


def check_memory(where: str, windows: int, shape: tuple[int, ...], itemsize: int = 1) -> None:
    """Refuses windows that would not fit in memory, before they are decoded.

    Args:
        where: The file or folder.
        windows: How many there are.
        shape: (frames, height, width, channels) of one.
        itemsize: Bytes of a value.

    Raises:
        InputError: If they take more than is held in memory.
    """
    size = windows * int(np.prod(shape, dtype=np.float64)) * itemsize
    if size > LARGEST:
        shape_in_words = " x ".join(map(str, shape))
        raise InputError(
            f"{windows:,} windows of {shape_in_words} in {where} take {size / 2**30:.1f} GiB, at most "
            f"{LARGEST / 2**30:.0f} are held in memory; make them smaller or fewer, "
            'SET="data.size=32" or SET="data.stride=64", or give fewer clips'
        )


def in_windows(data: Data, window: int, stride: int) -> Data:
    """Data of whole clips as data of windows of them.

    Args:
        data: Clips, (n, frames, ...) in each split.
        window: Frames of a window, at most those of a clip.
        stride: Frames from one window to the next.

    Returns:
        The data; a window has the label of its clip, and its part of the clip's mask. The windows of a clip
        are a group.
    """
    frames = data.train.shape[0]
    if window == frames:
        return data
    starts = window_starts(frames, window, stride)
    splits: dict[str, Any] = {}
    first = 0
    for name, split in data.splits.items():
        splits[name] = _cut(split, window, starts, first)
        first += len(split)
    note = f"clips of {frames} frames in {len(starts)} windows of {window} frames each, {stride} frames apart"
    return replace(data, **splits, notes=(*data.notes, note))


def _cut(split: Split, window: int, starts: list[int], first: int) -> Split:
    """The windows of clips, of which the first has a number as its group."""

    def cut(array):
        parts = np.stack([array[:, start : start + window] for start in starts], axis=1)
        return parts.reshape(-1, *parts.shape[2:])

    return replace(
        split,
        examples=cut(split.examples),
        labels=None if split.labels is None else np.repeat(split.labels, len(starts)),
        masks=None if split.masks is None else cut(split.masks),
        groups=np.repeat(first + np.arange(len(split)), len(starts)),
    )
