"""Examples in files, as a format finds and reads them, in batches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from keras_ae.data.find import find_examples
from keras_ae.data.streams.rows import Batch, InputSpec
from keras_ae.data.streams.stream import Stream
from keras_ae.errors import InputError
from keras_ae.formats import Format
from keras_ae.formats.inputs import HeadInputs, read_inputs

__all__ = ["ExampleStream"]

AT_ONCE = 64
"""Examples that are read at a time for a hash."""


class ExampleStream(Stream):
    """The examples in a file, or in all files below a folder.

    Args:
        path: The file, or the folder.
        spec: Of the head's inputs.
        format: The format of the data that the head was trained on.

    Raises:
        InputError: If there is no such file, or its examples are no inputs of the head.
    """

    def __init__(self, path: str, spec: InputSpec, format: Format):
        dtype = "int64" if spec.domain.one_hot else "float32"
        self.head = HeadInputs({"inputs": {"shape": [None, *spec.shape], "dtype": dtype}}, spec.shape)
        if not format.takes(self.head):
            raise InputError(
                f"expected arrays of shape {spec.shape}, as this head takes, received {format.noun} in "
                f"{path}; give an .npy, or {format.noun} to keras-ae predict with another --head"
            )
        found = find_examples([Path(path)], format)
        self.where, self.spec, self.format, self.noun = path, spec, format, format.noun
        self.examples, self.count, self.notes = found.examples, len(found.examples), found.notes
        self.has_names = not format.served_name  # such an example is its own name

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Batch]:
        stop = self.count if stop is None else stop
        for first in range(start, stop, size):
            few = self.examples[first : min(first + size, stop)]
            read = read_inputs(self.format, few, self.head)
            examples = read.inputs.get("inputs", np.empty((0, *self.spec.shape), np.float32))
            names = [str(few[row]) for row in read.rows] if self.has_names else None
            positions = first + np.array(read.rows, np.int64)
            yield Batch(positions, examples, None, names, read.failures)

    def sha256(self) -> str:
        digest = hashlib.sha256()
        for batch in self.batches(AT_ONCE):
            digest.update(repr((batch.names, batch.faults, batch.examples.shape)).encode())
            digest.update(batch.examples.tobytes())
        return digest.hexdigest()
