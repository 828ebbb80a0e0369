"""A data set that is loaded whole, read in batches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.scaling import Scaler, class_indices
from keras_ae.data.streams.rows import Batch, InputSpec, check_shape, conform
from keras_ae.data.streams.stream import Stream
from keras_ae.errors import InputError

__all__ = ["LoadedStream"]


class LoadedStream(Stream):
    """A data set that is loaded whole, in its original units.

    Args:
        dataset: The data set.
        spec: Of the head's inputs.
        split: "train", "validation" or "test"; None for all, in this order.

    Raises:
        InputError: For data of another shape or domain.
    """

    def __init__(self, dataset: Dataset, spec: InputSpec, split: str | None = None):
        of_format = spec.format is not None and spec.format.has_ends
        like = Scaler(spec.domain, 0.0, 1.0, format=spec.format)  # with its vocabulary and its length
        self.data = dataset.load_like(like) if of_format else dataset.load()
        self.spec, self.where = replace(spec, full_scale=None), ""
        self.where = self.data.name + (f" ({split})" if split else "")
        if not spec.domain.matches(self.data.domain):
            raise InputError(
                f"the model was trained on values of the {spec.domain.kind} domain, {self.where} holds "
                f"{self.data.domain.kind} ones; encode data of its own kind"
            )
        splits = self.data.splits
        self.splits = [splits[split]] if split else list(splits.values())
        shape = self.splits[0].shape
        if spec.domain.ends:
            shape = (*shape[:-1], shape[-1] - 1)  # without flags
        check_shape(shape[:-1] if spec.domain.one_hot else shape, spec, self.where)
        self.count = sum(map(len, self.splits))
        self.labeled = all(part.labels is not None for part in self.splits)

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Batch]:
        stop = self.count if stop is None else stop
        for first in range(start, stop, size):
            last = min(first + size, stop)
            raw = self._joined([part.examples for part in self.splits], first, last)
            if self.data.domain.ends:
                raw = self.data.scaler.inverse_transform(raw)
            elif self.data.domain.scaled:
                raw = raw * self.data.scale + self.data.offset
            elif self.data.domain.one_hot:
                raw = class_indices(raw)
            labels = [part.labels for part in self.splits]
            yield Batch(
                np.arange(first, last),
                conform(raw.reshape(-1, *self.spec.shape), self.spec, self.where, first),
                self._joined(labels, first, last).astype(np.int64) if self.labeled else None,
            )

    def _joined(self, arrays, first, last):
        """Rows of concatenated arrays."""
        pieces, before = [], 0
        for array in arrays:
            pieces.append(array[max(first - before, 0) : max(last - before, 0)])
            before += len(array)
        return np.concatenate(pieces)

    def sha256(self) -> str:
        return hashlib.sha256(f"{self.data.sha256} {self.where}".encode()).hexdigest()
