"""The files of examples: how they are found, read and written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from keras_ae.errors import InputError
from keras_ae.files import files_below
from keras_ae.formats.hooks.lengths import LengthHooks

__all__ = ["ARRAYS", "FileHooks"]

ARRAYS = (".npy", ".npz")
"""Suffixes of files of arrays."""


class FileHooks(LengthHooks):
    """The files of examples: how they are found, read and written."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Suffixes of files for `read`; `write` uses the first one."""
        raise NotImplementedError

    noun: ClassVar[str] = "files"
    """What its examples are called, in the plural."""

    def suffix_for(self, shape: tuple[int, ...]) -> str:
        """The suffix of the file that `write` makes.

        Args:
            shape: The shape of an example.

        Returns:
            By default the first of `suffixes`.
        """
        return self.suffixes[0]

    def own_files(self, shape: tuple[int, ...]) -> bool:
        """Whether a head is used by files that `read` takes, and not by arrays or by images as bytes.

        Args:
            shape: The shape of an example.

        Returns:
            True but for numbers and rows, and for images that served heads decode.
        """
        return True

    @property
    def holds_several(self) -> bool:
        """Whether a file may hold several examples, which data sets of the kind read."""
        return False

    @property
    def writes_several(self) -> bool:
        """Whether the examples of a file are written to one file again, by `write_several`."""
        return False

    @property
    def is_text(self) -> bool:
        """Whether files of other suffixes than `suffixes` may be of this kind too, if they are no arrays."""
        return self.holds_several

    def reads(self, path: Path) -> bool:
        """Whether a path is one that a user of this kind of examples may give.

        Args:
            path: A file or a folder.

        Returns:
            Whether it is, by its name.
        """
        suffix = path.suffix.lower()
        others = self.is_text and suffix not in ARRAYS and path.exists()
        return path.is_dir() or suffix in self.suffixes or others

    def files_in(self, paths: Sequence[Path]) -> list[Path]:
        """The files that `read` takes, of files and folders that a user gives.

        Args:
            paths: Files and folders; of a folder all files below it that have one of the suffixes.

        Returns:
            The files in a fixed order, each of them once.

        Raises:
            InputError: If there is none in a folder.
        """
        found: list[Path] = []
        for path in paths:
            below = [path / name for name in files_below(path).names] if path.is_dir() else [path]
            own = [file for file in below if not path.is_dir() or file.suffix.lower() in self.suffixes]
            if not own:
                raise InputError(
                    f"expected {self.noun} ({' '.join(self.suffixes)}) below {path}; found none; check the "
                    "path"
                )
            found += own
        return list(dict.fromkeys(found))

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        """Reads an example from a file.

        Args:
            path: The file.
            shape: The shape of an example; along `axis` the file may hold more.

        Returns:
            The example.

        Raises:
            InputError: If the file does not contain such an example.
        """
        raise NotImplementedError

    def read_input(self, path: Path, shape: tuple[Any, ...]) -> np.ndarray:
        """Reads a file as an input of a head.

        Args:
            path: The file.
            shape: The shape of the head's input; None along an axis of any length.

        Returns:
            The input, of that shape; of a file that holds more along `axis`, its beginning.

        Raises:
            InputError: If the file cannot be read.
        """
        example, axis = self.read(path, shape), self.axis
        return example if axis is None else example.take(range(shape[axis]), axis=axis)

    def note_on(self, path: Path, shape: tuple[int, ...] = ()) -> str:
        """What is left out of a file that can be read.

        Args:
            path: The file.
            shape: The shape of an example; () where a file may be longer than that.

        Returns:
            A line for the user; empty if the file holds one example alone.
        """
        if self.axis is None or not shape:
            return ""
        whole, size = self.read(path, shape).shape[self.axis], shape[self.axis]
        if whole <= size:
            return ""
        counts = [f"{length / self.length_step:g}" for length in (whole, size)]
        return f"of the {counts[0]} {self.length_name} of {path} the first {counts[1]} are taken"

    def write(self, example: np.ndarray, stem: Path) -> list[Path]:
        """Writes an example to files.

        Args:
            example: The example, (...).
            stem: Path of the files without a suffix.

        Returns:
            The files written; `read` takes the first.
        """
        raise NotImplementedError

    def write_several(self, examples: Sequence[Any], names: Sequence[str], stem: Path) -> Path:
        """Writes examples to one file; implemented where `writes_several` is true.

        Args:
            examples: (...) each, or as clients have them.
            names: Their names within the file.
            stem: Path of the file without a suffix.

        Returns:
            The file, which holds the examples as one of a user does.
        """
        raise NotImplementedError
