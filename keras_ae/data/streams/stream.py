"""Streams: inputs of any number of examples, read in batches, one of them in memory at a time."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from math import prod
from pathlib import Path

import numpy as np

from keras_ae.data.array_names import roles_of
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.dataset import Dataset
from keras_ae.data.find import find_dataset
from keras_ae.data.images.folder import ImageFolder
from keras_ae.data.images.listing import image_files, passed_over
from keras_ae.data.labels import Unusable, in_classes, numbered, plain_labels
from keras_ae.data.npy import read_header, readable
from keras_ae.data.scaling import Scaler, class_indices
from keras_ae.data.streams.files import FileExamples
from keras_ae.data.streams.rows import Batch, InputSpec, check_shape, conform
from keras_ae.errors import InputError
from keras_ae.files import FolderFiles
from keras_ae.folder_layout import layout_of
from keras_ae.formats import Format
from keras_ae.imaging.frames import frames_in, pixels_of
from keras_ae.imaging.headers import SUFFIXES

ARRAYS = (".npy", ".npz")

__all__ = ["ArrayStream", "FileStream", "FolderStream", "LoadedStream", "Stream", "open_stream"]


class Stream:
    """An input that is read in batches, any number of times.

    Attributes:
        where: Its name in messages.
        count: How many examples it has.
        labeled: Whether its batches have labels.
        has_names: Whether its batches have the names of files.
        notes: For the user, such as which files are passed over.
        noun: What its examples are called, in the plural.
    """

    where: str
    count: int
    labeled: bool = False
    has_names: bool = False
    notes: tuple[str, ...] = ()
    noun: str = "images"

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Batch]:
        """Reads the examples from one position to another.

        Args:
            size: The most examples of a batch.
            start: The first position.
            stop: One past the last position; None for the end.

        Yields:
            Batches in the order of their positions.

        Raises:
            InputError: For values that the head does not take, and for a truncated or broken file.
        """
        raise NotImplementedError

    def sha256(self) -> str:
        """The hash of everything that the batches are made from.

        Returns:
            Hexadecimal digits.
        """
        raise NotImplementedError


def open_stream(text: str, spec: InputSpec, split: str | None = None, key: str | None = None) -> Stream:
    """Opens a data set by its name, a folder of images or one image, or an .npy or .npz file.

    Of a folder or a file, only names and headers are read.

    Args:
        text: The name or the path.
        spec: Of the head's inputs.
        split: "train", "validation" or "test" of a data set by name, or of a folder whose folders are splits;
            None for all.
        key: The name of the array in an .npz; None for the one that training uses.

    Returns:
        The stream.

    Raises:
        InputError: For examples of another shape or domain, and for a split or key that does not exist.
    """
    if spec.format is not None and spec.format.served_name and os.path.exists(text):
        from keras_ae.data.streams.strings import StringStream  # which is a Stream itself

        return StringStream(text, spec, spec.format, split)
    suffix = Path(text).suffix.lower()
    if (
        spec.format is not None
        and spec.format.holds_several
        and os.path.exists(text)
        and suffix not in ARRAYS
    ):
        from keras_ae.data.streams.several import SeveralStream  # which is a Stream itself

        return SeveralStream(text, spec, spec.format, split)
    if spec.format is not None and (os.path.isdir(text) or suffix in spec.format.suffixes):
        return FileStream(text, spec, spec.format, split)
    if os.path.isfile(text) and os.path.splitext(text)[1].lower() in SUFFIXES:
        dataset: Dataset = ImageFolder(text)
    else:
        dataset = find_dataset(text)
    if split is not None and isinstance(dataset, ArrayFile):
        raise InputError(f"{text} has no splits of its own; leave out --split, received {split!r}")
    if key is not None and not isinstance(dataset, ArrayFile):
        raise InputError(f"{text} holds no arrays by name; leave out --key, received {key!r}")
    if isinstance(dataset, ArrayFile):
        return ArrayStream(ArrayFile(dataset.path, key), spec)
    if isinstance(dataset, ImageFolder):
        return FolderStream(dataset.path, spec, split)
    return LoadedStream(dataset, spec, split)


class ArrayStream(Stream):
    """The array of an .npy file, read through a memory map, or of an .npz, read while it is decompressed.

    Args:
        file: The file, and the name of the array.
        spec: Of the head's inputs.

    Raises:
        InputError: For a file that is not NumPy's, and for an array of another shape or kind.
    """

    def __init__(self, file: ArrayFile, spec: InputSpec):
        headers = file.headers()
        self.path, self.spec, self.key = file.path, spec, file.choose(headers)
        self.header = headers[self.key]
        self.zipped = Path(self.path).suffix.lower() == ".npz"
        self.where = f"{self.path}:{self.key}" if self.zipped else self.path
        shape, dtype, fortran = self.header
        if dtype.kind not in "buif":
            raise InputError(f"expected numbers in {self.where}; received dtype {dtype}")
        if not shape or min(shape) < 1:
            raise InputError(f"expected examples in {self.where}; received shape {shape}")
        check_shape(shape[1:], spec, self.where)
        if fortran and self.zipped and len(shape) > 1:
            raise InputError(
                f"{self.where} is stored column by column, which cannot be read in batches; save it with "
                "numpy.ascontiguousarray(x), or as an .npy"
            )
        self.count = shape[0]
        self.labels = self._read_labels(headers)
        self.labeled = self.labels is not None

    def _read_labels(self, headers):
        """The class of each example, among those of the training where the head takes them; None without."""
        label_key = roles_of(headers, self.key).labels.get("train")
        if label_key is None or headers[label_key].shape[:1] != (self.count,):
            return None
        with readable(self.path), np.load(self.path, allow_pickle=False) as archive:
            raw = archive[label_key]
        try:
            plain = plain_labels(raw)
            if self.spec.conditional:
                return in_classes(plain, self.spec.label_names, 0)
        except Unusable as reason:
            if self.spec.conditional:
                raise InputError(f"expected the classes of the training; {label_key} {reason}") from reason
            return None
        return plain if plain.dtype.kind == "i" else numbered({"": plain})[0][""]

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Batch]:
        stop = self.count if stop is None else stop
        read = self._from_zip if self.zipped else self._from_file
        for raw in read(self.key, size, start, stop):
            rows = slice(start, start + len(raw))
            examples = conform(raw.reshape(-1, *self.spec.shape), self.spec, self.where, start)
            labels = None if self.labels is None else self.labels[rows]
            yield Batch(np.arange(rows.start, rows.stop), examples, labels)
            start = rows.stop

    def _from_file(self, _, size, start, stop):
        """Batches of the array of an .npy."""
        with readable(self.path):
            with open(self.path, "rb") as file:
                shape, dtype, fortran = read_header(file)
                offset = file.tell()
            for first in range(start, stop, size):
                # a new map for each batch: every page that one long-lived map has read would stay in memory
                whole = np.memmap(self.path, dtype, "r", offset, shape, "F" if fortran else "C")
                yield np.array(whole[first : min(first + size, stop)])

    def _from_zip(self, key, size, start, stop):
        """Batches of an array of an .npz."""
        with readable(self.path), zipfile.ZipFile(self.path) as archive, archive.open(f"{key}.npy") as file:
            shape, dtype, _ = read_header(file)
            row = dtype.itemsize * prod(shape[1:])
            file.seek(start * row, 1)
            for first in range(start, stop, size):
                count = min(size, stop - first)
                content = file.read(count * row)
                if len(content) < count * row:
                    raise EOFError(f"{key} ends before its {shape[0]} rows")
                yield np.frombuffer(content, dtype).reshape(count, *shape[1:])
            if stop == shape[0]:
                file.read(1)  # at its end, the archive checks the checksum

    def sha256(self) -> str:
        digest = hashlib.sha256(self.where.rpartition(":")[2].encode() if self.zipped else b"")
        with open(self.path, "rb") as file:
            while block := file.read(2**20):
                digest.update(block)
        return digest.hexdigest()


class FolderStream(Stream):
    """The images below a folder, in the order of their paths, with the size and the channels of the head.

    Args:
        path: The folder, or one image.
        spec: Of the head's inputs.
        split: "train", "validation" or "test", if folders stand for splits; None for all images.

    Raises:
        InputError: If the head takes no images, and for a folder without images, without such a split or with
            unknown labels.
    """

    has_names = True

    def __init__(self, path: str, spec: InputSpec, split: str | None = None):
        if not spec.domain.unit_interval or len(spec.shape) != 3 or spec.shape[-1] not in (1, 3):
            raise InputError(
                f"expected examples of shape {spec.shape} of the {spec.domain.kind} domain, as the model was "
                f"trained on; received {path}, a folder of images; encode an .npy or .npz"
            )
        self.spec = replace(spec, full_scale=None)
        if os.path.isfile(path):
            self.where, (names, others) = (
                os.path.dirname(path) or ".",
                ([os.path.basename(path)], FolderFiles()),
            )
        else:
            self.where, (names, others) = path, image_files(path)
        layout = layout_of(names, path)
        if split is not None:
            if split not in layout.splits:
                has = f"has {', '.join(sorted(set(layout.splits)))}" if layout.splits else "has none"
                raise InputError(
                    f"{path} {has} of the splits train, validation and test; leave out --split, received "
                    f"{split!r}"
                )
            others_of = zip(layout.names, layout.splits, strict=True)
            layout = layout.without({name for name, part in others_of if part != split})
        self.frames, rows, notes = frames_in(path, layout.names, spec.images.pages)
        self.notes = (*layout.notes, *notes, *passed_over(others))
        self.names, self.count = tuple(map(str, self.frames)), len(self.frames)
        self.labels = self._labels(layout.take(rows))
        self.labeled = self.labels is not None

    def _labels(self, layout):
        """The index of each image's folder among the head's classes, or in the order of their names."""
        known = self.spec.label_names
        if not known:
            names = layout.label_names
            return layout.index(names) if len(names) > 1 else None
        unknown = sorted(set(layout.labels) - set(known))
        if unknown:
            raise InputError(
                f"expected folders named {', '.join(known)} below {self.where}, the classes that the model "
                f"was trained on; found {', '.join(unknown[:8])}"
            )
        return layout.index(known)

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Batch]:
        stop = self.count if stop is None else stop
        for first in range(start, stop, size):
            frames = self.frames[first : min(first + size, stop)]
            pixels = np.empty((len(frames), *self.spec.shape), np.uint8)
            results = pixels_of(self.where, frames, pixels, self.spec.images.full_scale, self.spec.images.fit)
            good = np.array([isinstance(result, bytes) for result in results])
            positions = first + np.flatnonzero(good)
            yield Batch(
                positions,
                conform(pixels[good], self.spec, self.where, first),
                self.labels[positions] if self.labeled else None,
                [self.names[position] for position in positions],
                {
                    str(frame): result
                    for frame, result in zip(frames, results, strict=True)
                    if isinstance(result, str)
                },
            )

    def sha256(self) -> str:
        digest = hashlib.sha256()
        for name in dict.fromkeys(frame.name for frame in self.frames):
            content = Path(self.where, name).read_bytes()
            digest.update(f"{name!a} {len(content)} ".encode())
            digest.update(content)
        return digest.hexdigest()


class FileStream(FileExamples, Stream):
    """The files of a format of their own.

    Args:
        path: A file, or a folder.
        spec: Of the head's inputs.
        format: The format.
        split: None, for files have no splits.

    Raises:
        InputError: If there is no such file, or a split is asked for.
    """

    def __init__(self, path: str, spec: InputSpec, format: Format, split: str | None = None):
        if split is not None:
            raise InputError(f"{path} has no splits of its own; leave out --split, received {split!r}")
        super().__init__(path, spec, format)


class LoadedStream(Stream):
    """A data set that is loaded whole, in its original units.

    Args:
        dataset: The data set.
        spec: Of the head's inputs.
        split: "train", "validation" or "test"; None for all, in this order.

    Raises:
        InputError: For data of another shape or domain.
    """

    def __init__(self, dataset: Dataset, spec: InputSpec, split: str | None = None):
        of_format = spec.format is not None and spec.format.has_ends
        like = Scaler(spec.domain, 0.0, 1.0, format=spec.format)  # with its vocabulary and its length
        self.data = dataset.load_like(like) if of_format else dataset.load()
        self.spec, self.where = replace(spec, full_scale=None), ""
        self.where = self.data.name + (f" ({split})" if split else "")
        if not spec.domain.matches(self.data.domain):
            raise InputError(
                f"the model was trained on values of the {spec.domain.kind} domain, {self.where} holds "
                f"{self.data.domain.kind} ones; encode data of its own kind"
            )
        splits = self.data.splits
        self.splits = [splits[split]] if split else list(splits.values())
        shape = self.splits[0].shape
        if spec.domain.ends:
            shape = (*shape[:-1], shape[-1] - 1)  # without flags
        check_shape(shape[:-1] if spec.domain.one_hot else shape, spec, self.where)
        self.count = sum(map(len, self.splits))
        self.labeled = all(part.labels is not None for part in self.splits)

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Batch]:
        stop = self.count if stop is None else stop
        for first in range(start, stop, size):
            last = min(first + size, stop)
            raw = self._joined([part.examples for part in self.splits], first, last)
            if self.data.domain.ends:
                raw = self.data.scaler.inverse_transform(raw)
            elif self.data.domain.scaled:
                raw = raw * self.data.scale + self.data.offset
            elif self.data.domain.one_hot:
                raw = class_indices(raw)
            labels = [part.labels for part in self.splits]
            yield Batch(
                np.arange(first, last),
                conform(raw.reshape(-1, *self.spec.shape), self.spec, self.where, first),
                self._joined(labels, first, last).astype(np.int64) if self.labeled else None,
            )

    def _joined(self, arrays, first, last):
        """Rows of concatenated arrays."""
        pieces, before = [], 0
        for array in arrays:
            pieces.append(array[max(first - before, 0) : max(last - before, 0)])
            before += len(array)
        return np.concatenate(pieces)

    def sha256(self) -> str:
        return hashlib.sha256(f"{self.data.sha256} {self.where}".encode()).hexdigest()
