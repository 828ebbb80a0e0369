"""The array of an .npy or .npz file, read in batches."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from math import prod
from pathlib import Path

import numpy as np

from keras_ae.data.array_names import roles_of
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.labels import Unusable, in_classes, numbered, plain_labels
from keras_ae.data.npy import read_header, readable
from keras_ae.data.streams.rows import Batch, InputSpec, check_shape, conform
from keras_ae.data.streams.stream import Stream
from keras_ae.errors import InputError

__all__ = ["ArrayStream"]


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
