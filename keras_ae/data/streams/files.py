"""Files of a format of their own, such as clips, one example each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from keras_ae.data.streams.rows import Batch, InputSpec
from keras_ae.errors import InputError
from keras_ae.files import files_below
from keras_ae.formats import Format

__all__ = ["FileExamples"]


class FileExamples:
    """The examples that a format reads from files, in the order of their paths.

    Args:
        path: A file, or a folder.
        spec: Of the head's inputs.
        format: The format.

    Raises:
        InputError: If there is no such file.
    """

    labeled = False
    has_names = True
    notes: tuple[str, ...] = ()

    def __init__(self, path: str, spec: InputSpec, format: Format):
        self.where, self.spec, self.format, self.noun = path, spec, format, format.noun
        self.files = format.files_in([Path(path)])
        self.count = len(self.files)

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Batch]:
        """As `Stream` has it.

        Args:
            size: The most examples of a batch.
            start: The first position.
            stop: One past the last position; None for the end.

        Yields:
            Batches in the order of their positions, with the faults of files that cannot be read.
        """
        stop = self.count if stop is None else stop
        for first in range(start, stop, size):
            files = self.files[first : min(first + size, stop)]
            read: dict[int, np.ndarray] = {}
            faults: dict[str, str] = {}
            for position, file in enumerate(files, first):
                try:
                    read[position] = self.format.read_input(file, self.spec.shape)
                except InputError as error:
                    faults[str(file)] = str(error).removeprefix(f"{file} ")
            examples = np.stack([*read.values()]) if read else np.empty((0, *self.spec.shape), np.float32)
            names = [str(self.files[position]) for position in read]
            yield Batch(np.array([*read], np.int64), examples, None, names, faults)

    def sha256(self) -> str:
        """As `Stream` has it.

        Returns:
            Hexadecimal digits.
        """
        digest = hashlib.sha256()
        for file in self.files:
            parts = [file / name for name in files_below(file).names] if file.is_dir() else [file]
            for part in parts:
                content = part.read_bytes()
                digest.update(f"{str(part.relative_to(file))!a} {len(content)} ".encode())
                digest.update(content)
        return digest.hexdigest()
