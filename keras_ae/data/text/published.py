"""Published texts: the plays of tinyshakespeare."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from keras_ae.data.dataset import Dataset
from keras_ae.data.download import download, read_manifest
from keras_ae.data.text.collection import TextDataset

__all__ = ["TinyShakespeare", "manifest"]

MANIFEST = Path(__file__).with_name("published.sha256")
"""Lines of a file's sha256 and its path below the cache's folder of data sets."""


@dataclass(frozen=True)
class TinyShakespeare(TextDataset, Dataset):
    """40,000 lines of plays by Shakespeare, 1,115,394 characters, 65 different ones (Karpathy 2015).

    The plays are in the public domain. 32,777 lines are not blank; the longest has 63 characters.

    Attributes:
        max_length: As in `TextDataset`.
    """

    name: ClassVar[str] = "tinyshakespeare"
    origin: ClassVar[str] = (
        "https://raw.githubusercontent.com/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/"
        "data/tinyshakespeare/"
    )
    file: ClassVar[str] = "input.txt"
    max_length: int = 63

    def texts(self) -> tuple[str, list[str], tuple[str, ...]]:
        """Downloads the plays once."""
        sha256 = manifest()[f"tinyshakespeare/{self.file}"]
        path = download(self.file, self.origin, "tinyshakespeare", sha256)
        return self.name, [path.read_text(encoding="ascii")], ()


def manifest() -> dict[str, str]:
    """The files of all published texts.

    Returns:
        The sha256 of each file, by its path below the cache's folder of data sets.
    """
    return read_manifest(MANIFEST)
