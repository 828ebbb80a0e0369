"""The values of arrays as data: classes, numbers in [0, 1], or standardized ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from keras_ae.data.examples import LARGEST, Split
from keras_ae.data.full_scale import find_full_scale, stored
from keras_ae.data.mapped import converted, split_of
from keras_ae.data.precision import precisions_of, standardized
from keras_ae.data.scaling import Scaler
from keras_ae.data.splits import split_by_content
from keras_ae.data.types import Data
from keras_ae.domains import REAL, UNIT, Domain, domain_of
from keras_ae.errors import InputError

__all__ = ["data_in_domain", "like", "sample_blobs"]

MOST_TOLD = 3
"""Columns that are named in a note or a message, at most."""


def data_in_domain(
    name: str,
    splits: dict[str, Split],
    domain: Domain | None,
    full_scale: int | None = None,
    learned: Scaler | None = None,
) -> Data:
    """Splits as data: one-hot, in [0, 1] or standardized, whichever the domain or the values call for.

    Args:
        name: The data's name.
        splits: "train", "validation" and "test", of examples as `with_channels` returns them.
        domain: The domain; None to detect it from the values.
        full_scale: The whole number that stands for 1; 0 for the dtype's own, None to find it.
        learned: The scaler of a trained model, to standardize by; None to fit one to the training split.

    Returns:
        The data.

    Raises:
        InputError: For classes that are not whole numbers from 0, and for values that float32 cannot tell.
    """
    if domain is not None and domain.ends:
        raise InputError(
            f"expected examples of one length in {name}, as arrays have; sequences of different lengths are "
            "rows of a file with a column that parts them; leave data.domain out"
        )
    if domain is not None and domain.one_hot:
        return Data(name, **_one_hot(name, splits), domain=domain)
    if domain is None or domain.unit_interval:
        parts = [split.examples for split in splits.values()]
        found = find_full_scale(parts, splits["train"].examples.ndim >= 4, domain is not None, full_scale)
        if found is not None:
            told = (found[1],) if found[1] else ()
            examples = _map(splits, lambda x: stored(x, found[0]))
            return Data(name, **examples, domain=domain or UNIT, full_scale=found[0], notes=told)
    if domain is not None and not domain.scaled:
        return Data(name, **_map(splits, lambda x: x.astype(np.float32)), domain=domain)
    notes: tuple[str, ...] = ()
    if learned is not None and np.shape(learned.offset) in ((), splits["train"].shape[-1:]):
        offset, scale = learned.offset, learned.scale
    else:
        offset, scale, notes = _fitted(name, splits["train"], domain is None)
    return Data(
        name,
        **_map(splits, lambda x: standardized(x, offset, scale)),
        domain=domain or REAL,
        offset=offset,
        scale=scale,
        notes=notes,
    )


def like(dataset: Any, scaler: Scaler) -> Any:
    """Arrays that are to be read as those were that a model was trained on.

    Args:
        dataset: A data set with the fields `domain` and `full_scale`.
        scaler: The model's.

    Returns:
        The data set, with the model's domain and full scale where it has none of its own.
    """
    if dataset.domain is not None and domain_of(dataset.domain) != scaler.domain:
        return dataset
    full_scale = (
        (scaler.full_scale or 0)
        if scaler.domain.unit_interval and dataset.full_scale is None
        else dataset.full_scale
    )
    return replace(dataset, domain=str(scaler.domain), full_scale=full_scale)


def sample_blobs(series: bool, domain: Domain | None) -> Data:
    """Blobs of 12 x 12 pixels, with their rows as series, or bright and dark as classes.

    Args:
        series: Whether the second axis is time.
        domain: The domain; None to detect it.

    Returns:
        60 examples in splits.
    """
    rows, columns = np.mgrid[0:12, 0:12]
    centers = np.random.default_rng(0).uniform(2, 9, (60, 2, 1, 1))
    blobs = np.exp(-((rows - centers[:, 0]) ** 2 + (columns - centers[:, 1]) ** 2) / 6)
    examples = blobs.astype(np.float32) if series else blobs[..., None].astype(np.float32)
    if domain is not None and domain.one_hot:
        examples = (blobs > 0.5).astype(np.int64)
    return data_in_domain("sample", split_by_content(examples), domain)


def _fitted(name: str, split: Split, detected: bool) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """The offset and the scale of each column of the training examples, float32, and notes."""
    train, few = split.examples, split.in_memory().examples
    axes = tuple(range(train.ndim - 1))
    each = precisions_of(few, "leave those examples out")
    found = {f"x[..., {column}]": precision for column, precision in enumerate(each)}
    faults = {column: precision.fault for column, precision in found.items() if precision.fault}
    if faults:
        raise InputError(
            f"{name} has values that a model would not see: {_some(faults)}; or leave the column out"
        )
    constant = np.array([precision.constant for precision in found.values()])
    offset = train.mean(axes, dtype=np.float64).astype(np.float32)
    scale = np.where(constant, 1.0, train.std(axes, dtype=np.float64)).astype(np.float32)
    notes = {column: precision.note for column, precision in found.items() if precision.note}
    told = (_some(notes),) if notes else ()
    return offset, scale, told + (_pixels(few) if detected else ())


def _some(texts: dict[str, str]) -> str:
    """What is to be said of some columns."""
    lines = [f"{column} {text}" for column, text in list(texts.items())[:MOST_TOLD]]
    more = len(texts) - len(lines)
    return "; ".join(lines) + (f"; and {more} columns more" if more else "")


def _pixels(train: np.ndarray) -> tuple[str, ...]:
    """A note about numbers that look like the pixels of images."""
    low, high = train.min(), train.max()
    if low < 0 or not 250 <= high <= 255 or (train.ndim == 2 and (train % 1 != 0).any()):
        return ()
    return (
        f"{train.dtype} from {low:g} to {high:g} are standardized; if they are pixels, save them as bytes, "
        'x.astype("uint8")',
    )


def _one_hot(name: str, splits: dict[str, Split]) -> dict[str, Any]:
    """Splits of the numbers of classes as one-hot splits of bool (n, ..., classes)."""
    values = [split.examples for split in splits.values()]
    if values[0].dtype.kind not in "bui" or min(part.min() for part in values) < 0:
        raise InputError(
            f"expected whole numbers from 0, each the number of a class, in {name}; received "
            f"{values[0].dtype} from {min(part.min() for part in values)}; count the classes from 0"
        )
    classes = int(max(part.max() for part in values)) + 1
    size = sum(part.size for part in values) * classes
    if size > LARGEST:
        raise InputError(
            f"{name} takes {size / 2**30:.1f} GiB with {classes:,} classes one-hot, at most "
            f"{LARGEST / 2**30:.0f} are held in memory; number the classes 0, 1, 2, ..."
        )
    return _map(splits, lambda part: np.arange(classes) == part[..., None])


def _map(splits: dict[str, Split], convert: Callable[[np.ndarray], np.ndarray]) -> dict[str, Any]:
    """Splits with converted examples."""
    return {
        name: replace(split_of(converted(split.examples, convert), split.labels), weights=split.weights)
        for name, split in splits.items()
    }
