"""The data that a data set loads: splits of examples, their scaling and their meaning."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import tensorflow as tf

from keras_ae.checked import Checked
from keras_ae.data.precision import standardized
from keras_ae.domains import Domain, domain_of
from keras_ae.errors import InputError
from keras_ae.formats import Format

if TYPE_CHECKING:
    from keras_ae.data.series.resample import Series
    from keras_ae.data.tables.preprocessing import Preprocessor

__all__ = [
    "LARGEST",
    "Data",
    "ImageSequence",
    "Points",
    "Scaler",
    "SeriesGroup",
    "Split",
    "in_original_units",
    "values",
]

LARGEST = 4 * 2**30
"""Maximum size of a decoded data set in bytes; a larger one is refused before decoding."""

MOST_CLASSES = 1000
"""Labels with more different values than this are treated as numbers, not classes."""


@dataclass(frozen=True, eq=False)
class Split(metaclass=Checked):
    """Examples in memory.

    Attributes:
        examples: (n, *shape), uint8 (255 stands for 1), or bool or float32 (as a model takes them).
        labels: (n,), integers; None for examples without labels.
        stream: The number of the split's own stream of random numbers.
        masks: (n, height, width), int8, of images: 1 in pixels of an anomaly, 0 in others, -1 where it is not
            known; None if it is known of none.
    """

    examples: np.ndarray
    labels: np.ndarray | None = None
    stream: int = 0
    masks: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an example."""
        return self.examples.shape[1:]

    @property
    def group(self) -> int:
        """How many neighboring indices training reads together, because that is cheaper."""
        return 1

    def reader(self) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
        """A function that reads examples inside a TensorFlow graph.

        Returns:
            (indices (batch,), seeds (batch, 2)) -> examples as a model takes them, float32 (batch, *shape).
        """
        examples = tf.constant(self.examples)
        return lambda index, seeds: values(tf.gather(examples, index))

    def update_hash(self, digest: Any) -> None:
        """Updates a hash with the bytes, labels and masks of all examples, in order.

        Args:
            digest: A `hashlib` hash object.
        """
        digest.update(np.ascontiguousarray(self.examples))
        if self.labels is not None:
            digest.update(np.ascontiguousarray(self.labels))
        if self.masks is not None:
            digest.update(np.ascontiguousarray(self.masks))

    def thin(self, most: int) -> Split:
        """Takes evenly spaced examples, because a split may be sorted.

        Args:
            most: Maximum number of examples.

        Returns:
            A smaller split.
        """
        return self.take(slice(None, None, max(1, -(-len(self.examples) // most))))

    def take(self, index: Any) -> Split:
        """Selects examples.

        Args:
            index: Indices, a slice or a mask.

        Returns:
            A split of the selected examples.
        """
        return replace(
            self,
            examples=self.examples[index],
            labels=None if self.labels is None else self.labels[index],
            masks=None if self.masks is None else self.masks[index],
        )

    def joined(self, other: Split) -> Split:
        """Appends the examples of another split.

        Args:
            other: A split of examples of the same shape, with labels if this one has some.

        Returns:
            A split of the examples of both.
        """
        both = (self, other)
        masks = None
        if any(part.masks is not None for part in both):
            unknown = [np.full((len(part.examples), *self.shape[:2]), -1, np.int8) for part in both]
            masks = np.concatenate(
                [
                    blank if part.masks is None else part.masks
                    for part, blank in zip(both, unknown, strict=True)
                ]
            )
        labels = None if self.labels is None else np.concatenate([part.labels for part in both])
        return replace(
            self, examples=np.concatenate([part.examples for part in both]), labels=labels, masks=masks
        )


@dataclass(frozen=True, eq=False)
class Scaler(metaclass=Checked):
    """The scale and offset between data and model: original = offset + scale * transformed.

    Attributes:
        domain: Domain of the transformed values.
        offset: float32, of shape () or (channels,); 0 but for standardized values.
        scale: float32, of the same shape; 1 but for standardized values.
        preprocessor: Of the columns of a table; None if the values do not come from a table.
        full_scale: The whole number that stands for 1 in arrays of whole numbers; None for that of their
            type, 255 in bytes and 65535 in uint16.
    """

    domain: Domain
    offset: Any
    scale: Any
    preprocessor: Preprocessor | None = None
    full_scale: int | None = None

    def __post_init__(self):
        object.__setattr__(self, "domain", domain_of(self.domain))

    def inverse_transform(self, values: Any) -> np.ndarray:
        """Converts a model's inputs or outputs to original units.

        Args:
            values: (n, ...), the inputs or outputs of a model.

        Returns:
            (n, ...), values in original units; for classes their indices, without the last axis.
        """
        if self.domain.one_hot:
            return np.argmax(values, axis=-1)
        return np.asarray(values) * self.scale + self.offset if self.domain.scaled else np.asarray(values)

    def transform(self, original: np.ndarray, classes: int) -> np.ndarray:
        """Values in their original units, as a model takes them.

        Args:
            original: (n, ...), values, or the numbers of classes.
            classes: How many classes there are, if the values are numbers of classes.

        Returns:
            (n, ...), float32; for classes one-hot along an additional last axis.
        """
        if self.domain.one_hot:
            return np.eye(classes, dtype=np.float32)[original]
        return standardized(original, self.offset, self.scale)


@dataclass(frozen=True, eq=False)
class SeriesGroup:
    """One of several series.

    Attributes:
        name: Its name.
        series: The series.
        offset: (channels,), subtracted from its values.
        scale: (channels,), that they are then divided by.
    """

    name: str
    series: Series
    offset: np.ndarray
    scale: np.ndarray


@dataclass(frozen=True, eq=False)
class Points:
    """The points in time that the windows of a test split cover; windows may overlap.

    Attributes:
        starts: (n,), the first point of each window.
        count: How many points there are.
        labels: (count,), bool, True in anomalies; None where none is known.
        kinds: (count,), integers, the kind of anomaly, 0 for none; None where kinds are not known.
        names: Names of the kinds.
        parts: (name, first point, one past the last) of each series, if there are several.
        series: The series, if there is one.
        fresh: (n,), bool, whether a window holds no point that was trained on; None if that holds for all.
        groups: The series, if there are several.
    """

    starts: np.ndarray
    count: int
    labels: np.ndarray | None = None
    kinds: np.ndarray | None = None
    names: tuple[str, ...] = ()
    parts: tuple[tuple[str, int, int], ...] = ()
    series: Series | None = None
    fresh: np.ndarray | None = None
    groups: tuple[SeriesGroup, ...] = ()


class ImageSequence(Protocol):
    """A sequence of images (height, width, channels) uint8 of any sizes."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[np.ndarray]: ...

    def update_hash(self, digest: Any) -> None:
        """Feeds the content of each image to a hash.

        Args:
            digest: A hash of `hashlib`.
        """


@dataclass(frozen=True, eq=False)
class Data(metaclass=Checked):
    """The data of a data set: its splits and everything known about them.

    Attributes:
        name: The name in a model card.
        train: Examples to train on. Empty for a published test set, as is `validation`.
        validation: Examples that the best epoch is chosen by, of the same shape.
        test: Examples to evaluate on, of the same shape.
        domain: Domain of the values that a model takes.
        label_names: The meaning of the labels 0, 1, ...; () if they stand for themselves.
        offset: As in `Scaler`.
        scale: As in `Scaler`.
        notes: For the user, such as which files were left out.
        whole: The whole test images, if the test split holds pieces of them; else None.
        calibration: Examples for a task to set a threshold by, held back from training and from the choice of
            the best epoch.
        preprocessor: Of the columns of a table into examples; None if the data is not a table.
        raw: The columns of the test split before preprocessing, (n,) each, by name.
        points: The points that the test examples are windows of.
        format: How examples are rendered and written; None if their shape says so.
        factors: (n, k), whole numbers, the factors that the examples of each split were made from, by split.
        factor_names: Of the k factors.
        full_scale: As in `Scaler`.
        rule: How the examples were split, in words; "" where the data set has splits of its own.
        fixed: Whether the user has asked for groups or a list of the test split, so that no example may be
            moved to another split.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    domain: Domain
    label_names: tuple[str, ...] = ()
    offset: Any = field(default_factory=lambda: np.float32(0))
    scale: Any = field(default_factory=lambda: np.float32(1))
    notes: tuple[str, ...] = ()
    whole: ImageSequence | None = None
    calibration: Split | None = None
    preprocessor: Preprocessor | None = None
    raw: Mapping[str, np.ndarray] | None = None
    points: Points | None = None
    format: Format | None = None
    factors: Mapping[str, np.ndarray] | None = None
    factor_names: tuple[str, ...] = ()
    full_scale: int | None = None
    rule: str = ""
    fixed: bool = False

    def __post_init__(self):
        object.__setattr__(self, "domain", domain_of(self.domain))
        for stream, name in enumerate(("train", "validation", "test", "calibration")):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, replace(getattr(self, name), stream=stream))
        for name, rows in (self.factors or {}).items():
            if len(rows) != len(self.splits[name]):
                raise InputError(
                    f"expected factors of {len(self.splits[name])} {name} examples, received {len(rows)}"
                )

    @property
    def splits(self) -> dict[str, Split]:
        """The training, validation and test split by name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @property
    def overview(self) -> str:
        """What the examples are and how many each split has, as a line; the notes name the rule."""
        parts = self.splits | ({} if self.calibration is None else {"calibration": self.calibration})
        counts = ", ".join(f"{name} {len(split):,}" for name, split in parts.items())
        shape = " x ".join(map(str, self.train.shape)) or "1"
        return f"examples of {shape} values ({self.domain}): {counts}"

    @property
    def scaler(self) -> Scaler:
        """The scaler of the data."""
        return Scaler(
            self.domain, np.float32(self.offset), np.float32(self.scale), self.preprocessor, self.full_scale
        )

    def rescaled(self, scaler: Scaler) -> Data:
        """Rescales the examples for a model that was trained on other data.

        Args:
            scaler: The model's scaler.

        Returns:
            The rescaled data.

        Raises:
            InputError: If the domains differ.
        """
        if self.domain != scaler.domain:
            raise InputError(
                f"the model was trained on values of the {scaler.domain} domain, received values of the "
                f"{self.domain} domain; evaluate it on data of the same kind"
            )
        same = np.array_equal(scaler.offset, self.offset) and np.array_equal(scaler.scale, self.scale)
        if same:
            return self
        parts = self.splits | ({} if self.calibration is None else {"calibration": self.calibration})
        factor = np.float64(self.scale) / np.float64(scaler.scale)
        moved = (np.float64(self.offset) - np.float64(scaler.offset)) / np.float64(scaler.scale)
        splits: dict[str, Any] = {
            name: replace(split, examples=(split.examples * factor + moved).astype(np.float32))
            for name, split in parts.items()
        }
        return replace(self, **splits, offset=scaler.offset, scale=scaler.scale)

    @cached_property
    def classes(self) -> int:
        """The number of classes of the labels 0, 1, ...; 0 without labels, or if they are not classes."""
        labels = [split.labels for split in self.splits.values() if split.labels is not None]
        if len(labels) < len(self.splits):
            return 0
        highest, lowest = max(int(part.max()) for part in labels), min(int(part.min()) for part in labels)
        classes = max(highest + 1, len(self.label_names))
        return classes if lowest >= 0 and 1 < classes <= MOST_CLASSES else 0

    @cached_property
    def learned_classes(self) -> np.ndarray:
        """The classes of which there are training examples, in ascending order; empty without classes."""
        labels = self.train.labels if self.classes else None
        return np.empty(0, np.int64) if labels is None else np.unique(labels)

    @cached_property
    def sha256(self) -> str:
        """The hash of all examples and labels, in the order of the splits, and of whole images."""
        digest = hashlib.sha256()
        for name, split in self.splits.items():
            digest.update(f"{name} {split.examples.shape} {split.examples.dtype} ".encode())
            split.update_hash(digest)
        if self.whole is not None:
            self.whole.update_hash(digest)
        return digest.hexdigest()


def values(examples: Any) -> tf.Tensor:
    """The examples of a split as a model takes them.

    Args:
        examples: (batch, ...); 255 in uint8 stands for 1.

    Returns:
        (batch, ...), float32.
    """
    examples = tf.convert_to_tensor(examples)
    full = 255.0 if examples.dtype == tf.uint8 else 1.0
    return tf.cast(examples, tf.float32) / full


def in_original_units(split: Split, scaler: Scaler) -> np.ndarray:
    """The examples of a split in original units.

    Args:
        split: A split of the data.
        scaler: The data's scaler.

    Returns:
        (n, ...), values in original units, or class indices.
    """
    if scaler.domain.one_hot:
        return split.examples.argmax(axis=-1)  # of bool, because float32 would take four times the memory
    return scaler.inverse_transform(np.asarray(values(split.examples)))
