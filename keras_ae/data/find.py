"""Data sets: each kind in one file, found by listing this folder."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from keras_ae import data
from keras_ae.data.types import Dataset
from keras_ae.errors import InputError
from keras_ae.files import classes_below
from keras_ae.imaging.decode import SUFFIXES

KEPT = ("cropping", "window", "bars", "stride", "transposed")
"""Fields that a data set takes over from the one whose place it takes."""


def dataset_kinds() -> list[type]:
    """Every data set class of this folder: a dataclass with `load` and `sample`."""
    return [
        kind for kind in classes_below(data) if dataclasses.is_dataclass(kind) and hasattr(kind, "accepts")
    ]


def find_dataset(text: str, instead: Dataset | None = None) -> Dataset:
    """The data set that a name (`mnist`) or a path (a folder, an .npz) stands for.

    A name goes before a folder called the same, which is then written `./mnist`.
    instead: the data set whose place it is to take: a folder or a file is then read as that one's own kind
        reads one, and photographs are cropped and series cut into windows alike; one of its classes is
        then normal as before.
    Raises InputError when it is neither, naming the names there are.
    """
    wanted = _alike(instead)
    _check_folder(text, wanted)
    for kind in sorted(dataset_kinds(), key=lambda kind: (not hasattr(kind, "name"), _alike(kind) != wanted)):
        dataset = kind.accepts(text)
        if dataset is not None:
            same = [name for name in KEPT if hasattr(dataset, name) and hasattr(instead, name)]
            dataset = dataclasses.replace(dataset, **{name: getattr(instead, name) for name in same})
            return instead.around(dataset) if hasattr(instead, "around") else dataset
    names = sorted(kind.name for kind in dataset_kinds() if isinstance(getattr(kind, "name", None), str))
    missing = "which is of no known kind" if Path(text).exists() else "which does not exist"
    raise InputError(
        f"expected a data set's name ({', '.join(names)}), a folder of images, or a .csv, .npy or .npz file; "
        f"received {text!r}, {missing}"
    )


def _check_folder(text, wanted):
    """Raises InputError for a folder that holds neither what is wanted nor images."""
    own = [kind for kind in dataset_kinds() if hasattr(kind, "holds") and _alike(kind) == wanted]
    if not own or not Path(text).is_dir() or any(kind.accepts(text) for kind in own):
        return
    if not any(path.suffix.lower() in SUFFIXES for path in Path(text).rglob("*")):
        raise InputError(f"expected a folder of {own[0].holds}; found none in {text}; check the path")


def _alike(kind) -> str:
    """What a kind of data set, or one itself, is of: "photographs", "series", "table" or another."""
    return getattr(kind, "alike", "")
