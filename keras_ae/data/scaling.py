"""The scale and offset between data and model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_ae.checked import Checked
from keras_ae.data.examples import Split
from keras_ae.data.precision import standardized
from keras_ae.domains import Domain, domain_of
from keras_ae.formats import Format
from keras_ae.formats.images import Images, images_of

if TYPE_CHECKING:
    from keras_ae.data.tables.preprocessing import Preprocessor

__all__ = ["Scaler", "class_indices", "in_original_units"]


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
        format: How files of the training data were read; None if they were not of files.
    """

    domain: Domain
    offset: Any
    scale: Any
    preprocessor: Preprocessor | None = None
    full_scale: int | None = None
    format: Format | None = None

    def __post_init__(self):
        object.__setattr__(self, "domain", domain_of(self.domain))

    @property
    def images(self) -> Images:
        """How files of images are read for the model: as those of its training, or as of 16 bits."""
        return self.format if isinstance(self.format, Images) else images_of({"full_scale": self.full_scale})

    @property
    def is_of_rows(self) -> bool:
        """Whether examples in original units are rows of a table: numbers, times and indices of words."""
        return self.preprocessor is not None and self.format is not None and self.format.together

    def inverse_transform(self, values: Any) -> np.ndarray:
        """Converts a model's inputs or outputs to original units.

        Args:
            values: (n, ...), the inputs or outputs of a model.

        Returns:
            (n, ...), values in original units; for classes their indices, without the last axis, and -1 at
            positions that do not exist; of sequences without their flags, and NaN there.
        """
        if self.is_of_rows:
            assert self.format is not None  # as that says
            assert self.preprocessor is not None
            return self.format.matrix(self.preprocessor.columns_of(np.asarray(values)))
        if self.domain.one_hot:
            classes = class_indices(np.asarray(values))
            return classes if self.format is None else self.format.ended(classes)
        if self.domain.ends:
            from keras_ae.sequences import unflagged  # Keras, which a look at other data does not need

            values = unflagged(values)
        return np.asarray(values) * self.scale + self.offset if self.domain.scaled else np.asarray(values)

    def transform(self, original: np.ndarray, classes: int) -> np.ndarray:
        """Values in their original units, as a model takes them.

        Args:
            original: (n, ...), values, NaN at positions of sequences that do not exist, or the numbers of
                classes, -1 there.
            classes: How many classes there are, if the values are numbers of classes.

        Returns:
            (n, ...), float32; for classes one-hot along an additional last axis, zeros where there is no
            position.
        """
        if self.is_of_rows:
            assert self.format is not None  # as that says
            assert self.preprocessor is not None
            return self.preprocessor.numbers_of(self.format.by_column(original))
        if self.domain.one_hot:
            return np.eye(classes + 1, classes, dtype=np.float32)[original]  # of -1 the last row, of zeros
        values = standardized(original, self.offset, self.scale)
        if not self.domain.ends:
            return values
        from keras_ae.sequences import flagged  # as above

        return np.asarray(flagged(values))


def class_indices(one_hot: np.ndarray) -> np.ndarray:
    """The classes of positions.

    Args:
        one_hot: (n, ..., classes), one-hot or probabilities; all zeros at positions that do not exist.

    Returns:
        (n, ...), whole numbers, -1 at positions that do not exist.
    """
    return np.where(one_hot.any(axis=-1), one_hot.argmax(axis=-1), -1)


def in_original_units(split: Split, scaler: Scaler) -> np.ndarray:
    """The examples of a split in original units.

    Args:
        split: A split of the data.
        scaler: The data's scaler.

    Returns:
        (n, ...), values in original units, or class indices.
    """
    if scaler.domain.one_hot:
        return class_indices(split.examples)  # of bool, because float32 would take four times the memory
    return scaler.inverse_transform(split.numbers)
