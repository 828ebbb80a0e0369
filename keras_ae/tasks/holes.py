"""Holes in images for inpainting: pure functions of the image shape and one seed per image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from keras_ae.checked import Checked
from keras_ae.errors import check_least, check_within

__all__ = ["Holes", "MissingPixels", "MixedHoles", "Rectangles", "Strokes"]


class Holes(metaclass=Checked):
    """Base class of holes, frozen dataclasses that choose missing pixels as a function of seeds."""

    def mask(self, seed: Any, height: Any, width: Any) -> Any:
        """The missing pixels of one image.

        Args:
            seed: (2,), int64.
            height: Image height in pixels, a scalar tensor.
            width: Image width in pixels, a scalar tensor.

        Returns:
            (height, width), bool, True where a pixel is missing.
        """
        raise NotImplementedError

    def masks(self, examples: Any, seeds: Any) -> Any:
        """The missing pixels of a batch.

        Args:
            examples: (batch, height, width, channels); only the shape is used.
            seeds: (batch, 2), int64, one seed per image.

        Returns:
            (batch, height, width, 1), float32, 1 where a pixel is missing.
        """
        height, width = tf.unstack(tf.shape(examples)[1:3])
        masks = tf.map_fn(lambda seed: self.mask(seed, height, width), seeds, fn_output_signature=tf.bool)
        masks = tf.ensure_shape(masks, (None, *examples.shape[1:3]))
        return tf.cast(masks, tf.float32)[..., None]


@dataclass(frozen=True)
class MissingPixels(Holes):
    """Independently missing pixels.

    Attributes:
        rate: Fraction of the pixels, above 0 and below 1.
    """

    rate: float = 0.5

    def __post_init__(self):
        check_within(self, rate="(0, 1)")

    def mask(self, seed: Any, height: Any, width: Any) -> Any:
        return tf.random.stateless_uniform((height, width), seed) < self.rate


@dataclass(frozen=True)
class Rectangles(Holes):
    """Rectangles anywhere, which may overlap.

    Attributes:
        count: Rectangles in an image, at least 1.
        largest: Largest side, as a fraction of the image's, above 0 and at most 1.
    """

    count: int = 3
    largest: float = 0.3

    def __post_init__(self):
        check_least(self, count=1)
        check_within(self, largest="(0, 1]")

    def mask(self, seed: Any, height: Any, width: Any) -> Any:
        uniform = tf.random.stateless_uniform((4, self.count), seed)
        inside = []
        for side, position, size in ((height, uniform[0], uniform[1]), (width, uniform[2], uniform[3])):
            pixels = tf.range(tf.cast(side, tf.float32))[:, None]
            length = tf.maximum(size * self.largest * tf.cast(side, tf.float32), 2.0)
            start = position * (tf.cast(side, tf.float32) - length)
            inside.append((pixels >= start) & (pixels < start + length))
        return tf.reduce_any(inside[0][:, None] & inside[1][None], axis=-1)


@dataclass(frozen=True)
class Strokes(Holes):
    """Brush strokes: bent lines of constant width.

    Attributes:
        count: Strokes in an image, at least 1.
        bends: Straight pieces per stroke, at least 1.
        widest: Largest width in pixels, at least 1.
    """

    count: int = 3
    bends: int = 3
    widest: float = 5.0

    def __post_init__(self):
        check_least(self, count=1, bends=1, widest=1)

    def mask(self, seed: Any, height: Any, width: Any) -> Any:
        size = tf.cast(tf.stack([height, width]), tf.float32)
        uniform = tf.random.stateless_uniform((self.count, self.bends + 1, 2), seed)
        # a stroke's next corner lies within a quarter of the image of the one before
        steps = tf.concat([uniform[:, :1], (uniform[:, 1:] - 0.5) / 2], axis=1)
        corners = tf.cumsum(steps, axis=1) * size
        widths = 1.0 + (self.widest - 1.0) * tf.random.stateless_uniform((self.count, 1), seed + 1)
        pixels = tf.stack(tf.meshgrid(tf.range(size[0]), tf.range(size[1]), indexing="ij"), axis=-1)

        def covered(piece):
            begin, end, breadth = piece[:2], piece[2:4], piece[4]
            along = end - begin
            fraction = tf.reduce_sum((pixels - begin) * along, axis=-1) / (tf.reduce_sum(along**2) + 1e-6)
            nearest = begin + tf.clip_by_value(fraction, 0.0, 1.0)[..., None] * along
            return tf.reduce_sum((pixels - nearest) ** 2, axis=-1) <= (breadth / 2) ** 2

        breadths = tf.repeat(widths, self.bends, axis=1)[..., None]
        pieces = tf.reshape(tf.concat([corners[:, :-1], corners[:, 1:], breadths], axis=-1), (-1, 5))
        # one piece at a time, because the distances to all pieces would not fit in memory
        first = tf.zeros(tf.stack([height, width]), tf.bool)
        return tf.foldl(lambda mask, piece: mask | covered(piece), pieces, initializer=first)


@dataclass(frozen=True)
class MixedHoles(Holes):
    """One kind of holes in each image: missing pixels, rectangles or strokes, equally often.

    Attributes:
        pixels: The missing pixels.
        rectangles: The rectangles.
        strokes: The strokes.
    """

    pixels: MissingPixels = MissingPixels()
    rectangles: Rectangles = Rectangles()
    strokes: Strokes = Strokes()

    def mask(self, seed: Any, height: Any, width: Any) -> Any:
        kinds = (self.pixels, self.rectangles, self.strokes)
        chosen = tf.random.stateless_uniform((), seed + 2, 0, len(kinds), tf.int32)
        return tf.switch_case(chosen, [lambda kind=kind: kind.mask(seed, height, width) for kind in kinds])
