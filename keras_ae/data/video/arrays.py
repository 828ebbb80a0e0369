"""Clips and volumes of a NumPy file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from keras_ae.data.arrays import ArrayFile
from keras_ae.data.dataset import Dataset
from keras_ae.data.mapped import converted
from keras_ae.data.npy import Header, checked
from keras_ae.data.scaling import Scaler
from keras_ae.data.types import Data
from keras_ae.data.video.moving_digits import MovingDigits
from keras_ae.data.video.windows import check_windows, in_windows, stride_of
from keras_ae.errors import InputError
from keras_ae.formats.clips import Clips

__all__ = ["ClipArray"]

MOST_CHANNELS = 4
"""The last of four axes counts as channels of images up to so many, and as the width of volumes beyond."""


@dataclass(frozen=True)
class ClipArray(ArrayFile, Dataset):  # a data set by name, so that it is found among them
    """A NumPy file of clips (n, frames, height, width, channels), or of volumes (n, depth, height, width).

    It is read as `ArrayFile` reads images, but for the axis of frames; clips may be cut into windows. A clip
    lies in one split whole.

    Attributes:
        window: Frames of a window, at least 2; None for whole clips.
        stride: Frames from one window to the next, at least 1; None for half a window.
        rate: Frames a second of clips that are written.
    """

    category: ClassVar[str] = "video"
    priority: ClassVar[int] = 12
    window: int | None = None
    stride: int | None = None
    rate: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_windows(self)
        if self.series:
            raise InputError("data.series is for series alone, these are clips; leave it out")

    @classmethod
    def accepts(cls, text: str) -> ClipArray | None:
        """The data set of a file whose examples have four axes, or three that are none of channels."""
        if Path(text).suffix.lower() not in (".npy", ".npz") or not Path(text).is_file():
            return None
        dataset = cls(text)
        try:
            headers = dataset.headers()
            shape = headers[dataset.choose(headers)].shape
        except InputError:  # told where it is read
            return dataset
        return dataset if len(shape) == 5 or (len(shape) == 4 and shape[-1] > MOST_CHANNELS) else None

    def sample(self) -> Data:
        """Moving digits."""
        return MovingDigits(100, max(10, self.window or 10)).load()

    def _load(self, learned: Scaler | None = None) -> Data:
        data = super()._load(learned)
        frames = data.train.shape[0]
        window = self.window or frames
        if frames < window:
            raise InputError(
                f"expected clips of at least {window} frames, a window, in {self.path}; received {frames}; "
                f'take shorter windows: SET="data.window={frames}"'
            )
        data = in_windows(data, window, stride_of(window, self.stride))
        return replace(data, format=Clips(rate=self.rate)) if data.domain.unit_interval else data

    def _way_to_stream(self, header: Header) -> str:
        if self.window not in (None, *header.shape[1:2]):
            return "windows of clips are cut in memory; leave data.window out, or data.stream"
        return super()._way_to_stream(header)

    def _examples(self, arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
        where = f"{self.path}:{name}"
        array = checked(arrays[name], where)
        if array.ndim not in (4, 5):
            raise InputError(
                "expected clips (n, frames, height, width, channels) or volumes (n, depth, height, width) "
                f"in {where}; received {array.shape}; images are for recipes of images"
            )
        return converted(array, lambda block: block[..., None]) if array.ndim == 4 else array
