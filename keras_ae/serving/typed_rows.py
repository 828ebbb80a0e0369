"""Files of rows of typed columns, written batch after batch: Parquet, and TFRecord of tf.train.Example."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.errors import InputError
from keras_ae.extras import install_command

__all__ = ["Columns", "ParquetRows", "RecordRows", "typed"]

Columns = Mapping[str, tuple[Sequence[int], Any]]
"""The shape of a column's value in a row, and its type, one of NumPy, str or bytes, by the column's name."""

ROW_GROUP = 16 * 2**20
"""Bytes of a row group of a Parquet file, which is in memory until it is complete."""


class ParquetRows:
    """A Parquet file; values of several numbers are lists of fixed size, with the shape in the metadata.

    Args:
        path: The file.
        columns: Its columns.

    Raises:
        InputError: pyarrow is not installed.
    """

    def __init__(self, path: Path, columns: Columns):
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            raise InputError(
                f"a .parquet needs pyarrow: {install_command('parquet')}, or name an .npy or .tfrecord"
            ) from error
        self.arrow = pyarrow
        self.schema = pyarrow.schema([self._field(name, *column) for name, column in columns.items()])
        self.file = pyarrow.parquet.ParquetWriter(
            path, self.schema, **_compression(self.schema, pyarrow.types)
        )
        self.waiting: list[Any] = []

    def _field(self, name, shape, dtype):
        texts = {str: self.arrow.string(), bytes: self.arrow.binary()}
        kind = texts[dtype] if dtype in texts else self.arrow.from_numpy_dtype(dtype)
        if not shape:
            return self.arrow.field(name, kind, nullable=False)
        element = self.arrow.field("element", kind, nullable=False)
        facts = {"shape": json.dumps([*shape])}
        return self.arrow.field(name, self.arrow.list_(element, prod(shape)), False, facts)

    def add(self, columns: Mapping[str, Any]) -> None:
        """Adds rows.

        Args:
            columns: By name an array (n, *shape), or n texts.
        """
        arrays = []
        for field in self.schema:
            values = columns[field.name]
            is_list = self.arrow.types.is_fixed_size_list(field.type)
            flat = values.reshape(-1) if is_list else values
            flat = self.arrow.array(flat, field.type.value_type if is_list else field.type)
            if is_list:
                flat = self.arrow.FixedSizeListArray.from_arrays(flat, type=field.type)
            arrays.append(flat)
        self.waiting.append(self.arrow.record_batch(arrays, schema=self.schema))
        if sum(part.nbytes for part in self.waiting) >= ROW_GROUP:
            self._write_group()

    def _write_group(self):
        table = self.arrow.Table.from_batches(self.waiting, self.schema)
        self.file.write_table(table, row_group_size=max(1, len(table)))
        self.waiting = []

    def close(self) -> None:
        """Writes what is still in memory, and closes the file."""
        try:
            if self.waiting:
                self._write_group()
        finally:
            self.file.close()


def _compression(schema, types) -> dict[str, Any]:
    """How a Parquet file is compressed: hardly two floats are equal, so a dictionary of them only adds."""
    words, encodings = [], {"index": "DELTA_BINARY_PACKED"} if "index" in schema.names else {}
    for field in schema:
        is_list = types.is_fixed_size_list(field.type)
        path = f"{field.name}.list.element" if is_list else field.name
        if types.is_floating(field.type.value_type if is_list else field.type):
            encodings[path] = "BYTE_STREAM_SPLIT"
        elif path not in encodings:
            words.append(path)
    return {"compression": "zstd", "use_dictionary": words, "column_encoding": encodings}


class RecordRows:
    """A TFRecord file with a tf.train.Example for each row, which has a flat list for each column.

    Args:
        path: The file.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, path: Path):
        import tensorflow as tf

        self.path, self.tensorflow = str(path), tf
        with self._file_errors():
            self.file = tf.io.TFRecordWriter(self.path)

    @contextmanager
    def _file_errors(self) -> Iterator[None]:
        """Turns TensorFlow's own errors into those of the system."""
        try:
            yield
        except self.tensorflow.errors.OpError as error:
            raise OSError(f"{self.path} cannot be written: {error.message}") from error

    def add(self, columns: Mapping[str, Any]) -> None:
        """Adds rows.

        Args:
            columns: By name an array (n, *shape), or n texts.

        Raises:
            OSError: The file cannot be written.
        """
        lists = [(name, *_lists(values)) for name, values in columns.items()]
        for row in range(len(lists[0][2])):
            example = self.tensorflow.train.Example()
            for name, kind, values in lists:
                getattr(example.features.feature[name], kind).value.extend(values[row])
            with self._file_errors():
                self.file.write(example.SerializeToString(deterministic=True))

    def close(self) -> None:
        """Closes the file.

        Raises:
            OSError: It cannot be written.
        """
        with self._file_errors():
            self.file.close()


def _lists(values):
    """The kind of a tf.train.Feature, and its values for each row."""
    if isinstance(values, list):
        return "bytes_list", [[os.fsencode(value)] for value in values]
    rows = values.reshape(len(values), -1)
    if values.dtype.kind in "OSU":
        return "bytes_list", [[os.fsencode(value) for value in row] for row in rows.tolist()]
    if values.dtype.kind == "f":
        return "float_list", rows.tolist()
    return "int64_list", rows.astype(np.int64).tolist()


def typed(array: np.ndarray) -> tuple[tuple[int, ...], Any]:
    """The shape and the type of an array's rows, as `Columns` have them.

    Args:
        array: (n, ...), of numbers, texts, or objects of bytes.

    Returns:
        Shape and type.
    """
    kinds = {"O": bytes, "S": bytes, "U": str}
    return array.shape[1:], kinds.get(array.dtype.kind, array.dtype)
