"""Arrays in memory as data, by the rules of array files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from keras_ae.data.arrays import checked, data_in_domain, sample_blobs, whole_labels, with_channels
from keras_ae.data.dataset import Dataset
from keras_ae.data.splits import TEST, assign, digests
from keras_ae.data.types import Data, Split
from keras_ae.domains import Domain, domain_of
from keras_ae.errors import InputError

__all__ = ["Arrays", "content_of", "plain_array"]

SAME_SHAPE = "bring all examples to one shape, by cutting or padding them"


@dataclass(frozen=True, eq=False)
class Arrays(Dataset):
    """Arrays in memory: vectors (n, features), images (n, height, width) with or without channels, or series.

    The rules are those of an .npy file: values of uint8, uint16 and bool, and floats within [0, 1], are in
    [0, 1]; all others are real and are standardized by the training split. Examples are split 80 / 10 / 10 by
    their content, into training, validation and test. Do not change the arrays afterwards.

    Attributes:
        x: The examples, (n, ...).
        y: The labels, (n,): whole numbers from 0, or words; None for examples without labels.
        domain: "unit", "real" or "categorical"; None to detect it.
        series: Whether the second axis is time.
        validation: Examples to validate on, (n, ...), or (examples, labels), in place of a part of `x`.
        test: Examples to evaluate on, (n, ...), or (examples, labels), in place of a part of `x`.

    Raises:
        InputError: For arrays of another rank, of text or objects, or with values that are not finite, for
            labels that do not fit, and for an unknown domain.
    """

    x: Any
    y: Any = None
    domain: str | None = None
    series: bool = False
    validation: Any = None
    test: Any = None

    def __post_init__(self) -> None:
        if self.domain is not None:
            domain_of(self.domain)
        x = self._examples(self.x, "x")
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", None if self.y is None else _checked_labels(self.y, len(x), "y"))
        for name in ("validation", "test"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, self._further(name))

    def __repr__(self) -> str:
        return f"Arrays({content_of(self.x)})"

    def load(self) -> Data:
        """The arrays in splits."""
        labels, names = self._labels()
        further = {name: getattr(self, name) for name in ("validation", "test") if getattr(self, name)}
        fractions: dict[str, float] = dict.fromkeys(further, 0.0)
        x = with_channels(self.x, self.series, self._domain, "x")
        whole = Split(x, labels["train"])
        fractions.setdefault("test", TEST)
        splits = {name: whole.take(index) for name, index in assign(digests(x), **fractions).items()}
        for name, (examples, _) in further.items():
            splits[name] = Split(with_channels(examples, self.series, self._domain, name), labels[name])
        return replace(data_in_domain("arrays in memory", splits, self._domain), label_names=names)

    def sample(self) -> Data:
        """Blobs of 12 x 12 pixels, with their rows as series, or bright and dark as classes."""
        return sample_blobs(self.series, self._domain)

    @property
    def _domain(self) -> Domain | None:
        return None if self.domain is None else domain_of(self.domain)

    def _examples(self, values, where):
        array = plain_array(values, where)
        with_channels(array, self.series, self._domain, where)  # refuses series of too many axes
        return array

    def _further(self, name):
        """Examples and labels of a further split, of the same shape and dtype as the others."""
        value = getattr(self, name)
        pair = value if isinstance(value, tuple) else (value, None)
        if len(pair) != 2:
            raise InputError(
                f"expected {name} as examples or (examples, labels), received {len(pair)} values; "
                "give labels as one array"
            )
        examples = self._examples(pair[0], name)
        if examples.shape[1:] != self.x.shape[1:] or examples.dtype != self.x.dtype:
            raise InputError(
                f"expected {name} like x, (n, {', '.join(map(str, self.x.shape[1:]))}) of {self.x.dtype}; "
                f"received {examples.shape} of {examples.dtype}; bring both to one shape and type"
            )
        if (self.y is None) != (pair[1] is None):
            raise InputError(
                f"expected labels of both x and {name}, or of neither; received those of one; give y and "
                f"{name}=(examples, labels)"
            )
        return examples, None if pair[1] is None else _checked_labels(pair[1], len(examples), name)

    def _labels(self):
        """The labels of each split as whole numbers, and their names where they are words."""
        parts = {"train": self.y} | {
            name: getattr(self, name)[1] for name in ("validation", "test") if getattr(self, name)
        }
        if self.y is None or self.y.dtype.kind != "U":
            return parts, ()
        names = np.unique(np.concatenate(list(parts.values())))
        return {name: np.searchsorted(names, labels) for name, labels in parts.items()}, tuple(names.tolist())


def plain_array(values: Any, where: str) -> np.ndarray:
    """Values as an array that can be trained on.

    Args:
        values: An array, a tensor, or nested lists.
        where: What they are called in a message.

    Returns:
        The array.

    Raises:
        InputError: For values that are no array of finite numbers of a rank that examples have.
    """
    try:
        array = np.asarray(values)
    except (ValueError, TypeError) as error:
        ragged = isinstance(values, list | tuple)
        raise InputError(
            f"expected an array of numbers as {where}, received {type(values).__name__} "
            f"({' '.join(str(error).split())[:100]}); {SAME_SHAPE if ragged else 'make it a NumPy array'}"
        ) from error
    if not array.ndim:
        raise InputError(
            f"expected an array of numbers as {where}, received {type(values).__name__} "
            f"{repr(values)[:80]}; give an array (n, ...) of n examples"
        )
    if array.dtype == object:
        raise InputError(
            f"expected an array of numbers as {where}, received {type(values).__name__} of objects, such as "
            f"{repr(array.flat[0])[:80]}; {_way_to_numbers(array, where)}"
        )
    return checked(array, where)


def _way_to_numbers(array, where):
    """What to do with an array of objects."""
    try:
        array.astype(float)
    except (ValueError, TypeError):
        nested = all(isinstance(part, list | tuple | np.ndarray) for part in array.flat)
        return SAME_SHAPE if nested else "give numbers; rows of numbers and words go into a data frame"
    return f"convert it with numpy.asarray({where}, float)"


def content_of(value: Any) -> Any:
    """What a setting holds, as a text that is the same in every process.

    Args:
        value: Any value of a recipe's field.

    Returns:
        The dtype, shape and hash of an array or a data frame; a tuple's parts alike; other values unchanged.
    """
    if isinstance(value, tuple) and any(isinstance(part, np.ndarray | pd.DataFrame) for part in value):
        return ", ".join(str(content_of(part)) for part in value)
    if isinstance(value, np.ndarray):
        digest = hashlib.sha256(np.ascontiguousarray(value).data).hexdigest()
        return f"{value.dtype} {value.shape} sha256 {digest}"
    if isinstance(value, pd.DataFrame):
        names = [f"{name} {dtype}" for name, dtype in value.dtypes.items()]
        content = hashlib.sha256("\n".join(names).encode())
        content.update(pd.util.hash_pandas_object(value, index=False).to_numpy().tobytes())
        return f"DataFrame {value.shape} sha256 {content.hexdigest()}"
    return value


def _checked_labels(labels, count, where):
    """Labels, one for each example: whole numbers from 0, or words."""
    try:
        array = np.asarray(labels)
    except ValueError as error:
        raise InputError(
            f"expected labels of {where} of shape ({count},), received rows of different lengths; give one "
            "label for each example"
        ) from error
    if array.dtype == object and all(isinstance(word, str) for word in array.ravel()):
        array = array.astype(str)
    if array.dtype.kind == "U" and array.shape == (count,):
        return array
    whole = whole_labels(array.astype(np.int64) if array.dtype == bool else array, count)
    if whole is None or whole.min() < 0:
        raise InputError(
            f"expected labels of {where} of shape ({count},), whole numbers from 0 or words; received "
            f"{array.dtype} of shape {array.shape}; give one label for each example"
        )
    return whole
