"""Texts of the user: a file of plain text, or every one below a folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from keras_ae.counts import counted
from keras_ae.data.dataset import Dataset
from keras_ae.data.text.collection import TextDataset
from keras_ae.errors import InputError
from keras_ae.files import files_below
from keras_ae.formats.text.reading import SUFFIXES, read_text

__all__ = ["TextFiles"]

PASSED_OVER = ("license", "copying", "authors", "changelog")
"""Files of a folder that are about its texts, by their names without a suffix."""


@dataclass(frozen=True)
class _Located:
    """The first field of texts of the user.

    Attributes:
        path: The file or the folder.
    """

    path: str


@dataclass(frozen=True)
class TextFiles(TextDataset, _Located, Dataset):
    """Plain text in UTF-8: a file, or all .txt, .text, .md, .rst and .tex files below a folder, in order."""

    holds: ClassVar[str] = "texts, .txt files in UTF-8"
    priority: ClassVar[int] = 90

    @classmethod
    def accepts(cls, text: str) -> TextFiles | None:
        """The data set of a file or a folder, or None for anything but plain text."""
        path = Path(text)
        if path.is_file():
            return cls(text) if path.suffix.lower() in SUFFIXES else None
        return cls(text) if path.is_dir() and _files(text) else None

    def texts(self) -> tuple[str, list[str], tuple[str, ...]]:
        """Reads the file, or the files below the folder."""
        if not os.path.exists(self.path):
            raise InputError(f"there is no file or folder {self.path}; check the path")
        if Path(self.path).is_file():
            return Path(self.path).name, [self._checked(self.path)], ()
        listed = files_below(self.path)
        names = _files(self.path)
        if not names:
            raise InputError(f"expected {self.holds} below {self.path}, found none; check the path")
        texts = [self._checked(os.path.join(self.path, name)) for name in names]
        others = len(listed.names) - len(names)
        passed = f"passed over {counted(others, 'file')} without texts" if others else ""
        notes = (f"{len(names):,} files, in the order of their names", passed, listed.note)
        return f"folder {Path(self.path).resolve().name}", texts, tuple(filter(None, notes))

    def _checked(self, path: str) -> str:
        text = read_text(path)
        if not text.strip():
            raise InputError(f"{path} is blank; write text into it, or leave it out")
        return text


def _files(folder: str) -> list[str]:
    """The files of text below a folder, without those about them."""
    return [
        name
        for name in files_below(folder).names
        if Path(name).suffix.lower() in SUFFIXES and Path(name).stem.lower() not in PASSED_OVER
    ]
