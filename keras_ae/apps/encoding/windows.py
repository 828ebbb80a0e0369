"""The windows of a series in a file as a stream of examples."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from keras_ae.data.series.clock import form_of
from keras_ae.data.series.resample import cut_windows
from keras_ae.data.series.standardized import starts_of_windows
from keras_ae.data.streams.rows import Batch, InputSpec, conform
from keras_ae.data.streams.stream import Stream
from keras_ae.data.tables.time_form import format_time
from keras_ae.errors import InputError
from keras_ae.runs.series_facts import SeriesFacts

__all__ = ["WindowStream"]


class WindowStream(Stream):
    """The windows of a series, in original units, each named by its first and its last time.

    Args:
        path: A file of rows.
        spec: Of the head's inputs, windows of (points, channels).
        facts: The series that the model learned from.

    Raises:
        InputError: It is no series of those channels and steps, or is shorter than a window.
    """

    has_names = True

    def __init__(self, path: Path, spec: InputSpec, facts: SeriesFacts):
        if facts.groups:
            raise InputError(
                f"the model learned {len(facts.groups)} series, each scaled by itself, so {path} cannot be "
                "encoded by its rows; give its windows as an .npy"
            )
        self.path, self.where, self.spec = path, str(path), replace(spec, full_scale=None)
        [series] = facts.read(str(path)).values()
        self.series, window = series, spec.shape[0]
        self.starts = starts_of_windows(series.values, window)
        self.count = len(self.starts)
        self.ends = self.starts + window - 1
        apart = int(np.diff(self.starts).min()) if self.count > 1 else 1
        self.notes = (
            *series.notes,
            f"{path} is read as a series: {self.count:,} windows of {window} points of "
            f"{', '.join(series.names)}, which begin {apart} point{'s' * (apart != 1)} apart",
        )

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Batch]:
        stop, window = self.count if stop is None else stop, self.spec.shape[0]
        for first in range(start, stop, size):
            rows = np.arange(first, min(first + size, stop))
            raw = cut_windows(self.series.values, self.starts[rows], window)
            names = [f"{self._time(self.starts[row])} to {self._time(self.ends[row])}" for row in rows]
            yield Batch(rows, conform(raw, self.spec, self.where, first), None, names)

    def _time(self, point):
        return format_time(self.series.times[point], form_of(self.series))

    def sha256(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()
