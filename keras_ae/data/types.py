"""The data that a data set loads: splits of examples, and everything known about them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from keras_ae.checked import Checked
from keras_ae.data.examples import Split
from keras_ae.data.mapped import converted
from keras_ae.data.scaling import Scaler
from keras_ae.data.series.points import Points
from keras_ae.domains import Domain, domain_of
from keras_ae.errors import InputError
from keras_ae.formats import Format

if TYPE_CHECKING:
    from keras_ae.data.tables.preprocessing import Preprocessor

__all__ = ["MOST_CLASSES", "Data", "ImageSequence"]

MOST_CLASSES = 1000
"""Labels with more different values than this are treated as numbers, not classes."""


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
        more_calibration: (how many) -> the settings of which each alone holds back so many examples for
            calibration, as advice; None where no setting does.
        preprocessor: Of the columns of a table into examples; None if the data is not a table.
        learned: Names of the columns of a file of rows that the examples are made from; () for other data.
        raw: The columns of the test split before preprocessing, (n,) each, by name.
        points: The points that the test examples are windows of.
        format: How examples are rendered and written; None if their shape says so.
        factors: (n, k), whole numbers, the factors that the examples of each split were made from, by split,
            perhaps also those of "calibration".
        factor_names: Of the k factors.
        full_scale: As in `Scaler`.
        rule: How the examples were split, in words; "" where the data set has splits of its own.
        fixed: Whether the user has asked for groups or a list of the test split, or of rows for a split by
            time, so that no example may be moved to another split.
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
    more_calibration: Callable[[int], tuple[str, ...]] | None = None
    preprocessor: Preprocessor | None = None
    learned: tuple[str, ...] = ()
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
            if len(rows) != len(self.parts[name]):
                raise InputError(
                    f"expected factors of {len(self.parts[name])} {name} examples, received {len(rows)}; "
                    "give a row for each"
                )

    @property
    def splits(self) -> dict[str, Split]:
        """The training, validation and test split by name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @property
    def parts(self) -> dict[str, Split]:
        """The splits, and the calibration split if there is one, by name."""
        return self.splits | ({} if self.calibration is None else {"calibration": self.calibration})

    @property
    def overview(self) -> str:
        """What the examples are and how many each split has, as a line; the notes name the rule."""
        counts = ", ".join(f"{name} {split.in_words}" for name, split in self.parts.items())
        sides = self.train.shape
        if self.domain.ends:  # the last channel is a flag
            sides = (*sides[:-1], sides[-1] - 1)
        shape = " x ".join(map(str, sides)) or "1"
        return (
            f"examples of {'up to ' if self.domain.ends else ''}{shape} values ({self.domain.kind}): {counts}"
        )

    @property
    def scaler(self) -> Scaler:
        """The scaler of the data."""
        return Scaler(
            self.domain,
            np.float32(self.offset),
            np.float32(self.scale),
            self.preprocessor,
            self.full_scale,
            self.format,
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
        if not scaler.domain.matches(self.domain):
            now, before = self.domain.layout, scaler.domain.layout
            if now is not None and before is None and scaler.preprocessor is not None:
                raise InputError(
                    "the model was trained by an earlier version, which learned words and missing values "
                    "as numbers; train it again, or take that version to evaluate it"
                )
            if now is not None and before is not None:
                raise InputError(
                    f"the model was trained on a table of {before.in_words}, received one of {now.in_words}; "
                    "evaluate it on the columns and the words that it was trained on"
                )
            raise InputError(
                f"the model was trained on values of the {scaler.domain.kind} domain, received values of the "
                f"{self.domain.kind} domain; evaluate it on data of the same kind"
            )
        same = np.array_equal(scaler.offset, self.offset) and np.array_equal(scaler.scale, self.scale)
        if same:
            return self
        factor = np.float64(self.scale) / np.float64(scaler.scale)
        moved = (np.float64(self.offset) - np.float64(scaler.offset)) / np.float64(scaler.scale)

        def rescaled(examples: np.ndarray) -> np.ndarray:
            if not self.domain.ends:
                return (examples * factor + moved).astype(np.float32)
            values, flags = examples[..., :-1] * factor + moved, examples[..., -1:]
            return np.concatenate([np.where(flags, values, 0), flags], axis=-1).astype(np.float32)

        splits: dict[str, Any] = {
            name: replace(split, examples=converted(split.examples, rescaled))
            for name, split in self.parts.items()
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
