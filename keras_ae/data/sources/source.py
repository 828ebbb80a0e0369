"""The base class of sources: what stands for data that lie elsewhere, or in a form that is converted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from keras_ae.errors import InputError

__all__ = ["MOST_COPIED", "DataSource", "Unreachable"]

MOST_COPIED = 16 * 2**30
"""Bytes of a copy, at most."""


class Unreachable(InputError):
    """A source that cannot be reached now, of which there may be an earlier copy."""


@dataclass(frozen=True)
class DataSource:
    """Base class of sources, which are found by listing this folder.

    Subclasses must implement `accepts`, `version` and `bring`.

    Attributes:
        priority: Where a kind stands among those that are tried on a text, the lowest first.
        form: What the text is, in a listing.
        text: What the user gives in the place of a path, without secrets.
    """

    priority: ClassVar[int] = 0
    form: ClassVar[str] = "PATH"
    text: str

    @classmethod
    def accepts(cls, text: str) -> DataSource | None:
        """Parses the text of a command line.

        Args:
            text: A name, a path, or whatever else may stand for data.

        Returns:
            The source; None if the text does not stand for one of this kind.
        """
        raise NotImplementedError

    @property
    def identity(self) -> str:
        """What tells this source from others, and stays the same when its content changes."""
        return self.text

    @property
    def title(self) -> str:
        """What the data are called, such as the name of the file, without a suffix."""
        return Path(self.text).stem

    @property
    def stamp(self) -> str:
        """What changes with the content of a local file; "" for others, whose version holds for a process."""
        return ""

    def version(self) -> str:
        """What changes when the content does, such as an object's ETag; no content is read for it.

        Returns:
            The version; "" if there is nothing to tell it by, and the content is to be read each time.

        Raises:
            InputError: There is nothing of this text, or it cannot be read.
            Unreachable: It cannot be reached.
        """
        raise NotImplementedError

    def bring(self, folder: Path) -> Path:
        """Writes a copy; its size is bounded before it is read.

        Args:
            folder: An empty folder.

        Returns:
            The copy: a file or a folder in it.

        Raises:
            InputError: It cannot be read, is too large, or does not fit on the disk.
        """
        raise NotImplementedError
