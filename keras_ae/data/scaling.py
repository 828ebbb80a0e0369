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

__all__ = ["Scaler", "in_original_units"]


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
    return scaler.inverse_transform(split.numbers)
