"""A text file that another program appends to: its whole lines, whenever it has grown."""

from __future__ import annotations

from pathlib import Path

from keras_ae.errors import InputError

__all__ = ["GrowingFile"]

SAME = 4096
"""Bytes at the beginning of a file by which it is told from another one in its place."""


class GrowingFile:
    """Copies the whole lines of a file that grows.

    Args:
        path: The file.

    Raises:
        InputError: It is no text.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.replaced = path, False
        self._state, self._size, self._beginning = (-1, -1), 0, b""
        if b"\0" in self._read()[:SAME]:
            raise InputError(f"expected a file of lines of text that grows, {path} is none; name a CSV file")

    def copy(self, target: Path) -> bool:
        """Copies the lines that are whole, if they are not those of the last call.

        A file that is shorter than at the last call, or begins otherwise, was replaced: then `replaced` is
        true.

        Args:
            target: The file to copy to.

        Returns:
            Whether there are others, or more.

        Raises:
            InputError: The file cannot be read.
        """
        status = self._of_file(self.path.stat)
        state = status.st_size, status.st_mtime_ns
        if state == self._state:
            return False
        content = self._read()
        content = content[: content.rfind(b"\n") + 1]
        self.replaced = len(content) < self._size or not content.startswith(self._beginning)
        grown = len(content) > self._size
        self._state, self._size, self._beginning = state, len(content), content[:SAME]
        if (grown or self.replaced) and content:
            target.write_bytes(content)
            return True
        return False

    def _read(self):
        return self._of_file(self.path.read_bytes)

    def _of_file(self, function):
        try:
            return function()
        except OSError as error:
            raise InputError(
                f"{self.path} cannot be read: {error.strerror}; look whether it is there"
            ) from error
