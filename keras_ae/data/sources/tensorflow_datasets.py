"""Data sets of TensorFlow Datasets by name, such as tfds:fashion_mnist."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from keras_ae.data.sources.example_files import LOG, write_examples
from keras_ae.data.sources.features import split_of
from keras_ae.data.sources.source import MOST_COPIED, DataSource, Unreachable
from keras_ae.errors import InputError
from keras_ae.extras import install_command
from keras_ae.names import nearby, slug

__all__ = ["PREFIX", "PublishedExamples"]

PREFIX = "tfds:"
"""What stands before the name of such a data set."""


@dataclass(frozen=True)
class PublishedExamples(DataSource):
    """A data set of TensorFlow Datasets: one that is prepared in its folder, or can be downloaded."""

    priority: ClassVar[int] = 10
    form: ClassVar[str] = "tfds:NAME"

    @classmethod
    def accepts(cls, text: str) -> PublishedExamples | None:
        return cls(text) if text.startswith(PREFIX) else None

    @property
    def title(self) -> str:
        return slug(self.text.removeprefix(PREFIX))

    def version(self) -> str:
        """The full name, with the version."""
        return str(self._builder().info.full_name)

    def bring(self, folder: Path) -> Path:
        builder = self._builder()
        self._prepare(builder)
        size = int(builder.info.dataset_size or 0)
        if size > MOST_COPIED:
            raise InputError(
                f"{self.text} takes {size / 2**30:.1f} GiB, at most {MOST_COPIED / 2**30:g} are copied"
                "; take another data set"
            )
        splits = {split: name for name in builder.info.splits if (split := split_of(name))}
        others = sorted(set(builder.info.splits) - set(splits.values()))
        if others and splits:
            LOG.info("%s: its splits %s are left out", self.text, ", ".join(others))
        if "train" not in splits:
            splits = {"": others[0] if others else next(iter(splits.values()))}
        splits = splits if len(splits) > 1 else {"": next(iter(splits.values()))}
        examples = {split: partial(_examples, builder, name) for split, name in splits.items()}
        return write_examples(examples, folder, self.title, self.text)

    def _builder(self) -> Any:
        try:
            import tensorflow_datasets as tfds
        except ModuleNotFoundError as error:
            raise InputError(f"{self.text} needs {error.name}: {install_command('tfds')}") from error
        name = self.text.removeprefix(PREFIX)
        try:
            return tfds.builder(name)
        except tfds.core.DatasetNotFoundError:
            near = nearby(name, tfds.list_builders(with_community_datasets=False))
            raise InputError(f"TensorFlow Datasets has no data set called {name!r}{near}") from None
        except Exception as error:
            reason = " ".join(str(error).split())[:300]
            raise InputError(f"{self.text} cannot be opened ({reason}); check the name") from error

    def _prepare(self, builder: Any) -> None:
        """Downloads and prepares the data set in the folder of TensorFlow Datasets, if it is not there."""
        if builder.info.splits:
            return
        size = int(builder.info.download_size or 0)
        free = shutil.disk_usage(Path(builder.data_dir).anchor or ".").free
        if size > min(MOST_COPIED, free):
            raise InputError(
                f"{self.text} downloads {size / 2**30:.1f} GiB, at most "
                f"{min(MOST_COPIED, free) / 2**30:.1f} fit; prepare it yourself, or take another data set"
            )
        LOG.info("%s: downloading %.1f MiB", self.text, size / 2**20)
        try:
            import tensorflow_datasets as tfds

            tfds.disable_progress_bar()
            builder.download_and_prepare()
        except Exception as error:
            reason = " ".join(str(error).split())[:300]
            raise Unreachable(
                f"{self.text} cannot be downloaded ({reason}); prepare it in {builder.data_dir}, or in "
                "another folder that TFDS_DATA_DIR names"
            ) from error


def _examples(builder: Any, split: str) -> Iterator[dict[str, Any]]:
    """The values of each example: images as the bytes of their files, classes by their names."""
    import tensorflow_datasets as tfds

    features = builder.info.features
    images = [name for name, one in features.items() if isinstance(one, tfds.features.Image)]
    classes = {
        name: one for name, one in features.items() if isinstance(one, tfds.features.ClassLabel) and one.names
    }
    raw = {name: tfds.decode.SkipDecoding() for name in images}
    dataset = builder.as_dataset(split=split, decoders=raw, shuffle_files=False)
    for example in tfds.as_numpy(dataset):
        values = {name: _value(value) for name, value in example.items()}
        values |= {name: one.int2str(int(values[name])).encode() for name, one in classes.items()}
        yield {name: value for name, value in values.items() if value is not None}


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value
    array = np.asarray(value)
    return array if array.dtype.kind in "buif" else None
