"""An exported head, the same head in another runtime, and the differences between their outputs."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from keras_ae.errors import InputError
from keras_ae.serving.exported import DEFAULT_SIGNATURE, ExportedHead, Signature
from keras_ae.serving.records import WARMUP_FILE, Record, read_records

__all__ = [
    "SIGNATURE",
    "THREADS",
    "Arrays",
    "Converted",
    "Source",
    "differences",
    "first_line",
    "is_integer",
    "load_source",
    "quiet",
    "row_count",
]

SIGNATURE = DEFAULT_SIGNATURE
"""The signature that is converted: its inputs and outputs are numbers. Other signatures are for TF Serving;
most of them decode or encode images by ops that only TensorFlow has."""

THREADS = 1
"""Threads of other runtimes, as on the small machines that they are for; TensorFlow uses all cores."""

Arrays = dict[str, np.ndarray]
"""Arrays by name, examples along the first axis."""


@dataclass(frozen=True, eq=False)
class Source:
    """An exported head to convert.

    Attributes:
        exported: The head.
        record: Its largest warm-up request with the Keras head's own outputs.
    """

    exported: ExportedHead
    record: Record

    @property
    def name(self) -> str:
        """The name that TF Serving knows the head by: `<model>_<head>`."""
        return self.exported.name

    @property
    def folder(self) -> Path:
        """The version's folder."""
        return self.exported.folder

    @cached_property
    def signature(self) -> Signature:
        """The signature that is converted."""
        return self.exported.signature(SIGNATURE)

    @property
    def size(self) -> int:
        """Size of the SavedModel's graph and weights in bytes."""
        files = [self.folder / "saved_model.pb", *(self.folder / "variables").iterdir()]
        return sum(file.stat().st_size for file in files)

    def run(self, inputs: Arrays) -> Arrays:
        """Runs the head in TensorFlow.

        Args:
            inputs: Inputs by name.

        Returns:
            Outputs by name.
        """
        return self.signature(inputs)


@dataclass(frozen=True, eq=False)
class Converted:
    """A head in another runtime.

    The types of inputs and outputs are those of the SavedModel, also where it is quantized.

    Attributes:
        content: The content of its file.
        run: Runs the head there: inputs by name -> outputs by name, with any number of rows.
        quantization: "full_integer", "dynamic_range", or None for floats.
        batch_size: Rows that a call of the file takes; None for any number.
        note: Why the conversion is not the one that was requested; empty if it is.
    """

    content: bytes
    run: Callable[[Arrays], Arrays]
    quantization: str | None = None
    batch_size: int | None = None
    note: str = ""


def load_source(folder: Path) -> Source:
    """Loads an exported version of a head with its warm-up records.

    Args:
        folder: The version's folder, `<models>/<name>/<head>/<version>`.

    Returns:
        The head.

    Raises:
        InputError: If it has no warm-up records, as exports of early versions have none.
    """
    records = read_records(folder) if (folder / WARMUP_FILE).is_file() else []
    records = [record for record in records if record.signature == SIGNATURE]
    if not records:
        raise InputError(
            f"{folder} has no warm-up records to check a conversion with; export it again: "
            f"keras-ae export {folder.parent.parent.name}"
        )
    record = max(records, key=lambda record: row_count(record.inputs))
    return Source(ExportedHead(folder), record)


def row_count(arrays: Arrays) -> int:
    """The number of examples in arrays.

    Args:
        arrays: Arrays by name, examples along the first axis.

    Returns:
        The number of rows of each array.
    """
    return len(next(iter(arrays.values())))


def differences(outputs: Arrays, expected: Arrays) -> Arrays:
    """The absolute difference of each output from the expected one.

    Args:
        outputs: Outputs by name.
        expected: The expected outputs by name, of the same shapes.

    Returns:
        Differences by name, float64 in the outputs' shapes; of integers 0 if they are right, else 1. What is
        missing, NaN, differs by 0 from what is missing, and infinitely from a number.
    """
    return {name: _difference(outputs[name], value) for name, value in expected.items()}


def _difference(output, expected):
    if is_integer(expected):
        return (output != expected).astype(np.float64)
    missing, due = np.isnan(output), np.isnan(expected)
    gaps = np.abs(np.where(missing, 0, output).astype(np.float64) - np.where(due, 0, expected))
    return np.where(missing == due, np.where(due, 0.0, gaps), np.inf)


def is_integer(values: np.ndarray) -> bool:
    """Whether values are right or wrong, such as a class, an index into a codebook, or a flag.

    Args:
        values: Any array.

    Returns:
        Whether its type is one of integers, or bool.
    """
    return values.dtype.kind in "iub"


@contextmanager
def quiet() -> Iterator[None]:
    """Silences what converters and runtimes write to the terminal, also past Python's streams.

    For a head that they cannot convert they print thousands of lines; what matters of those is in the
    exception as well.

    Yields:
        Once, with warnings, logging and standard error silenced.
    """
    sys.stderr.flush()
    stderr, disabled = os.dup(2), logging.root.manager.disable
    with open(os.devnull, "w") as sink:
        os.dup2(sink.fileno(), 2)
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.stderr.flush()
        os.dup2(stderr, 2)
        os.close(stderr)
        logging.disable(disabled)


def first_line(error: Exception) -> str:
    """The first line of an error's message, for a line of output.

    Args:
        error: The error.

    Returns:
        Its first line that is not empty, at most 300 characters; the error's type where there is none.
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__
