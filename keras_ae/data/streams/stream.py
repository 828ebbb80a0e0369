"""The base class of streams: inputs of any number of examples, read in batches."""

from __future__ import annotations

from collections.abc import Iterator

from keras_ae.data.streams.rows import Batch

__all__ = ["Stream"]


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
