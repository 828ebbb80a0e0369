"""Files that hold several examples, such as groups of rows, as inputs of a head."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from keras_ae.data.find import examples_like
from keras_ae.data.streams.rows import Batch, InputSpec
from keras_ae.data.streams.stream import Stream
from keras_ae.errors import InputError
from keras_ae.formats import Format

__all__ = ["SeveralStream"]


class SeveralStream(Stream):
    """All examples of files that hold several, with their names.

    Args:
        text: The path of a file, or of a folder of them.
        spec: Of the head's inputs.
        format: The format of the data that the head was trained on.
        split: None, for files have no splits.

    Raises:
        InputError: If the file cannot be read, the head does not take an example, or a split is asked for.
    """

    has_names = True

    def __init__(self, text: str, spec: InputSpec, format: Format, split: str | None = None):
        if split is not None:
            raise InputError(f"{text} has no splits of its own; leave out --split, received {split!r}")
        self.where = text
        self.names, self.examples = examples_like([Path(text)], format)
        self.count = len(self.names)

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Batch]:
        stop = self.count if stop is None else stop
        for first in range(start, stop, size):
            last = min(first + size, stop)
            yield Batch(np.arange(first, last), self.examples[first:last], None, self.names[first:last])

    def sha256(self) -> str:
        return hashlib.sha256(self.examples.tobytes()).hexdigest()
