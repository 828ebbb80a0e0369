"""TFRecord files of tf.train.Example: images, arrays, or rows of a table."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from keras_ae.data.sources.example_files import write_examples
from keras_ae.data.sources.features import split_of
from keras_ae.data.sources.source import MOST_COPIED, DataSource
from keras_ae.errors import InputError
from keras_ae.files import is_hidden

__all__ = ["RecordFiles"]

_NAME = re.compile(r"(?i)\.tfrecords?(\.gz|-\d+-of-\d+)*$")


@dataclass(frozen=True)
class RecordFiles(DataSource):
    """A TFRecord file, or a folder of such files alone, of which some may be named for splits."""

    priority: ClassVar[int] = 30

    @classmethod
    def accepts(cls, text: str) -> RecordFiles | None:
        return cls(text) if _files(text) else None

    @property
    def identity(self) -> str:
        return os.path.abspath(self.text)

    @property
    def title(self) -> str:
        return _NAME.sub("", Path(os.path.abspath(self.text)).name)

    @property
    def stamp(self) -> str:
        return self.version()

    def version(self) -> str:
        """The names, sizes and times of the files."""
        each = [(file.name, file.stat()) for file in _files(self.text)]
        return repr([(name, facts.st_size, facts.st_mtime_ns) for name, facts in each])

    def bring(self, folder: Path) -> Path:
        files = _files(self.text)
        size = sum(file.stat().st_size for file in files)
        if size > MOST_COPIED:
            raise InputError(
                f"{self.text} takes {size / 2**30:.1f} GiB, at most {MOST_COPIED / 2**30:g} are read; take a "
                "part of it"
            )
        splits: dict[str, list[Path]] = {}
        for file in files:
            splits.setdefault(split_of(file.name) or "train", []).append(file)
        if set(splits) == {"train"} or "train" not in splits:
            splits = {"": files}
        examples = {split: partial(_examples, own) for split, own in splits.items()}
        return write_examples(examples, folder, self.title, self.text)


def _files(text: str) -> list[Path]:
    """The record files of a path; none if it is another one, or a folder that holds other files too."""
    path = Path(text)
    if _NAME.search(text) and path.is_file():
        return [path]
    below = []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if not is_hidden(entry.name) and not (_NAME.search(entry.name) and entry.is_file()):
                    return []
                below += [] if is_hidden(entry.name) else [Path(entry.path)]
    except (OSError, ValueError):  # no folder, or one that cannot be read, which is told then
        return []
    return sorted(below)


def _examples(files: list[Path]) -> Iterator[dict[str, Any]]:
    """The features of each example, in the order of the files."""
    import tensorflow as tf

    for file in files:
        with file.open("rb") as content:
            compression = "GZIP" if content.read(2) == b"\x1f\x8b" else ""
        count = 0
        try:
            for record in tf.data.TFRecordDataset(str(file), compression):
                yield _values(tf.train.Example.FromString(record.numpy()))
                count += 1
        except tf.errors.OpError as error:
            reason = re.sub(r"\{\{.*?\}\}\s*", "", error.message)  # the name of an operation
            raise InputError(
                f"{file} is cut off or broken behind {count:,} records ({reason[:200]}); write it anew"
            ) from error
        except Exception as error:
            if type(error).__name__ != "DecodeError":  # of protobuf, which is not ours to import
                raise
            raise InputError(
                f"expected tf.train.Example in {file}, record {count:,} is none; write it so"
            ) from error


def _values(example: Any) -> dict[str, Any]:
    """Bytes, and arrays of numbers, by the features' names; lists of several bytes are left out."""
    values: dict[str, Any] = {}
    for name, feature in sorted(example.features.feature.items()):
        kind = feature.WhichOneof("kind")
        if kind == "float_list":
            values[name] = np.asarray(feature.float_list.value, np.float32)
        elif kind == "int64_list":
            values[name] = np.asarray(feature.int64_list.value, np.int64)
        elif kind == "bytes_list" and len(feature.bytes_list.value) == 1:
            values[name] = feature.bytes_list.value[0]
    return values
