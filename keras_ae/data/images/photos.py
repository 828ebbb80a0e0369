"""Photographs in crops: those that come with packages, and folders of the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from keras_ae.counts import counted
from keras_ae.data.dataset import Dataset
from keras_ae.data.examples import Split
from keras_ae.data.images.crops import Album, Cropping, Photograph, content_hash, crops_of, pieces
from keras_ae.data.images.grouping import check_grouping, split_images
from keras_ae.data.images.listing import fault_note, image_files, none_readable, passed_over
from keras_ae.data.images.middles import mirrored_notes
from keras_ae.data.scaling import Scaler
from keras_ae.data.types import Data
from keras_ae.domains import UNIT
from keras_ae.errors import InputError
from keras_ae.folder_layout import check_folders, layout_of
from keras_ae.formats.images import Images
from keras_ae.imaging.decode import whole_image
from keras_ae.imaging.deep import FULL_RANGE, FullScale
from keras_ae.imaging.frame_scale import full_scale_of, recorded
from keras_ae.imaging.frames import find_frames, in_parallel
from keras_ae.imaging.headers import FIRST, one_line

__all__ = ["PhotoFolder", "Photographs", "ScikitPhotographs", "check_channels", "data_of", "read_photograph"]

MOST_PIECES = 256
"""The most pieces in the validation split, and in the test split, where they are only shown."""

FRACTIONS = (0.6, 0.2)
"""Fractions of the width of a photograph that is cut into three, to train and to validate on."""

LEAST_SIDE = 16
"""Pixels per side below which a photograph is left out: too few for metrics to mean anything."""

LEAST_WIDTH = 80
"""The least width in pixels of a photograph that is cut into three."""

MOST_TESTED, LARGEST_TESTED = 50, 1024
"""The most test photographs of a folder, and the greatest side in pixels of the part that is evaluated."""


@dataclass(frozen=True)
class Photographs(Dataset):
    """Two color photographs of 640 x 427 pixels that come with scikit-learn: a temple and a flower.

    Each is cut from left to right into parts for training, validation and test, which share no pixel.

    Attributes:
        cropping: How they are cropped for training.
        channels: 3, or 1 for gray; None for 3.
    """

    category: ClassVar[str] = "photographs"
    carried_over: ClassVar[tuple[str, ...]] = ("cropping",)
    name: ClassVar[str] = "photographs"
    cropping: Cropping = Cropping()
    channels: int | None = None

    def __post_init__(self):
        check_channels(self.channels)

    def load(self) -> Data:
        images = [_as(self.channels, image) for image in self._images()]
        note = (
            f"{len(images)} photographs that come with packages: metrics on their parts are a demonstration"
        )
        return cut_in_three(self.name, images, self.cropping, (note,))

    def _images(self):
        """The photographs, (height, width, 3) uint8."""
        from sklearn.datasets import load_sample_images

        return load_sample_images().images

    def sample(self) -> Data:
        from sklearn.datasets import load_sample_image

        image = _as(self.channels, load_sample_image("china.jpg")[100:260:2, ::4])
        small = Cropping(min(24, self.cropping.size), 64, self.cropping.augment)
        return cut_in_three(self.name, [image], small, ())


@dataclass(frozen=True)
class ScikitPhotographs(Photographs):
    """Seven color photographs: those of `Photographs`, and five that come with scikit-image.

    The five are an astronaut, a cat, coffee, a motorcycle and a rocket. All are cut as `Photographs` are.
    """

    name: ClassVar[str] = "scikit_photographs"

    def _images(self):
        from skimage import data

        more = (data.astronaut, data.cat, data.coffee, lambda: data.stereo_motorcycle()[0], data.rocket)
        return super()._images() + [image() for image in more]


@dataclass(frozen=True)
class PhotoFolder(Dataset):
    """Every photograph below a folder, of any sizes; they stay on disk if they do not fit in memory.

    They are split by their pixels, so neither a new name nor another lossless format changes the split,
    unless folders `train` and `test` or `validation` are the splits. Fewer than three photographs are each
    cut into parts that share no pixel, as `Photographs` are.

    Attributes:
        path: The folder.
        cropping: How they are cropped for training.
        channels: 1 for gray, 3 for color; None for color if any of the files has color.
        folders: "splits" if folders stand for splits, "labels" if they do not; None to find out by their
            names.
        full_scale: The value that stands for white in photographs of more than 8 bits a channel; None for
            that of the fewest bits (8, 10, 12, 14 or 16) that hold all values of the folder, and 1 for
            floats.
        group: What groups photographs, none of which is in two splits: "folder" for the folder of each, or a
            regular expression in its path, such as "camera([0-9]+)".
        test_list: A text file that lists the test split, one a line: paths of photographs in the folder, or
            groups.
    """

    category: ClassVar[str] = "photographs"
    carried_over: ClassVar[tuple[str, ...]] = ("cropping",)
    priority: ClassVar[int] = 50
    path: str
    cropping: Cropping = Cropping()
    channels: int | None = None
    folders: str | None = None
    full_scale: float | None = None
    group: str = ""
    test_list: str = ""

    def __post_init__(self):
        check_grouping(self)
        check_channels(self.channels)
        check_folders(self.folders)
        if self.full_scale is not None:
            FullScale(self.full_scale)

    @classmethod
    def accepts(cls, text: str) -> PhotoFolder | None:
        return cls(text) if Path(text).is_dir() else None

    def load(self) -> Data:
        """Reads the photographs.

        Raises:
            InputError: For a folder without readable images.
        """
        return self._load()

    def load_like(self, scaler: Scaler) -> Data:
        return self._load(scaler.images.full_scale)

    def _load(self, learned: FullScale | None = None) -> Data:
        """The photographs, with the full scale of a trained model."""
        names, others = image_files(self.path)
        layout = layout_of(names, self.path, self.folders)
        images = find_frames(self.path, layout.names, FIRST)
        full_scale, scale_notes = full_scale_of(self.path, images, self.full_scale, learned)
        channels = self.channels or max((each.channels for each in images.headers.values()), default=3)
        results = dict(
            zip(
                images.headers,
                in_parallel(
                    lambda name: _photograph_or_fault(Path(self.path, name), channels, full_scale),
                    list(images.headers),
                ),
                strict=True,
            )
        )
        faults = images.faults | {name: fault for name, fault in results.items() if isinstance(fault, str)}
        good = [photograph for photograph in results.values() if isinstance(photograph, Photograph)]
        paths = {str(Path(self.path, name)): fault for name, fault in faults.items()}
        if not good:
            raise none_readable(self.path, paths)
        more = sum(header.has_more for header in images.headers.values())
        notes: tuple[str, ...] = (f"{len(good)} photographs below {self.path}", *layout.notes, *scale_notes)
        notes += (f"of {counted(more, 'file')} with several pages or frames the first alone",) if more else ()
        notes += (fault_note(paths, len(layout.names)),) if faults else ()
        notes += passed_over(others)
        sizes = [header.size for name, header in images.headers.items() if name not in faults]
        notes += tuple(mirrored_notes(sizes, self.cropping.size))
        layout = layout.without(faults)
        read_as: dict[str, Any] = {
            "format": Images(full_scale.whole, full_scale.floats, FIRST),
            "full_scale": recorded(full_scale, images),
        }
        name = f"folder {Path(self.path).resolve().name}"
        asked = self.group or self.test_list
        if len({one.digest for one in good}) < 3 and not (layout.splits or asked):
            notes += ("fewer than three photographs: each is cut into parts to train, validate and test on",)
            whole = cut_in_three(name, [one.decode() for one in good], self.cropping, notes)
            return replace(whole, **read_as)
        (parts, rule), split_notes = split_images(layout, [one.digest for one in good], self)
        notes += (*split_notes, f"split {rule}")
        photographs = {part: [good[index] for index in indices] for part, indices in parts.items()}
        tested = sorted(photographs["test"], key=lambda one: one.digest)[:MOST_TESTED]
        left_out = len(photographs["test"]) - len(tested)
        notes += (f"of the test photographs {MOST_TESTED} are scored, not {left_out} more",) * (left_out > 0)
        photographs["test"] = [_middle_of(one) for one in tested]
        albums = {part: Album(each, channels) for part, each in photographs.items()}
        data = data_of(name, albums, self.cropping, notes)
        return replace(data, **read_as, rule=rule, fixed=bool(asked))

    def sample(self) -> Data:
        """Crops of a photograph that comes with scikit-learn, which needs no folder."""
        return Photographs(self.cropping, self.channels).sample()


def data_of(name: str, albums: dict[str, Album], cropping: Cropping, notes: tuple[str, ...]) -> Data:
    """Crops of photographs as data.

    Args:
        name: Name of the data.
        albums: "train" and "validation", or neither; and "test", whose whole images are evaluated too.
        cropping: How they are cropped for training.
        notes: For the user.

    Returns:
        The data.
    """
    test = albums["test"]
    empty = Split(np.empty((0, cropping.size, cropping.size, test.channels), np.uint8))
    splits: dict[str, Any] = {
        part: Split(pieces(albums[part], cropping.size, MOST_PIECES), images=len(albums[part]))
        if part in albums
        else empty
        for part in ("validation", "test")
    }
    train = crops_of(albums["train"], cropping) if "train" in albums else empty
    return Data(name, train, **splits, domain=UNIT, notes=notes, whole=test)


def cut_in_three(name: str, images: Sequence[np.ndarray], cropping: Cropping, notes: tuple[str, ...]) -> Data:
    """Images as data, each cut from left to right into parts for the three splits.

    Args:
        name: Name of the data.
        images: (height, width, channels), uint8.
        cropping: How they are cropped for training.
        notes: For the user.

    Returns:
        The data.

    Raises:
        InputError: For images that are too narrow to be cut.
    """
    parts: dict[str, list[Photograph]] = {"train": [], "validation": [], "test": []}
    for image in images:
        width = image.shape[1]
        if width < LEAST_WIDTH:
            raise InputError(
                f"expected photographs of at least {LEAST_WIDTH} pixels across to cut into three, received "
                f"{width}; add more photographs, or larger ones"
            )
        borders = [round(width * end) for end in np.cumsum((0, *FRACTIONS, 1 - sum(FRACTIONS)))]
        for photographs, left, right in zip(parts.values(), borders, borders[1:], strict=False):
            photographs.append(_in_memory(image[:, left:right]))
        parts["test"][-1] = _middle_of(parts["test"][-1])
    channels = images[0].shape[-1]
    return data_of(name, {part: Album(each, channels) for part, each in parts.items()}, cropping, notes)


def read_photograph(file: Path, channels: int, full_scale: FullScale = FULL_RANGE) -> Photograph:
    """Reads a photograph's file; it is decoded once, to check it.

    Args:
        file: The image.
        channels: 1 for gray, 3 for color.
        full_scale: The values that stand for white in photographs of more than 8 bits.

    Returns:
        The photograph.

    Raises:
        ValueError: For a photograph that is too small. For a broken file, decoders raise errors of any kind.
    """
    decoded = whole_image(file, channels, full_scale)
    if min(decoded.shape[:2]) < LEAST_SIDE:
        raise ValueError(f"{decoded.shape[1]}x{decoded.shape[0]} is below {LEAST_SIDE} pixels a side")
    return Photograph(
        partial(whole_image, file, channels, full_scale), content_hash(decoded), decoded[..., 0].size
    )


def _photograph_or_fault(file, channels, full_scale):
    """A photograph, or the reason why it cannot be read."""
    try:
        return read_photograph(file, channels, full_scale)
    except Exception as error:  # decoders raise errors of any kind for a broken file
        return one_line(error)


def _in_memory(image):
    """An array as a photograph."""
    content = np.ascontiguousarray(image)
    return Photograph(lambda: content, content_hash(content), content[..., 0].size)


def _middle_of(whole):
    """The middle of a photograph, small enough to be evaluated in seconds."""

    def decode():
        image = whole.decode()
        top, left = (max(0, side - LARGEST_TESTED) // 2 for side in image.shape[:2])
        return image[top : top + LARGEST_TESTED, left : left + LARGEST_TESTED]

    return Photograph(decode, whole.digest, whole.pixels)


def _as(channels, image):
    """A color image (height, width, 3) uint8, or the same in gray."""
    return image if channels != 1 else np.asarray(Image.fromarray(image).convert("L"))[..., None]


def check_channels(channels: int | None) -> None:
    """Checks a number of channels.

    Args:
        channels: 1 for gray, 3 for color, None for those of the files.

    Raises:
        InputError: For another number.
    """
    if channels not in (None, 1, 3):
        raise InputError(f"channels is 1 (gray) or 3 (color), received {channels}")
