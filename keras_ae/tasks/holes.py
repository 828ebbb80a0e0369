"""Holes in images, for a network to fill: pure functions of the images' shape and one seed each."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from keras_ae.errors import check_least


@dataclass(frozen=True)
class MissingPixels:
    """Pixels missing at random, each by itself.

    rate: share of them, above 0 and below 1.
    """

    rate: float = 0.5

    def __post_init__(self):
        if not 0 < self.rate < 1:
            raise ValueError(f"rate is above 0 and below 1, received {self.rate}")

    def drawn(self, examples, seeds):
        """examples (batch, h, w, c), seeds (batch, 2) -> mask (batch, h, w, 1), 1 where it is missing."""
        return _each(lambda seed, height, width: self.mask_of(seed, height, width), examples, seeds)

    def mask_of(self, seed, height, width):
        return tf.random.stateless_uniform((height, width), seed) < self.rate


@dataclass(frozen=True)
class Rectangles:
    """Rectangles anywhere, which may overlap.

    count: of them, at least 1. largest: of a side, as a share of the image's, above 0 and at most 1.
    """

    count: int = 3
    largest: float = 0.3

    def __post_init__(self):
        check_least(self, count=1)
        if not 0 < self.largest <= 1:
            raise ValueError(f"largest is above 0 and at most 1, received {self.largest}")

    def drawn(self, examples, seeds):
        """As those of MissingPixels."""
        return _each(lambda seed, height, width: self.mask_of(seed, height, width), examples, seeds)

    def mask_of(self, seed, height, width):
        drawn = tf.random.stateless_uniform((4, self.count), seed)
        inside = []
        for side, place, size in ((height, drawn[0], drawn[1]), (width, drawn[2], drawn[3])):
            pixels = tf.range(tf.cast(side, tf.float32))[:, None]
            length = tf.maximum(size * self.largest * tf.cast(side, tf.float32), 2.0)
            start = place * (tf.cast(side, tf.float32) - length)
            inside.append((pixels >= start) & (pixels < start + length))
        return tf.reduce_any(inside[0][:, None] & inside[1][None], axis=-1)


@dataclass(frozen=True)
class Strokes:
    """Strokes of a brush: bent lines of a width.

    count: of them, at least 1. bends: straight pieces of each, at least 1. widest: in pixels, at least 1.
    """

    count: int = 3
    bends: int = 3
    widest: float = 5.0

    def __post_init__(self):
        check_least(self, count=1, bends=1, widest=1)

    def drawn(self, examples, seeds):
        """As those of MissingPixels."""
        return _each(lambda seed, height, width: self.mask_of(seed, height, width), examples, seeds)

    def mask_of(self, seed, height, width):
        size = tf.cast(tf.stack([height, width]), tf.float32)
        drawn = tf.random.stateless_uniform((self.count, self.bends + 1, 2), seed)
        # a stroke's next corner lies within a quarter of the image of the one before
        corners = tf.cumsum(tf.concat([drawn[:, :1], (drawn[:, 1:] - 0.5) / 2], axis=1), axis=1) * size
        widths = 1.0 + (self.widest - 1.0) * tf.random.stateless_uniform((self.count, 1), seed + 1)
        pixels = tf.stack(tf.meshgrid(tf.range(size[0]), tf.range(size[1]), indexing="ij"), axis=-1)

        def covered(piece):
            begin, end, breadth = piece[:2], piece[2:4], piece[4]
            along = end - begin
            share = tf.reduce_sum((pixels - begin) * along, axis=-1) / (tf.reduce_sum(along**2) + 1e-6)
            nearest = begin + tf.clip_by_value(share, 0.0, 1.0)[..., None] * along
            return tf.reduce_sum((pixels - nearest) ** 2, axis=-1) <= (breadth / 2) ** 2

        breadths = tf.repeat(widths, self.bends, axis=1)[..., None]
        pieces = tf.reshape(tf.concat([corners[:, :-1], corners[:, 1:], breadths], axis=-1), (-1, 5))
        # a piece after the other, for a large image's distances to all of them would fill the memory
        first = tf.zeros(tf.stack([height, width]), tf.bool)
        return tf.foldl(lambda mask, piece: mask | covered(piece), pieces, initializer=first)


@dataclass(frozen=True)
class MixedHoles:
    """Of each image one kind: missing pixels, rectangles or strokes, each as often as the others."""

    pixels: MissingPixels = MissingPixels()
    rectangles: Rectangles = Rectangles()
    strokes: Strokes = Strokes()

    def drawn(self, examples, seeds):
        """As those of MissingPixels."""
        kinds = (self.pixels, self.rectangles, self.strokes)

        def one(seed, height, width):
            chosen = tf.random.stateless_uniform((), seed + 2, 0, len(kinds), tf.int32)
            return tf.switch_case(
                chosen, [lambda kind=kind: kind.mask_of(seed, height, width) for kind in kinds]
            )

        return _each(one, examples, seeds)


def _each(draw, examples, seeds):
    """Masks (batch, h, w, 1) float32, each drawn from its own seed."""
    height, width = tf.unstack(tf.shape(examples)[1:3])
    masks = tf.map_fn(lambda seed: draw(seed, height, width), seeds, fn_output_signature=tf.bool)
    masks = tf.ensure_shape(masks, (None, *examples.shape[1:3]))
    return tf.cast(masks, tf.float32)[..., None]
