"""The search for a data set by a name or a path; each kind of data set is one file below this folder."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae import data
from keras_ae.addresses import without_secrets
from keras_ae.catalog import no_data
from keras_ae.data.dataset import Dataset, SeveralExamples
from keras_ae.data.foreign import way_to_read
from keras_ae.data.memory import Arrays, is_data_frame
from keras_ae.data.sources.local import local_copy, with_paths
from keras_ae.errors import InputError
from keras_ae.files import classes_below, files_below
from keras_ae.formats import Format
from keras_ae.formats.inputs import ExampleInFile, ExamplesInFiles
from keras_ae.imaging.headers import SUFFIXES

__all__ = ["as_dataset", "dataset_kinds", "examples_like", "find_dataset", "find_examples", "nothing_below"]


def dataset_kinds() -> list[type[Dataset]]:
    """The kinds of data sets that a name or a path can stand for.

    Returns:
        Those with names first, then those of paths in the order of their priority.
    """
    kinds: list[type[Dataset]] = classes_below(data, Dataset, named=True)
    return sorted((kind for kind in kinds if kind.name or kind.priority), key=lambda kind: kind.priority)


def find_dataset(text: str, instead: Dataset | None = None) -> Dataset:
    """Finds the data set for a name (`mnist`), a path (a folder, an .npz) or a source (s3://..., a query).

    A name has precedence over a folder of the same name; write `./mnist` for the folder. A source is brought
    to a local copy, which tells its kind; the data set has the source in the place of a path.

    Args:
        text: The name, the path, or what stands for the source.
        instead: The data set that it replaces. A path is then read as data of the same category, if possible;
            photographs are cropped and series cut into windows in the same way; and one of the classes stays
            the normal one.

    Returns:
        The data set, not loaded.

    Raises:
        InputError: For a text that is neither; the message has names that are near.
    """
    text = without_secrets(text)
    copy = local_copy(text)
    if copy != text:
        try:
            here = find_dataset(copy, instead)
        except InputError as error:
            raise InputError(str(error).replace(copy, text)) from error
        return with_paths(here, lambda path: text if path == copy else path)
    category = _category_of(instead)
    _check_folder(text, category)
    # the sort is stable: within a category the order of priorities stays
    others = {kind for kind in dataset_kinds() if instead is not None and kind.category != category}
    for kind in sorted(dataset_kinds(), key=lambda kind: (not kind.name, kind in others)):
        dataset = kind.accepts(text)
        if dataset is not None:
            dataset = dataset.replacing(instead)
            return dataset if instead is None else instead.around(dataset)
    if Path(text).is_file() and Path(text).suffix.lower() in SUFFIXES:
        raise InputError(
            f"expected data, such as a folder of images, received one image, {text!r}; put it into a folder, "
            "or give it to keras-ae predict"
        )
    if not Path(text).exists():
        raise no_data(text)
    if Path(text).is_file() and (way := way_to_read(text)):
        raise InputError(f"expected images, rows or arrays, received {text!r}, {way}")
    raise InputError(
        f"{text} is of no known kind; expected a folder of images, a file of rows (.csv, .xlsx, .parquet, "
        "...) or one of arrays (.npy, .npz); keras-ae datasets lists all that is read"
    )


def examples_like(paths: Sequence[Path], format: Format) -> SeveralExamples:
    """The examples in files that hold several, for a trained model.

    Args:
        paths: Files, and folders of them.
        format: That of the examples which the model was trained on.

    Returns:
        The examples; their names have those of their files where there are several.

    Raises:
        InputError: If a file cannot be read, or the model does not take an example of it.
    """
    read = _files_like(paths, format)
    return SeveralExamples(
        _names(read), np.concatenate([own.examples for own in read.values()]), _notes(read)
    )


def _files_like(paths: Sequence[Path], format: Format) -> dict[Path, SeveralExamples]:
    """The examples in each file of files and folders."""
    read: dict[Path, SeveralExamples] = {}
    for path in paths:
        below = [path / name for name in files_below(path).names] if path.is_dir() else [path]
        found = {file: own for file in below if (own := _examples_in(file, format)) is not None}
        if not found:
            kind = type(format).__name__.lower()
            raise InputError(f"expected {kind}, as the model was trained on, in {path}; give a file of such")
        read |= found
    return read


def _names(read: Mapping[Path, SeveralExamples]) -> list[str]:
    """The names of the examples in files, with those of their files where there are several."""
    names: list[str] = []
    for file, own in read.items():
        alone = own.names if len(read) == 1 else [str(file)]
        names += alone if len(alone) == len(own.names) else [f"{file}: {name}" for name in own.names]
    return names


def _notes(read: Mapping[Path, SeveralExamples]) -> tuple[str, ...]:
    return tuple(f"{file}: {note}" for file, own in read.items() for note in own.notes)


def find_examples(paths: Sequence[Path], format: Format) -> ExamplesInFiles:
    """Finds the examples in files and folders, for a trained model.

    Args:
        paths: Files and folders.
        format: That of the examples which the model was trained on.

    Returns:
        As `Format.find` gives them; of files that hold several they have been read.

    Raises:
        InputError: If there is none in a folder, or a file of several cannot be read.
    """
    if not format.holds_several:
        return format.find(paths)
    read = _files_like(paths, format)
    each = [(file, *one) for file, own in read.items() for one in zip(own.names, own.examples, strict=True)]
    examples = [
        ExampleInFile(name, values, entry)
        for name, (_, entry, values) in zip(_names(read), each, strict=True)
    ]
    return ExamplesInFiles(examples, _notes(read), [file for file, *_ in each])


def _examples_in(file: Path, format: Format) -> SeveralExamples | None:
    """The names and the examples in a file, by the first kind that reads them; None if none does."""
    each = (kind.examples_like(file, format) for kind in dataset_kinds())
    return next((examples for examples in each if examples is not None), None)


def _category_of(dataset: Dataset | None) -> str:
    """What the examples of a data set are; of a wrapper, those that it wraps."""
    while dataset is not None and not dataset.category and dataset.wraps:
        dataset = getattr(dataset, dataset.wraps)
    return "" if dataset is None else dataset.category


def nothing_below(folder: str) -> InputError | None:
    """The error about a folder in which no kind of data set finds examples.

    Args:
        folder: The folder.

    Returns:
        The error, which says what a folder may hold; None if there are images below it.
    """
    files = files_below(folder).names
    if any(os.path.splitext(name)[1].lower() in SUFFIXES for name in files):
        return None
    kinds = ["images", *(kind.holds for kind in dataset_kinds() if kind.holds)]
    found = f"{len(files):,} of other kinds, such as {files[0]}," if files else "no file"
    return InputError(
        f"expected a folder of {'; or of '.join(kinds)}; found {found} in {folder}; check the path"
    )


def as_dataset(value: Any, instead: Dataset | None = None) -> Dataset:
    """Makes a data set of whatever stands for one in a Python program.

    Args:
        value: A data set, an array, a data frame, a path or a data set's name.
        instead: The data set that it replaces, as for `find_dataset`.

    Returns:
        The data set, not loaded; an array or a data frame is wrapped.

    Raises:
        InputError: For anything else, and for an array or a data frame that cannot be trained on.
    """
    if isinstance(value, Dataset):
        return value
    if isinstance(value, str | os.PathLike):
        return find_dataset(os.fspath(value), instead)
    if isinstance(value, type) and issubclass(value, Dataset):
        raise InputError(
            f"expected a data set, received the class {value.__name__}; write {value.__name__}()"
        )
    if is_data_frame(value):
        from keras_ae.data.tables.frames import Frame

        dataset: Dataset = Frame(value)
    elif isinstance(value, list | np.ndarray) or hasattr(value, "__array__"):
        dataset = Arrays(value)
    else:
        raise InputError(
            f"expected an array, a data frame, a path, a data set's name or a Dataset as data; received a "
            f"{type(value).__name__}"
        )
    return dataset if instead is None else instead.around(dataset)


def _check_folder(text: str, category: str) -> None:
    """Refuses a folder that contains neither examples of a category nor images."""
    own = [kind for kind in dataset_kinds() if kind.holds and kind.category == category]
    if not own or not Path(text).is_dir() or any(kind.accepts(text) for kind in own):
        return
    if nothing_below(text) is not None:
        raise InputError(f"expected a folder of {own[0].holds}; found none in {text}; check the path")
