"""Examples of other formats, written as what is read as data: images, arrays, or rows of a table."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.data.examples import LARGEST
from keras_ae.data.sources.features import IMAGES, Feature, features_of, label_of, last_part, pixels_of
from keras_ae.data.sources.source import MOST_COPIED
from keras_ae.errors import InputError
from keras_ae.extras import install_command
from keras_ae.names import slug

__all__ = ["Examples", "write_examples"]

LOG = logging.getLogger(__name__)

Examples = Mapping[str, Callable[[], Iterable[Mapping[str, Any]]]]
"""Of each split a function that goes over its examples: bytes, and arrays of numbers, by features' names."""

LOOKED_AT = 64
"""Examples from which the features are found."""


def write_examples(examples: Examples, folder: Path, title: str, where: str) -> Path:
    """Writes examples: images as files in folders, lists of numbers as arrays, and single values as a table.

    Args:
        examples: The examples by split; by "" alone where there is one.
        folder: An empty folder.
        title: The name of the file or folder to write.
        where: What they come from, for messages.

    Returns:
        The file or the folder.

    Raises:
        InputError: The examples are of different forms, or more than is held.
    """
    features = features_of(islice(next(iter(examples.values()))(), LOOKED_AT), where)
    images = [name for name, feature in features.items() if feature.kind == "image"]
    arrays = [name for name, feature in features.items() if feature.is_array]
    label, listing = label_of(features), ", ".join(f"{name} ({one})" for name, one in features.items())
    if len(images) > 1:
        raise InputError(
            f"expected one image in an example of {where}, which has {', '.join(images)}; keep one"
        )
    if images:
        LOG.info("%s: images of %s, labels of %s; it has %s", where, images[0], label or "none", listing)
        return _write_images(examples, images[0], label, folder / title, where)
    if arrays:
        LOG.info(
            "%s: arrays of %s, labels of %s; it has %s", where, ", ".join(arrays), label or "none", listing
        )
        return _write_arrays(examples, arrays, label, folder / title, where)
    LOG.info("%s: rows of %s", where, listing)
    return _write_rows(examples, features, folder / f"{title}.parquet", where)


def _value(example: Mapping[str, Any], name: str, where: str, number: int) -> Any:
    if name not in example:
        raise InputError(f"example {number:,} of {where} has no feature {name!r}; leave such examples out")
    return example[name]


def _write_images(examples: Examples, image: str, label: str, folder: Path, where: str) -> Path:
    """Images as files, in a folder for each split if there are several, and for each label."""
    size, parents = 0, set()
    for split, of_split in examples.items():
        for number, example in enumerate(of_split()):
            content = _value(example, image, where, number)
            suffix = next((own for start, own in IMAGES.items() if content.startswith(start)), None)
            if suffix is None:
                raise InputError(f"example {number:,} of {where} has no image in {image!r}; leave it out")
            size += len(content)
            if size > MOST_COPIED:
                raise InputError(f"{where} holds more than {MOST_COPIED / 2**30:g} GiB; take a part of it")
            parent = folder / split / (_word(_value(example, label, where, number)) if label else "")
            if parent not in parents:
                parent.mkdir(parents=True, exist_ok=True)
                parents.add(parent)
            (parent / f"{number:07d}{suffix}").write_bytes(content)
    return folder


def _word(value: Any) -> str:
    return slug(str(_plain(value))) or "_"


def _plain(value: Any) -> Any:
    """A single value in Python's types; None for none."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return None if value is None or not value.size else value.item()


def _write_arrays(examples: Examples, names: list[str], label: str, path: Path, where: str) -> Path:
    """Lists of numbers as arrays: an .npz, or an .npy where there is one alone."""
    titles = {name: last_part(name) for name in names} if len(names) > 1 else {names[0]: "x"}
    titles |= {label: "y"} if label else {}
    arrays: dict[str, np.ndarray] = {}
    size = 0
    for split, of_split in examples.items():
        rows: dict[str, list[Any]] = {name: [] for name in titles}
        for number, example in enumerate(of_split()):
            for name, values in rows.items():
                value = _value(example, name, where, number)
                values.append(_plain(value) if name == label else _shaped(value, example))
                size += 8 if name == label else values[-1].nbytes
                if name != label and values[-1].shape != values[0].shape:
                    raise InputError(
                        f"example {number:,} of {where} has {name!r} of shape {values[-1].shape}, others of "
                        f"{values[0].shape}; bring all to one shape"
                    )
            if size > LARGEST:
                raise InputError(f"{where} holds more than {LARGEST / 2**30:g} GiB; take a part of it")
        arrays |= {f"{titles[name]}{'_' * bool(split)}{split}": np.array(rows[name]) for name in rows}
    if list(arrays) == ["x"]:
        np.save(path.with_name(f"{path.name}.npy"), arrays["x"])
        return path.with_name(f"{path.name}.npy")
    np.savez(path.with_name(f"{path.name}.npz"), **arrays)  # type: ignore[arg-type]
    return path.with_name(f"{path.name}.npz")


def _shaped(value: Any, example: Mapping[str, Any]) -> np.ndarray:
    pixels = pixels_of(value, example)
    if pixels is None:
        return np.frombuffer(value, np.uint8) if isinstance(value, bytes) else value
    return pixels


def _write_rows(examples: Examples, features: Mapping[str, Feature], path: Path, where: str) -> Path:
    """Single values as columns of a table."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise InputError(f"the rows in {where} need pyarrow: {install_command('parquet')}") from error
    columns: dict[str, list[Any]] = {name: [] for name in features}
    for of_split in examples.values():
        for example in of_split():
            for name, values in columns.items():
                values.append(_plain(example.get(name)))
        if sum(map(len, columns.values())) * 8 > LARGEST:
            raise InputError(f"{where} holds more than {LARGEST / 2**30:g} GiB of values; take a part of it")
    try:
        table = pyarrow.table(columns)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError) as error:
        raise InputError(f"a feature of {where} has values of several kinds ({error}); write one") from error
    pyarrow.parquet.write_table(table, path, use_dictionary=False)
    return path
