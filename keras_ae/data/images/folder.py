"""Any folder of images: every common format, any size, gray or color, with labels or splits as folders."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import zip_longest
from math import prod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from keras_ae.counts import counted
from keras_ae.data.dataset import Dataset
from keras_ae.data.examples import LARGEST
from keras_ae.data.images.decoded import PixelCache, in_memory
from keras_ae.data.images.folder_splits import hashes_by_file
from keras_ae.data.images.grouping import check_grouping, split_images
from keras_ae.data.images.listing import fault_note, image_files, none_readable, passed_over
from keras_ae.data.images.middles import size_notes
from keras_ae.data.images.mnist import embedded_digits
from keras_ae.data.mapped import MOST_IN_MEMORY, split_of
from keras_ae.data.scaling import Scaler
from keras_ae.data.splits import split_by_content
from keras_ae.data.types import Data
from keras_ae.domains import UNIT
from keras_ae.errors import InputError, check_least
from keras_ae.folder_layout import check_folders, check_one, layout_of
from keras_ae.formats.images import Images
from keras_ae.imaging.decode import fit
from keras_ae.imaging.deep import FullScale
from keras_ae.imaging.fitting import CROP, check_fit
from keras_ae.imaging.frame_scale import full_scale_of, recorded
from keras_ae.imaging.frames import find_frames
from keras_ae.imaging.headers import ALL, FIRST, check_pages
from keras_ae.imaging.masks import read_masks
from keras_ae.imaging.sizes import check_size, sides_of

__all__ = ["ImageFolder"]

DARK = 64
"""The level, of 255, below which the highest of all images is told of as dark."""

NATIVE, FALLBACK = 128, 64
"""Square images of one size up to NATIVE keep it; others are resized to FALLBACK."""


@dataclass(frozen=True)
class ImageFolder(Dataset):
    """Every image below a folder; its subfolders, if it has any, are the labels.

    Examples are (height, width, channels) in [0, 1]: by default the middle square of an image, resized. An
    image's split depends on its pixels alone, so neither a new name nor a new size changes it, unless folders
    `train` and `test` or `validation` are the splits, with the labels below them. Masks in a folder
    `ground_truth` mark the pixels of anomalies.

    Attributes:
        path: The folder.
        size: Side in pixels, or height and width; None for the images' own if all are squares of one size up
            to 128, else 64.
        channels: 1 for gray, 3 for color, 4 for red, green, blue and opacity, or the number of bands of TIFF
            files of many bands; None for the files' own, if all have the same.
        fit: How images are brought to the size: "crop" for their middle, "pad" for the whole with a black
            border, "stretch" for the whole in other proportions.
        folders: What folders stand for, "labels" or "splits"; None to find out by their names.
        full_scale: The value that stands for white in images of more than 8 bits a channel; None for that of
            the fewest bits (8, 10, 12, 14 or 16) that hold all values of the folder, and 1 for floats.
        pages: Which pages or frames of a file are images, "first" or "all"; None for all pages of a TIFF that
            are of the first one's size, and the first frame of animations.
        group: What groups images, none of which is in two splits: "folder" for the folder of each, or a
            regular expression in its path, such as "patient([0-9]+)".
        test_list: A text file that lists the test split, one a line: paths of images in the folder, or
            groups.
        stream: Whether the decoded images lie in a cache on disk, from which they are read in batches; None
            to do so where they take more than half a GiB.
    """

    priority: ClassVar[int] = 20
    path: str
    size: int | tuple[int, ...] | None = None
    channels: int | None = None
    folders: str | None = None
    full_scale: float | None = None
    pages: str | None = None
    group: str = ""
    test_list: str = ""
    fit: str = CROP
    stream: bool | None = None

    def __post_init__(self):
        check_grouping(self)
        check_size(self.size)
        check_fit(self.fit)
        if self.channels is not None:
            check_least(self, channels=1)
        check_folders(self.folders)
        check_pages(self.pages)
        if self.full_scale is not None:
            FullScale(self.full_scale)

    @classmethod
    def accepts(cls, text: str) -> ImageFolder | None:
        return cls(text) if Path(text).is_dir() else None

    def load(self) -> Data:
        """Reads the images.

        Raises:
            InputError: For a folder without readable images, for gray and color images together without
                `channels`, for more images than the disk has room for, or memory where they have to be held
            there, and for several data sets in one folder.
        """
        return self._load()

    def load_like(self, scaler: Scaler) -> Data:
        return self._load(scaler.images.full_scale)

    def _load(self, learned: FullScale | None = None) -> Data:
        """The images, with the full scale of a trained model."""
        names, others = image_files(self.path)
        if self.folders is None:
            check_one(names, self.path)
        layout = layout_of(names, self.path, self.folders)
        decoded = self._decoded(layout.names, learned)
        images, full_scale, hashes = decoded.images, decoded.full_scale, decoded.contents
        faults = images.faults | {
            str(frame): fault
            for frame, fault in zip(images.frames, hashes, strict=True)
            if isinstance(fault, str)
        }
        contents = {row: content for row, content in enumerate(hashes) if isinstance(content, bytes)}
        good = list(contents)
        if not good:
            raise none_readable(self.path, self._paths(faults))
        frames, layout = [images.frames[row] for row in good], layout.take([images.rows[row] for row in good])
        pixels = decoded.pixels if len(good) == len(hashes) else decoded.pixels[good]
        height, width = pixels.shape[1:3]
        whole = split_of(pixels, layout.index(layout.label_names))
        by_file, page_notes = hashes_by_file(frames, list(contents.values()))
        (parts, rule), split_notes = split_images(layout, by_file, self)
        masks, mask_notes = self._masks(layout, parts, images.headers, (height, width))
        splits: dict[str, Any] = {
            part: replace(whole.take(index), masks=masks[part]) for part, index in parts.items()
        }
        high = whole.examples.max()
        dark = (f"nearly black: the highest level is {high} of 255",) if 0 < high < DARK else ()
        labels = counted(len(layout.label_names), "label") if layout.label_names else "no labels"
        notes = (
            f"{counted(len(whole), 'image')} below {self.path}, {labels}",
            *_advised(layout, images),
            *size_notes([header.size for header in images.headers.values()], (height, width), self.fit),
            *(*decoded.notes, *page_notes, *dark, *split_notes, *mask_notes, f"split {rule}"),
            *((fault_note(self._paths(faults), len(images.frames) + len(images.faults)),) if faults else ()),
            *passed_over(others),
        )
        return Data(
            f"folder {Path(self.path).resolve().name}",
            **splits,
            domain=UNIT,
            label_names=layout.label_names,
            notes=notes,
            format=Images(full_scale.whole, full_scale.floats, self.pages, self.fit),
            full_scale=recorded(full_scale, images),
            rule=rule,
            fixed=bool(self.group or self.test_list),
        )

    def sample(self) -> Data:
        """Digits of this size with these channels, which need no folder."""
        examples, labels = embedded_digits()
        height, width = sides_of(self.size or 28)
        channels = self.channels or 1
        images = np.stack(
            [
                fit(Image.fromarray(digit[..., 0]), width, 1, height, self.fit).repeat(channels, -1)
                for digit in examples[::50]
            ]
        )
        return Data("sample", **split_by_content(images, labels[::50]), domain=UNIT)

    def _decoded(self, names, learned):
        """The images, decoded; many in a cache on disk."""
        settings = f"{self.size} {self.channels} {self.fit} {self.pages} {self.full_scale} {learned}"
        cache = None if self.stream is False else PixelCache(self.path, names, settings)
        known = None if cache is None else cache.read()
        if known is not None and (self.stream or known.pixels.nbytes > MOST_IN_MEMORY):
            return known
        images = find_frames(self.path, names, self.pages)
        shape = self._shape(images)
        size = len(images.frames) * prod(shape)
        if cache is None:
            self._check_memory(size, len(images.frames), shape)
        full_scale = full_scale_of(self.path, images, self.full_scale, learned)
        if cache is None or not (self.stream or size > MOST_IN_MEMORY):
            return in_memory(self.path, images, full_scale, shape, self.fit)
        return cache.write(images, full_scale, shape, self.fit)

    def _shape(self, images):
        """The height, the width and the channels of the examples."""
        if not images.headers:
            raise none_readable(self.path, self._paths(images.faults))
        channels = Counter(header.channels for header in images.headers.values())
        if self.channels is None and len(channels) > 1:
            raise InputError(
                f"expected images of one kind below {self.path}; found {_kinds_in_words(channels)}; set "
                'data.channels to 1 or 3 (SET="data.channels=3")'
            )
        sizes = {header.size for header in images.headers.values()}
        width, height = next(iter(sizes))
        native = len(sizes) == 1 and width == height <= NATIVE
        side = (width if native else FALLBACK) if self.size is None else self.size
        return *sides_of(side), self.channels or next(iter(channels))

    def _check_memory(self, size, count, shape):
        """Refuses more images than fit in memory."""
        if size > LARGEST:
            smaller = max(1, int((LARGEST / (count * shape[2])) ** 0.5))
            raise InputError(
                f"{count} images at {'x'.join(map(str, shape))} take {size / 2**30:.1f} GiB, at most "
                f"{LARGEST / 2**30:.0f} are held in memory; leave data.stream=false out, to read them from a "
                f'cache on disk, or make them smaller, SET="data.size={smaller}"'
            )

    def _masks(self, layout, parts, headers, size):
        """The masks of each split, None where no image has one; and notes about those that cannot be read."""
        masks = dict.fromkeys(parts)
        faults = {}
        for part, indices in parts.items():
            names = [layout.names[index] for index in indices]
            if not layout.masks.keys() & set(names):
                continue
            masks[part] = np.full((len(names), *size), -1, np.int8)
            for pixels, name in zip(masks[part], names, strict=True):
                files = [Path(self.path, mask) for mask in layout.masks.get(name, ())]
                fault = read_masks(files, headers[name].size, pixels, self.fit) if files else None
                faults |= {} if fault is None else {name: fault}
        notes = (f"masks that cannot be read: {fault_note(faults, len(layout.masks))}",) if faults else ()
        return masks, notes

    def _paths(self, faults):
        return {str(Path(self.path, name)): fault for name, fault in faults.items()}


def _kinds_in_words(channels):
    """How many images there are of each number of channels."""
    words = {each: f"of {each} bands" for each in channels} | {1: "gray", 3: "in color"}
    return " and ".join(f"{channels[each]} {words[each]}" for each in sorted(channels))


def _advised(layout, images):
    """The notes on folders and on files of several images, with the settings that read them otherwise."""
    advice = [' (to read each folder as a label: SET="data.folders=labels")'] if layout.splits else []
    yield from map("".join, zip_longest(layout.notes, advice, fillvalue=""))
    for note in images.notes:
        several = note.endswith("each an image")
        words, pages = ("the first alone", FIRST) if several else ("all", ALL)
        yield f'{note} ({words}: SET="data.pages={pages}")'
