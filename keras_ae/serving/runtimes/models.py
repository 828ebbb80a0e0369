"""A head as it was exported, the same head in another runtime's form, and how far apart their answers are."""

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
from keras_ae.serving.records import PLACE, Record, read_records

SIGNATURE = DEFAULT_SIGNATURE
"""What is converted: it takes and gives numbers. Other signatures are for TF Serving; most of them decode
or encode images by ops that are TensorFlow's alone."""
THREADS = 1
"""Of other runtimes: as on the small machines that they are for. TensorFlow takes all cores."""

Named = dict[str, np.ndarray]
"""Arrays by name, examples along the first axis."""


@dataclass(frozen=True, eq=False)
class Source:
    """An exported head to convert.

    Attributes:
        exported: The head.
        record: Its largest request with the Keras head's own answer.
    """

    exported: ExportedHead
    record: Record

    @property
    def name(self) -> str:
        """The name that TF Serving knows the head by: `<recipe>_<head>`."""
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
        """Bytes of the SavedModel's graph and weights."""
        files = [self.folder / "saved_model.pb", *(self.folder / "variables").iterdir()]
        return sum(file.stat().st_size for file in files)

    def run(self, named: Named) -> Named:
        """TensorFlow's own answer."""
        return self.signature(named)


@dataclass(frozen=True, eq=False)
class Converted:
    """A head in another runtime's form.

    content: of the file. run: arrays by name -> arrays by name, by that runtime, of any number of rows.
    quantization: "full_integer", "dynamic_range", or None of floats. What goes in and comes out has the
        types of the SavedModel in either case.
    batch: rows that a call takes; None where it takes any number.
    note: why it is not what was asked for; empty where it is.
    """

    content: bytes
    run: Callable[[Named], Named]
    quantization: str | None = None
    batch: int | None = None
    note: str = ""


def open_source(folder: Path) -> Source:
    """An exported version of a head, root/recipe/head/version.

    Raises InputError where it has no warm-up records, as those of earlier exports have none.
    """
    there = read_records(folder) if (folder / PLACE).is_file() else []
    records = [record for record in there if record.signature == SIGNATURE]
    if not records:
        raise InputError(
            f"{folder} has no warm-up records, which a conversion is checked on; export it again: "
            f"keras-ae export {folder.parent.parent.name}"
        )
    record = max(records, key=lambda record: rows(record.inputs))
    return Source(ExportedHead(folder), record)


def rows(named: Named) -> int:
    """How many examples there are."""
    return len(next(iter(named.values())))


def gaps(outputs: Named, due: Named) -> Named:
    """How far each number of each output is from the one due; a whole number is right, 0, or wrong, 1."""
    return {
        name: (outputs[name] != value).astype(np.float64)
        if is_whole(value)
        else np.abs(outputs[name].astype(np.float64) - value)
        for name, value in due.items()
    }


def is_whole(values: np.ndarray) -> bool:
    """Whether values are whole numbers, such as a class or a place in a codebook."""
    return np.issubdtype(values.dtype, np.integer)


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps off the terminal what converters and runtimes write there, past Python's streams too.

    A head that they cannot convert brings thousands of lines of a compiler's; what matters of it
    comes as an exception as well.
    """
    sys.stderr.flush()
    kept, disabled = os.dup(2), logging.root.manager.disable
    with open(os.devnull, "w") as sink:
        os.dup2(sink.fileno(), 2)
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
        logging.disable(disabled)


def first_line(error: Exception) -> str:
    """The first line of what an error says, the beginning of it where it is long."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__
