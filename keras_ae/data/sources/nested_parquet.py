"""Parquet files with columns of lists or of images: arrays or images, where other columns are rows."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from keras_ae.data.array_names import LABELS
from keras_ae.data.sources.example_files import write_examples
from keras_ae.data.sources.features import last_part
from keras_ae.data.sources.source import DataSource
from keras_ae.errors import InputError

__all__ = ["NestedParquet"]

AT_ONCE = 1024
"""Rows that are read at once."""

BESIDE = (*LABELS, "index", "id", "name", "path", "file", "filename", "files")
"""Single values that may stand beside lists; with others the file is a table, whose lists are left out."""


@dataclass(frozen=True)
class NestedParquet(DataSource):
    """A Parquet file with a column of lists of numbers, such as codes, or of the bytes of images."""

    priority: ClassVar[int] = 35

    @classmethod
    def accepts(cls, text: str) -> NestedParquet | None:
        if Path(text).suffix.lower() != ".parquet" or not os.path.isfile(text):
            return None
        try:
            import pyarrow.parquet

            schema = pyarrow.parquet.read_schema(text)
        except (ImportError, OSError, ValueError):  # told where the file is read
            return None
        kinds = {field.name: _kind(field.type, pyarrow.types) for field in schema}
        single = {name for name, kind in kinds.items() if not kind and last_part(name) not in BESIDE}
        is_nested = any(kinds.values()) and (not single or "images" in kinds.values())
        return cls(text) if is_nested else None

    @property
    def identity(self) -> str:
        return os.path.abspath(self.text)

    @property
    def stamp(self) -> str:
        return self.version()

    def version(self) -> str:
        """The size and the time of the file."""
        facts = os.stat(self.text)
        return f"{facts.st_size} {facts.st_mtime_ns}"

    def bring(self, folder: Path) -> Path:
        return write_examples({"": partial(_examples, self.text)}, folder, self.title, self.text)


def _kind(kind: Any, types: Any) -> str:
    """What a column of several values holds: "numbers", "bytes" or "images"; "" for one of single values."""
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        is_number = types.is_integer(kind.value_type) or types.is_floating(kind.value_type)
        return "numbers" if is_number else ""
    if types.is_struct(kind):  # as Hugging Face's images are
        return "images" if any(field.name == "bytes" for field in kind) else ""
    return "bytes" if types.is_binary(kind) or types.is_large_binary(kind) else ""


def _examples(path: str) -> Iterator[dict[str, Any]]:
    """The values of each row: bytes, and arrays of numbers, of those columns that hold such."""
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            fields = {field.name: (_shape(field), _dtype(field.type)) for field in file.schema_arrow}
            for batch in file.iter_batches(AT_ONCE):
                for row in batch.to_pylist():
                    values = {name: _value(value, *fields[name]) for name, value in row.items()}
                    yield {name: value for name, value in values.items() if value is not None}
    except (OSError, pyarrow.ArrowException) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path} cannot be read as Parquet ({reason}); write it anew") from error


def _shape(field: Any) -> tuple[int, ...]:
    """The shape of an array in a list, as `encode` and `predict` write it; () where none is told."""
    try:
        return tuple(int(side) for side in json.loads((field.metadata or {}).get(b"shape", b"[]")))
    except (ValueError, TypeError):
        return ()


def _dtype(kind: Any) -> Any:
    """The type of the numbers in a list; None for other columns."""
    return None if getattr(kind, "value_type", None) is None else kind.value_type.to_pandas_dtype()


def _value(value: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    if isinstance(value, dict):
        value = value.get("bytes")
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    array = np.asarray(value)
    if array.dtype.kind not in "buif":  # missing values, times, lists of other things
        return None
    array = array.astype(dtype) if dtype is not None else array

    return array.reshape(shape) if array.ndim and prod(shape) == array.size and shape else array
