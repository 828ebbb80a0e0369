"""Files of codes, written row after row; they appear when they are complete."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.apps.encoding.head import Head, Outputs
from keras_ae.apps.encoding.request import check_output
from keras_ae.data.streams.rows import Batch
from keras_ae.errors import InputError
from keras_ae.files import written_whole
from keras_ae.serving.columns import RowWriter
from keras_ae.serving.typed_rows import ParquetRows, RecordRows

__all__ = ["RowColumns", "Writer", "open_writer", "output_paths"]


@dataclass(frozen=True)
class RowColumns:
    """The columns of a table of codes, besides the index and the outputs.

    Attributes:
        has_names: Whether each row has a name, its file's.
        has_labels: Whether each row has a label.
    """

    has_names: bool
    has_labels: bool


class Writer:
    """Base class of writers: a file of codes to which rows are appended.

    Attributes:
        count: Number of rows so far.
    """

    count: int = 0

    def add(self, rows: Batch, outputs: Outputs) -> None:
        """Adds rows.

        Args:
            rows: The examples' indices, names and labels.
            outputs: The head's outputs for them.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Writes what is still in memory and closes the file."""
        raise NotImplementedError


def output_paths(output: Path, columns: RowColumns, force: bool = False) -> list[Path]:
    """The files that an output consists of.

    Args:
        output: An .npy, .csv, .parquet or .tfrecord file.
        columns: The columns besides the outputs.
        force: Whether to replace existing files.

    Returns:
        The paths, the output itself last.

    Raises:
        InputError: The output has another suffix, or already exists.
    """
    check_output(output)
    beside = columns.has_names and output.suffix == ".npy"
    paths = [output.with_name(f"{output.name}.csv"), output] if beside else [output]
    existing = [path for path in paths if path.exists()]
    if existing and not force:
        raise InputError(f"{existing[0]} already exists; name another file, or replace it with --force")
    return paths


@contextmanager
def open_writer(paths: list[Path], head: Head, columns: RowColumns) -> Iterator[Writer]:
    """Opens a writer whose files appear when it ends without an error, and are removed otherwise.

    Args:
        paths: The files, as of `output_paths`.
        head: The head whose outputs are written.
        columns: The columns besides the outputs.

    Yields:
        The writer.
    """
    kind = WRITERS[paths[-1].suffix]
    paths[-1].parent.mkdir(parents=True, exist_ok=True)
    with written_whole(*paths) as partial:
        writer = kind(partial, head, columns)
        try:
            yield writer
        except BaseException:
            with suppress(Exception):  # closing may fail too, but the file is discarded anyway
                writer.close()
            raise
        writer.close()


class NpyWriter(Writer):
    """One output as one array; where rows have names, a .csv beside it with index, name and label of each."""

    def __init__(self, paths: list[Path], head: Head, columns: RowColumns):
        if len(head.outputs) > 1:
            raise InputError(
                f"an .npy holds one output, received --outputs {','.join(head.outputs)}; write a .parquet"
            )
        [(self.name, (self.shape, self.dtype))] = head.outputs.items()
        self.count, self.open = 0, ExitStack()
        self.file = self.open.enter_context(paths[-1].open("wb"))
        self._write_header()
        self.table = None
        if len(paths) > 1:
            beside = paths[0].open("w", newline="", encoding="utf-8", errors="surrogateescape")
            self.table = csv.writer(self.open.enter_context(beside))
            self.table.writerow(("index", "name", "label"))

    def _write_header(self):
        """NumPy leaves room for a first axis of any length, so that the header can be rewritten."""
        facts = {"descr": np.lib.format.dtype_to_descr(self.dtype), "fortran_order": False}
        np.lib.format.write_array_header_1_0(self.file, facts | {"shape": (self.count, *self.shape)})

    def add(self, rows: Batch, outputs: Outputs) -> None:
        self.file.write(np.ascontiguousarray(outputs[self.name], self.dtype).data)
        if self.table and rows.names is not None:
            labels = [""] * len(rows) if rows.labels is None else rows.labels
            self.table.writerows(
                zip(range(self.count, self.count + len(rows)), rows.names, labels, strict=True)
            )
        self.count += len(rows)

    def close(self) -> None:
        with self.open:
            self.file.seek(0)
            self._write_header()


class ParquetWriter(Writer):
    """A table of index, name, label and the outputs; outputs of several numbers are lists of fixed size.

    The index is the example's in the input. The shape of an output stands in its field's metadata.
    """

    def __init__(self, paths: list[Path], head: Head, columns: RowColumns):
        fields: dict[str, Any] = {"index": ((), np.dtype(np.int64))}
        fields |= {"name": ((), str)} if columns.has_names else {}
        fields |= {"label": ((), np.dtype(np.int64))} if columns.has_labels else {}
        self.rows, self.count = ParquetRows(paths[-1], fields | dict(head.outputs)), 0

    def add(self, rows: Batch, outputs: Outputs) -> None:
        columns: dict[str, Any] = {"index": rows.positions, "label": rows.labels, **outputs}
        if rows.names is not None:
            columns["name"] = [os.fsencode(name).decode("utf-8", "replace") for name in rows.names]
        self.rows.add(columns)
        self.count += len(rows)

    def close(self) -> None:
        self.rows.close()


class RecordWriter(Writer):
    """A tf.train.Example for each row: index, name, label and the outputs, each as one flat list."""

    def __init__(self, paths: list[Path], head: Head, columns: RowColumns):
        self.rows, self.count = RecordRows(paths[-1]), 0

    def add(self, rows: Batch, outputs: Outputs) -> None:
        columns = {"index": rows.positions, "label": rows.labels, "name": rows.names, **outputs}
        self.rows.add({name: values for name, values in columns.items() if values is not None})
        self.count += len(rows)

    def close(self) -> None:
        self.rows.close()


class CsvWriter(Writer):
    """Rows of comma-separated values: name and label, where there are any, and each number of the outputs."""

    def __init__(self, paths: list[Path], head: Head, columns: RowColumns):
        self.count, self.columns = 0, columns
        self.file = paths[-1].open("w", newline="", encoding="utf-8", errors="surrogateescape")
        before = [*(["name"] if columns.has_names else []), *(["label"] if columns.has_labels else [])]
        self.rows = RowWriter(self.file, {name: shape for name, (shape, _) in head.outputs.items()}, before)

    def add(self, rows: Batch, outputs: Outputs) -> None:
        before = [
            rows.names if self.columns.has_names else None,
            rows.labels if self.columns.has_labels else None,
        ]
        self.rows.add(outputs, [list(column) for column in before if column is not None])
        self.count += len(rows)

    def close(self) -> None:
        self.file.close()


WRITERS: dict[str, Any] = {
    ".npy": NpyWriter,
    ".csv": CsvWriter,
    ".parquet": ParquetWriter,
    ".tfrecord": RecordWriter,
}
"""The writers by the suffix of their files."""
