"""The stream for a name or a path."""

from __future__ import annotations

import os
from pathlib import Path

from keras_ae.data.arrays import ArrayFile
from keras_ae.data.dataset import Dataset
from keras_ae.data.find import find_dataset
from keras_ae.data.images.folder import ImageFolder
from keras_ae.data.sources.local import local
from keras_ae.data.streams.arrays import ArrayStream
from keras_ae.data.streams.examples import ExampleStream
from keras_ae.data.streams.folder import FolderStream
from keras_ae.data.streams.loaded import LoadedStream
from keras_ae.data.streams.rows import InputSpec
from keras_ae.data.streams.stream import Stream
from keras_ae.errors import InputError
from keras_ae.imaging.headers import SUFFIXES

__all__ = ["open_stream"]


def open_stream(text: str, spec: InputSpec, split: str | None = None, key: str | None = None) -> Stream:
    """Opens a data set by its name, a folder of images or one image, or an .npy or .npz file.

    Of a folder or a file, only names and headers are read.

    Args:
        text: The name or the path.
        spec: Of the head's inputs.
        split: "train", "validation" or "test" of a data set by name, or of a folder whose folders are splits;
            None for all.
        key: The name of the array in an .npz; None for the one that training uses.

    Returns:
        The stream.

    Raises:
        InputError: For examples of another shape or domain, and for a split or key that does not exist.
    """
    if spec.format is not None and spec.format.reads(Path(text)):
        if split is not None:
            raise InputError(f"{text} has no splits of its own; leave out --split, received {split!r}")
        return ExampleStream(text, spec, spec.format)
    if os.path.isfile(text) and os.path.splitext(text)[1].lower() in SUFFIXES:
        dataset: Dataset = ImageFolder(text)
    else:
        dataset = local(find_dataset(text))
    if split is not None and isinstance(dataset, ArrayFile):
        raise InputError(f"{text} has no splits of its own; leave out --split, received {split!r}")
    if key is not None and not isinstance(dataset, ArrayFile):
        raise InputError(f"{text} holds no arrays by name; leave out --key, received {key!r}")
    if isinstance(dataset, ArrayFile):
        return ArrayStream(ArrayFile(dataset.path, key), spec)
    if isinstance(dataset, ImageFolder):
        return FolderStream(dataset.path, spec, split)
    return LoadedStream(dataset, spec, split)
