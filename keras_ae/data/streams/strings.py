"""Examples that clients have as strings, such as the lines of text files, as inputs of a head."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from keras_ae.data.streams.rows import Batch, InputSpec
from keras_ae.data.streams.stream import Stream
from keras_ae.errors import InputError
from keras_ae.formats import Format

__all__ = ["StringStream"]


class StringStream(Stream):
    """All examples of a file, or of all files below a folder, of a format whose examples are strings.

    Args:
        text: The path.
        spec: Of the head's inputs.
        format: The format that the head was trained on.
        split: Not used, files have no splits.

    Raises:
        InputError: If a file cannot be read, an example is too long, or a split is asked for.
    """

    def __init__(self, text: str, spec: InputSpec, format: Format, split: str | None = None):
        if split is not None:
            raise InputError(f"{text} has no splits of its own; leave out --split, received {split!r}")
        strings = [*format.find([Path(text)]).examples]
        self.where, self.count, self.strings = text, len(strings), strings
        self.examples, further = format.from_clients(np.array(strings, object), in_graph=False)
        self.notes = tuple(filter(None, [format.remark_on(further)]))

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Batch]:
        stop = self.count if stop is None else stop
        for first in range(start, stop, size):
            last = min(first + size, stop)
            yield Batch(np.arange(first, last), self.examples[first:last])

    def sha256(self) -> str:
        return hashlib.sha256("\n".join(self.strings).encode()).hexdigest()
