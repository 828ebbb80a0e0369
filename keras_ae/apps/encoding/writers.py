"""Files of codes, written row after row; they appear when they are complete."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ae.apps.encoding.head import Head, Outputs
from keras_ae.apps.encoding.request import check_output
from keras_ae.data.streams.rows import Batch
from keras_ae.errors import InputError
from keras_ae.extras import install_command
from keras_ae.files import written_whole
from keras_ae.serving.columns import RowWriter

__all__ = ["RowColumns", "Writer", "open_writer", "output_paths"]

ROW_GROUP = 16 * 2**20
"""Bytes of codes in a row group of a Parquet file, which is in memory until it is complete."""


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
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            raise InputError(
                f"a .parquet needs pyarrow: {install_command('parquet')}, or name an .npy or .tfrecord"
            ) from error
        self.arrow, self.outputs, self.count = pyarrow, head.outputs, 0
        fields = [("index", pyarrow.int64())]
        fields += [("name", pyarrow.string())] if columns.has_names else []
        fields += [("label", pyarrow.int64())] if columns.has_labels else []
        fields = [pyarrow.field(*field, nullable=False) for field in fields]
        for name, (shape, dtype) in head.outputs.items():
            kind = pyarrow.from_numpy_dtype(dtype)
            kind = (
                pyarrow.list_(pyarrow.field("element", kind, nullable=False), prod(shape)) if shape else kind
            )
            fields.append(pyarrow.field(name, kind, False, {"shape": json.dumps(shape)}))
        self.schema = pyarrow.schema(fields)
        compression = _compression(self.schema, pyarrow.types)
        self.file = pyarrow.parquet.ParquetWriter(paths[-1], self.schema, **compression)
        self.waiting: list[Any] = []

    def add(self, rows: Batch, outputs: Outputs) -> None:
        columns: dict[str, Any] = {"index": rows.positions, "label": rows.labels}
        if rows.names is not None:
            columns["name"] = [os.fsencode(name).decode("utf-8", "replace") for name in rows.names]
        arrays = []
        for field in self.schema:
            if field.name in self.outputs:
                flat = self.arrow.array(outputs[field.name].reshape(-1))
                is_list = self.arrow.types.is_fixed_size_list(field.type)
                array = self.arrow.FixedSizeListArray.from_arrays(flat, type=field.type) if is_list else flat
            else:
                array = self.arrow.array(columns[field.name], field.type)
            arrays.append(array)
        self.waiting.append(self.arrow.record_batch(arrays, schema=self.schema))
        self.count += len(rows)
        if sum(part.nbytes for part in self.waiting) >= ROW_GROUP:
            self._write_group()

    def _write_group(self):
        table = self.arrow.Table.from_batches(self.waiting, self.schema)
        self.file.write_table(table, row_group_size=max(1, len(table)))
        self.waiting = []

    def close(self) -> None:
        try:
            if self.waiting:
                self._write_group()
        finally:
            self.file.close()


def _compression(schema, types) -> dict[str, Any]:
    """How a Parquet file is compressed: hardly two floats are equal, so a dictionary of them only adds."""
    words, encodings = [], {"index": "DELTA_BINARY_PACKED"}
    for field in schema:
        is_list = types.is_fixed_size_list(field.type)
        path = f"{field.name}.list.element" if is_list else field.name
        if types.is_floating(field.type.value_type if is_list else field.type):
            encodings[path] = "BYTE_STREAM_SPLIT"
        elif path not in encodings:
            words.append(path)
    return {"compression": "zstd", "use_dictionary": words, "column_encoding": encodings}


class RecordWriter(Writer):
    """A tf.train.Example for each row: index, name, label and the outputs, each as one flat list."""

    def __init__(self, paths: list[Path], head: Head, columns: RowColumns):
        self.path, self.count = str(paths[-1]), 0
        with self._file_errors():
            self.file = tf.io.TFRecordWriter(self.path)

    @contextmanager
    def _file_errors(self):
        """Turns TensorFlow's own errors into those of the system."""
        try:
            yield
        except tf.errors.OpError as error:
            raise OSError(f"{self.path} cannot be written: {error.message}") from error

    def add(self, rows: Batch, outputs: Outputs) -> None:
        columns = {"index": rows.positions, "label": rows.labels, "name": rows.names, **outputs}
        lists = [(name, *_lists(values)) for name, values in columns.items() if values is not None]
        for row in range(len(rows)):
            example = tf.train.Example()
            for name, kind, values in lists:
                getattr(example.features.feature[name], kind).value.extend(values[row])
            with self._file_errors():
                self.file.write(example.SerializeToString(deterministic=True))
        self.count += len(rows)

    def close(self) -> None:
        with self._file_errors():
            self.file.close()


def _lists(values):
    """The kind of a tf.train.Feature, and its values for each row."""
    if isinstance(values, list):
        return "bytes_list", [[os.fsencode(name)] for name in values]
    kind = "float_list" if values.dtype.kind == "f" else "int64_list"
    return kind, values.reshape(len(values), -1).tolist()


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
