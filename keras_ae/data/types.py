"""What a data set gives: splits of examples in memory, their scale, and what is known of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
import tensorflow as tf

from keras_ae.domains import Domain, domain_of
from keras_ae.errors import InputError
from keras_ae.formats import Format

if TYPE_CHECKING:
    from keras_ae.data.series.resample import Series
    from keras_ae.data.tables.preprocessing import Preprocessor

SHARPEST = 1e6
"""How much larger values may be than they vary, for float32 to tell them apart."""

LARGEST = 4 * 2**30
"""Bytes that one data set may take once decoded; what is larger is refused before decoding."""

MOST_CLASSES = 1000
"""Labels above this are taken for numbers rather than for classes."""


@dataclass(frozen=True, eq=False)
class Split:
    """Examples in memory.

    examples: (n, *shape), uint8 (a value v stands for v / 255), or bool or float32 (as a model sees it).
    labels: (n,) integers, or None.
    stream: number that tells the noise of one split from that of another.
    """

    examples: np.ndarray
    labels: np.ndarray | None = None
    stream: int = 0

    def __len__(self):
        return len(self.examples)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.examples.shape[1:]

    @property
    def group(self) -> int:
        """Neighboring indices that training draws together, for they cost less than as many others."""
        return 1

    def reader(self) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
        """(indices (batch,), seeds (batch, 2)) -> examples as a model sees them, float32 (batch, *shape)."""
        examples = tf.constant(self.examples)
        return lambda index, seeds: values(tf.gather(examples, index))

    def update_hash(self, digest) -> None:
        """Feeds every example's bytes and label to a hash, in their order."""
        digest.update(np.ascontiguousarray(self.examples))
        if self.labels is not None:
            digest.update(np.ascontiguousarray(self.labels))

    def thin(self, most: int) -> Split:
        """At most so many examples, evenly spaced over the split, which may be sorted."""
        return self.take(slice(None, None, max(1, -(-len(self.examples) // most))))

    def take(self, index) -> Split:
        """The examples at an index, a slice or a mask."""
        return replace(
            self,
            examples=self.examples[index],
            labels=None if self.labels is None else self.labels[index],
        )


@dataclass(frozen=True, eq=False)
class Scaler:
    """How a model sees values: raw = offset + scale * seen.

    domain: "unit" for values in [0, 1], "real" for standardized values.
    offset, scale: float32 of shape () or (channels,); 0 and 1 in the unit domain.
    preprocessor: what makes values of a table's named columns, where they come from one.
    """

    domain: Domain
    offset: np.ndarray
    scale: np.ndarray
    preprocessor: Preprocessor | None = None

    def __post_init__(self):
        object.__setattr__(self, "domain", domain_of(self.domain))

    def inverse_transform(self, seen) -> np.ndarray:
        """What a model gives (n, ...) as people have it: numbers of classes, or values in their units."""
        if self.domain.one_hot:
            return np.argmax(seen, axis=-1)
        return np.asarray(seen) * self.scale + self.offset if self.domain.scaled else np.asarray(seen)

    def transform(self, raw: np.ndarray, classes: int) -> np.ndarray:
        """The same the other way round, float32; classes: how many numbers of classes there are."""
        if self.domain.one_hot:
            return np.eye(classes, dtype=np.float32)[raw]
        return ((raw - self.offset) / self.scale).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Points:
    """The points that examples of a test split are windows of, which may overlap.

    starts: (n,) the first point of each. count: of all points. labels: (count,) bool, True in anomalies, or
    None where none is known. kinds: (count,) integers, what kind of anomaly, 0 for none; names: of the kinds.
    fresh: (n,) bool, which examples hold no point that was learned from, or None where all may be so.
    parts: where the points come from, if from several: (name, first, past the last) of each.
    series: the one that they are of, if of one.
    """

    starts: np.ndarray
    count: int
    labels: np.ndarray | None = None
    kinds: np.ndarray | None = None
    names: tuple[str, ...] = ()
    parts: tuple[tuple[str, int, int], ...] = ()
    series: Series | None = None
    fresh: np.ndarray | None = None


class ImageSequence(Protocol):
    """ImageSequence (height, width, channels) uint8 of any sizes, and what tells their content in a hash."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[np.ndarray]: ...

    def update_hash(self, digest) -> None: ...


@dataclass(frozen=True, eq=False)
class Data:
    """What a data set loads.

    name: as it stands in a model card.
    train, validation, test: splits of one element shape, each of at least one example; of a published
        test set, which is there to measure on and not to train on, train and validation are empty.
    domain: "unit" for values in [0, 1], "real" for standardized values, "categorical" for one-hot
        classes over the last axis.
    label_names: what the integers of the labels mean; () when they mean themselves.
    offset, scale: as in Units.
    notes: what the user should know, such as files left out.
    whole: the test images themselves, of which the test split holds pieces of one size; None where
        the examples are all there is.
    calibration: examples held back that no epoch is chosen on, for a task that sets a threshold by them.
    preprocessor: what makes the examples of named columns, where they come from a table; raw: those of the test
        split as they were, (n,) each, by name.
    points: what the test examples are windows of.
    format: what examples are to people, where that does not follow from their shape.
    factors: of each split, (n, k) whole numbers of what its examples were drawn from, where that is known;
        factor_names: of the k.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    domain: Domain
    label_names: tuple[str, ...] = ()
    offset: np.ndarray = field(default_factory=lambda: np.float32(0))
    scale: np.ndarray = field(default_factory=lambda: np.float32(1))
    notes: tuple[str, ...] = ()
    whole: ImageSequence | None = None
    calibration: Split | None = None
    preprocessor: Preprocessor | None = None
    raw: Mapping[str, np.ndarray] | None = None
    points: Points | None = None
    format: Format | None = None
    factors: Mapping[str, np.ndarray] | None = None
    factor_names: tuple[str, ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "domain", domain_of(self.domain))
        for stream, name in enumerate(("train", "validation", "test", "calibration")):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, replace(getattr(self, name), stream=stream))
        for name, rows in (self.factors or {}).items():
            if len(rows) != len(self.splits[name]):
                raise ValueError(
                    f"expected factors of {len(self.splits[name])} {name} examples, received {len(rows)}"
                )

    @property
    def splits(self) -> dict[str, Split]:
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @property
    def scaler(self) -> Scaler:
        return Scaler(self.domain, np.float32(self.offset), np.float32(self.scale), self.preprocessor)

    def rescaled(self, scaler: Scaler) -> Data:
        """The same examples as a model sees them that was trained in the given scaler.

        Raises InputError where the domains differ.
        """
        if self.domain != scaler.domain:
            raise InputError(
                f"the model was trained on values of the {scaler.domain} domain, received {self.domain} ones; "
                "evaluate it on data of its own kind"
            )
        same = np.array_equal(scaler.offset, self.offset) and np.array_equal(scaler.scale, self.scale)
        if same:
            return self
        held = self.splits | ({} if self.calibration is None else {"calibration": self.calibration})
        splits = {
            name: replace(
                split,
                examples=((split.examples * self.scale + self.offset - scaler.offset) / scaler.scale).astype(
                    np.float32
                ),
            )
            for name, split in held.items()
        }
        return replace(self, **splits, offset=scaler.offset, scale=scaler.scale)

    @cached_property
    def classes(self) -> int:
        """Classes that the labels 0, 1, ... tell apart; 0 where they tell none, are negative or too many."""
        if any(split.labels is None for split in self.splits.values()):
            return 0
        highest = max(int(split.labels.max()) for split in self.splits.values())
        lowest = min(int(split.labels.min()) for split in self.splits.values())
        classes = max(highest + 1, len(self.label_names))
        return classes if lowest >= 0 and 1 < classes <= MOST_CLASSES else 0

    @cached_property
    def sha256(self) -> str:
        """Hash of every example's bytes and label, in the order of the splits, and of whole images."""
        digest = hashlib.sha256()
        for name, split in self.splits.items():
            digest.update(f"{name} {split.examples.shape} {split.examples.dtype} ".encode())
            split.update_hash(digest)
        if self.whole is not None:
            self.whole.update_hash(digest)
        return digest.hexdigest()


def values(examples) -> tf.Tensor:
    """Stored examples (batch, ...) as a model sees them: float32, with a byte of 255 standing for 1."""
    examples = tf.convert_to_tensor(examples)
    full = 255.0 if examples.dtype == tf.uint8 else 1.0
    return tf.cast(examples, tf.float32) / full


def in_original_units(split: Split, scaler: Scaler) -> np.ndarray:
    """Examples (n, ...) of a split as people have them: numbers of classes, or values in their units."""
    if scaler.domain.one_hot:
        return split.examples.argmax(axis=-1)  # of bytes, which as floats would take four times as many
    return scaler.inverse_transform(np.asarray(values(split.examples)))
