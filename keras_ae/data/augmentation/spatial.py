"""Augmentations of where things are in images; all frames of a clip are changed alike."""

from __future__ import annotations

from dataclasses import dataclass
from math import log1p, pi
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from keras_ae.data.augmentation import Augmentation
from keras_ae.data.augmentation.random_numbers import uniform
from keras_ae.data.augmentation.time_axis import moved
from keras_ae.errors import InputError, check_choices, check_least, check_within

if TYPE_CHECKING:
    from keras_ae.data.types import Data

__all__ = ["Flip", "Rotation", "Shift", "Zoom"]

IMAGES = ("images", "clips")

FILL_MODES = ("nearest", "reflect")


@dataclass(frozen=True)
class Flip(Augmentation):
    """Mirrors images, each half of the time.

    Attributes:
        mode: "horizontal" exchanges left and right, "vertical" up and down, "horizontal_and_vertical" each by
            chance.
    """

    kinds = IMAGES
    mode: str = "horizontal"

    def __post_init__(self):
        check_choices(self, mode=("horizontal", "vertical", "horizontal_and_vertical"))

    def augment(self, examples: Any, seeds: Any, domain: str) -> Any:
        random = uniform(seeds, 2)
        for number, (axis, direction) in enumerate(((-2, "horizontal"), (-3, "vertical"))):
            if direction in self.mode:
                chosen = tf.reshape(random[:, number] < 0, (-1, *[1] * (len(examples.shape) - 1)))
                examples = tf.where(chosen, tf.reverse(examples, [axis]), examples)
        return examples

    def doubt(self, data: Data) -> str:
        return f"mirrored {SIGNS}" if _may_be_signs(data) else ""


@dataclass(frozen=True)
class Shift(Augmentation):
    """Moves images by whole pixels in both directions.

    Attributes:
        pixels: The most pixels, at least 1 and less than a side.
        fill_mode: What comes in at the margins: "nearest", the outermost pixels, or "reflect", the image
            mirrored there, which suits photographs.
    """

    kinds = IMAGES
    pixels: int = 2
    fill_mode: str = "nearest"

    def __post_init__(self):
        check_least(self, pixels=1)
        check_choices(self, fill_mode=FILL_MODES)

    def check(self, shape: tuple[int, ...]) -> None:
        side = min(shape[-3:-1])
        if self.pixels >= side:
            raise InputError(
                f"augment=Shift needs pixels below the image's side, {side}; received {self.pixels}"
            )

    def augment(self, examples: Any, seeds: Any, domain: str) -> Any:
        steps = tf.cast(tf.floor((uniform(seeds, 2) + 1) / 2 * (2 * self.pixels + 1)), tf.int32) - self.pixels
        rank, mirrored = len(examples.shape), self.fill_mode == "reflect"
        down = moved(examples, steps[:, 0], rank - 3, mirrored)
        return moved(down, steps[:, 1], rank - 2, mirrored)


@dataclass(frozen=True)
class Rotation(Augmentation):
    """Rotates images about their center.

    Attributes:
        degrees: The largest angle to either side, above 0 and at most 180.
        fill_mode: What comes in at the corners: "nearest", the outermost pixels, or "reflect", the image
            mirrored there, which suits photographs.
    """

    kinds = IMAGES
    degrees: float = 10.0
    fill_mode: str = "nearest"

    def __post_init__(self):
        check_within(self, degrees="(0, 180]")
        check_choices(self, fill_mode=FILL_MODES)

    def augment(self, examples: Any, seeds: Any, domain: str) -> Any:
        angle = uniform(seeds)[:, 0] * (self.degrees * pi / 180)
        return _mapped(examples, tf.cos(angle), tf.sin(angle), self.fill_mode)

    def doubt(self, data: Data) -> str:
        wide = self.degrees > MOST_OF_SIGNS and _may_be_signs(data)
        return f"by more than {MOST_OF_SIGNS} degrees rotated {SIGNS}" if wide else ""


@dataclass(frozen=True)
class Zoom(Augmentation):
    """Makes what images show larger or smaller, as often the one as the other.

    Attributes:
        fraction: The most by which it grows, above 0 and at most 1; it shrinks by the inverse factor.
        fill_mode: What comes in at the margins: "nearest", the outermost pixels, or "reflect", the image
            mirrored there, which suits photographs.
    """

    kinds = IMAGES
    fraction: float = 0.1
    fill_mode: str = "nearest"

    def __post_init__(self):
        check_within(self, fraction="(0, 1]")
        check_choices(self, fill_mode=FILL_MODES)

    def augment(self, examples: Any, seeds: Any, domain: str) -> Any:
        factor = tf.exp(uniform(seeds)[:, 0] * log1p(self.fraction))
        return _mapped(examples, 1 / factor, tf.zeros_like(factor), self.fill_mode)


MOST_OF_SIGNS = 45
"""Degrees by which digits can be rotated and be told apart still."""

SIGNS = "digits and letters are other signs; leave it out if the images show some"

MOST_SIGNS = 62
"""Digits and letters, large and small."""


def _may_be_signs(data: Data) -> bool:
    """Whether images may be digits or letters: of classes with numbers, or single letters, as names."""
    return 0 < data.classes <= MOST_SIGNS and all(len(name) == 1 for name in data.label_names)


def _mapped(examples: Any, cosine: Any, sine: Any, fill_mode: str) -> tf.Tensor:
    """Images rotated and scaled about their center, between pixels by bilinear interpolation.

    Args:
        examples: (batch, ..., height, width, channels).
        cosine: (batch,), of the angle, times the step between pixels that are read.
        sine: (batch,), likewise.
        fill_mode: As of the augmentations.

    Returns:
        The same shape.
    """
    rank = len(examples.shape)
    order = [0, rank - 3, rank - 2, *range(1, rank - 3), rank - 1]  # frames become channels
    images = tf.transpose(examples, order)
    shape = tf.shape(images)
    height, width = examples.shape[-3], examples.shape[-2]
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    zero = tf.zeros_like(sine)
    matrix = [
        cosine, -sine, middle_x - cosine * middle_x + sine * middle_y,
        sine, cosine, middle_y - sine * middle_x - cosine * middle_y,
        zero, zero,
    ]  # fmt: skip
    flat = tf.reshape(
        images, (-1, height, width, int(examples.shape[-1]) * (examples.shape[1] if rank > 4 else 1))
    )
    found = keras.ops.image.affine_transform(flat, tf.stack(matrix, -1), "bilinear", fill_mode)
    inverse = [order.index(axis) for axis in range(rank)]
    return tf.transpose(tf.reshape(found, shape), inverse)
