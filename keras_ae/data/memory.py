"""Arrays in memory as data, by the rules of array files."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.groups import checked_groups
from keras_ae.data.labels import Unusable, numbered, plain_labels
from keras_ae.data.mapped import left_on_disk, split_of
from keras_ae.data.npy import checked, with_channels
from keras_ae.data.scaling import Scaler
from keras_ae.data.split_rules import around_own
from keras_ae.data.types import Data
from keras_ae.data.values import data_in_domain, like, sample_blobs
from keras_ae.data.weights import checked_weights
from keras_ae.domains import Domain, domain_of
from keras_ae.errors import InputError

__all__ = ["Arrays", "content_of", "is_data_frame", "plain_array"]

SAME_SHAPE = "bring all examples to one shape, by cutting or padding them"


@dataclass(frozen=True, eq=False)
class Arrays(Dataset):
    """Arrays in memory: vectors (n, features), images (n, height, width) with or without channels, or series.

    The rules are those of an .npy file: bytes, uint16 and bool, whole numbers of 0 and 1, and floats within
    [0, 1] are values in [0, 1]; all others are real and are standardized by the training split. Examples are
    split 80 / 10 / 10 by their content, into training, validation and test. Do not change the arrays
    afterwards. What `numpy.load(path, mmap_mode="r")` gives stays on disk if it is larger than half a GiB.

    Attributes:
        x: The examples, (n, ...).
        y: The labels, (n,): whole numbers or words, or one-hot rows; None for examples without labels.
        domain: "unit", "real" or "categorical"; None to detect it.
        series: Whether the second axis is time.
        validation: Examples to validate on, (n, ...), or (examples, labels), in place of a part of `x`.
        test: Examples to evaluate on, (n, ...), or (examples, labels), in place of a part of `x`.
        groups: The group of each example of `x`, (n,): whole numbers or words, such as the patient of each
            image; no group is then in two splits.
        full_scale: The whole number that stands for 1, such as 4095; 0 for the type's own (255 in bytes,
            65535 in uint16), None to find it.
        weights: What each example of `x` counts in the objective, (n,), numbers of at least 0; None for all
            alike.

    Raises:
        InputError: For arrays of another rank, of text or objects, or with values that are not finite, for
            labels, groups or weights that do not fit, and for an unknown domain.
    """

    x: Any
    y: Any = None
    domain: str | None = None
    series: bool = False
    validation: Any = None
    test: Any = None
    groups: Any = None
    full_scale: int | None = None
    weights: Any = None

    def __post_init__(self) -> None:
        if self.domain is not None:
            domain_of(self.domain)
        x = self._examples(self.x, "x")
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", None if self.y is None else _checked_labels(self.y, len(x), "y"))
        for name in ("validation", "test"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, self._further(name))
        if self.groups is not None:
            object.__setattr__(self, "groups", checked_groups(self.groups, len(x), "groups"))
        if self.weights is not None:
            object.__setattr__(self, "weights", checked_weights(self.weights, len(x), "weights"))

    def __repr__(self) -> str:
        return f"Arrays({content_of(self.x)})"

    def load(self) -> Data:
        """The arrays in splits.

        Raises:
            InputError: For values that float32 cannot tell apart, and for labels of several kinds.
        """
        return self._load()

    def load_like(self, scaler: Scaler) -> Data:
        return like(self, scaler)._load(scaler if scaler.domain.scaled else None)

    def sample(self) -> Data:
        """Blobs of 12 x 12 pixels, with their rows as series, or bright and dark as classes."""
        return sample_blobs(self.series, self._domain)

    @property
    def _domain(self) -> Domain | None:
        return None if self.domain is None else domain_of(self.domain)

    def _load(self, learned: Scaler | None = None) -> Data:
        arrays = {"train": (self.x, self.y)} | {
            name: getattr(self, name) for name in ("validation", "test") if getattr(self, name)
        }
        try:
            labels, names = numbered({name: y for name, (_, y) in arrays.items() if y is not None})
        except Unusable as reason:
            raise InputError(f"expected labels of one kind; y {reason}") from reason
        own = {
            name: split_of(with_channels(left_on_disk(x), self.series, self._domain, name), labels.get(name))
            for name, (x, _) in arrays.items()
        }
        own["train"] = replace(own["train"], weights=self.weights)
        groups = {} if self.groups is None else {"train": self.groups}
        splits, rule = around_own(own, {name: name for name in own}, groups, "groups")
        data = data_in_domain("arrays in memory", splits, self._domain, self.full_scale, learned)
        notes = (*data.notes, f"split {rule}")
        return replace(data, label_names=names, rule=rule, fixed=bool(groups), notes=notes)

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
        array = values if isinstance(values, np.memmap) else np.asarray(values)
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
    checked(left_on_disk(array), where)
    return array


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
    if isinstance(value, tuple) and any(
        isinstance(part, np.ndarray) or is_data_frame(part) for part in value
    ):
        return ", ".join(str(content_of(part)) for part in value)
    if isinstance(value, np.ndarray):
        digest = hashlib.sha256(np.ascontiguousarray(value).data).hexdigest()
        return f"{value.dtype} {value.shape} sha256 {digest}"
    if is_data_frame(value):
        import pandas as pd

        names = [f"{name} {dtype}" for name, dtype in value.dtypes.items()]
        content = hashlib.sha256("\n".join(names).encode())
        content.update(pd.util.hash_pandas_object(value, index=False).to_numpy().tobytes())
        return f"DataFrame {value.shape} sha256 {content.hexdigest()}"
    return value


def is_data_frame(value: Any) -> bool:
    """Whether a value is a data frame of pandas, which is imported wherever there is one.

    Args:
        value: Any value.

    Returns:
        Whether it is one.
    """
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def _checked_labels(labels: Any, count: int, where: str) -> np.ndarray:
    """Labels, one for each example: whole numbers or words."""
    try:
        plain = plain_labels(labels)
    except Unusable as reason:
        raise InputError(
            f"expected labels of {where}, whole numbers or words; it {reason}; give one label for each "
            "example"
        ) from reason
    if len(plain) != count:
        raise InputError(
            f"expected a label for each example of {where}, {count:,} in all; received {len(plain):,}"
        )
    return plain
