"""Images as encoded bytes, turned into tensors and back by TensorFlow's own ops, inside a served graph."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import tensorflow as tf

MOST_PIXELS = 25_000_000
"""An image of more is refused before it is decoded."""
LEVEL = np.float32(1 / 255)
"""What a byte counts for: a factor, which TensorFlow would make of a division, a last digit apart."""
MOST_RESTORED = 4_000_000
"""An image of more is not restored in one piece, for the memory that the network takes of it."""
MOST_AT_ONCE = 4
"""Images of a request that are decoded at a time."""
EXIF_REACH = 2**16
"""Bytes from a JPEG's beginning in which its orientation is looked for."""
EXIF_MARK = (0xFF, 0xE1, None, None, *b"Exif\0\0")
"""How the block begins, its length left open."""
ORIENTATION = 0x0112
MOST_TAGS = 64
LUMA = (19595 / 65536, 38470 / 65536, 7471 / 65536)
"""Shares of red, green and blue in gray (ITU-R 601-2), as Pillow takes them."""


def decoded(image_bytes: tf.Tensor, shape: tuple[int, int, int]) -> tf.Tensor:
    """Encoded images as a model sees them: strings (batch,) -> (batch, *shape) in [0, 1].

    PNG or JPEG of any size and channels. As a folder of images is read for training: turned
    upright, what is transparent made white, the middle cut to the wanted proportions, resized with
    Lanczos' kernel, rounded to whole bytes.

    shape: (height, width, 1 or 3).
    In the graph, an image that is neither kind, broken, or of more than MOST_PIXELS fails its request.
    """
    return _reader(tuple(shape))(image_bytes)


@cache
def _reader(shape):
    """The function for a shape, which is traced once however many heads use it."""

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string)], autograph=False)
    def read(image_bytes):
        return tf.map_fn(
            lambda contents: _image(contents, shape),
            image_bytes,
            fn_output_signature=tf.TensorSpec(shape, tf.float32),
            parallel_iterations=MOST_AT_ONCE,
        )

    return read


def restored(restore: Callable[[dict], tf.Tensor], files: dict[str, tf.Tensor]) -> tf.Tensor:
    """PNG files of what becomes of encoded images of any sizes, each by itself: strings (batch,).

    restore: {"inputs": (1, height, width, 3), and (1, height, width, 1) for each other name} -> images
        (1, height', width', 1 or 3), all in [0, 1].
    files: encoded images (batch,) by those names, which end in `_bytes`; "image_bytes" are the inputs.
    In the graph, an image of more than MOST_RESTORED pixels fails its request, and so do images that
    belong together and are not of one size.
    """

    def one(contents):
        inputs = _as_it_is(contents["image_bytes"])
        given = {
            name.removesuffix("_bytes"): tf.reduce_mean(_as_it_is(content, ground=0), axis=-1, keepdims=True)[
                None
            ]
            for name, content in contents.items()
            if name != "image_bytes"
        }
        given["inputs"], size = inputs[None], tf.shape(inputs)[:2]
        alike = tf.reduce_all([tf.reduce_all(tf.shape(image)[1:3] == size) for image in given.values()])
        with tf.control_dependencies(
            [tf.debugging.Assert(alike, ["expected images of one size, height and width received:", size])]
        ):
            return encoded(restore(given))[0]

    rows = [tf.shape(contents)[0] for contents in files.values()]
    paired = tf.debugging.Assert(
        tf.reduce_all(tf.stack(rows) == rows[0]), ["expected as many of each file, received:", *rows]
    )
    with tf.control_dependencies([paired]):
        files = {name: tf.identity(contents) for name, contents in files.items()}
    return tf.map_fn(one, files, fn_output_signature=tf.TensorSpec((), tf.string), parallel_iterations=1)


def _as_it_is(contents, ground=255):
    """An encoded image at its own size, upright: (height, width, 3) in [0, 1].

    ground: level of 255 that what is transparent takes.
    """
    pixels, turn = _pixels(contents, MOST_RESTORED, ground)
    return tf.ensure_shape(_turned(pixels, turn), (None, None, 3)) * LEVEL


def encoded(images: tf.Tensor) -> tf.Tensor:
    """PNG files of images (batch, height, width, 1 or 3) in [0, 1]: strings (batch,)."""
    levels = tf.cast(tf.round(255.0 * tf.clip_by_value(images, 0.0, 1.0)), tf.uint8)
    return tf.map_fn(
        tf.io.encode_png,
        levels,
        fn_output_signature=tf.TensorSpec((), tf.string),
        parallel_iterations=MOST_AT_ONCE,
    )


def _image(contents, shape):
    pixels, turn = _pixels(contents, MOST_PIXELS)
    return _upright(pixels, turn, shape)


def _pixels(contents, most, ground=255):
    """Pixels (height, width, 3) uint8 of a PNG or a JPEG, at most so many, and how they are turned."""
    start = _bytes(contents, 26)
    is_png = tf.reduce_all(start[:8] == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    is_jpeg = tf.reduce_all(start[:3] == [0xFF, 0xD8, 0xFF])
    received = tf.strings.length(contents)
    known = tf.debugging.Assert(
        is_png | is_jpeg,
        ["expected the bytes of a PNG or JPEG image; bytes received, of neither:", received],
    )
    with tf.control_dependencies([known]):
        return tf.cond(
            is_png, lambda: (_png(contents, start, most, ground), 1), lambda: _jpeg(contents, most)
        )


def _png(contents, start, most, ground):
    """Pixels (height, width, 3) uint8, what is transparent made as light as the ground."""
    width, height = _whole(start[16:20]), _whole(start[20:24])
    with tf.control_dependencies([_bounded(height, width, most)]):
        pixels = tf.io.decode_png(contents, channels=4)
    color, alpha = pixels[..., :3], pixels[..., 3:]

    def on_ground():
        share = tf.cast(alpha, tf.float32) / 255.0
        return tf.cast(tf.round(tf.cast(color, tf.float32) * share + ground * (1.0 - share)), tf.uint8)

    # without transparency the decoder fills alpha up with the depth's highest value, not with 255
    filled = tf.cast(tf.bitwise.left_shift(1, tf.minimum(start[24], 8)) - 1, tf.uint8)
    return tf.cond(tf.reduce_all(alpha == 255) | tf.reduce_all(alpha == filled), lambda: color, on_ground)


def _jpeg(contents, most):
    """Pixels (height, width, 3) uint8, and how they are turned."""
    size = tf.cast(tf.io.extract_jpeg_shape(contents), tf.int64)
    with tf.control_dependencies([_bounded(size[0], size[1], most)]):
        pixels = tf.io.decode_jpeg(contents, channels=3, dct_method="INTEGER_ACCURATE")
    return pixels, _orientation(contents)


def _reversed_if(wanted, pixels, axis):
    return tf.cond(wanted, lambda: tf.reverse(pixels, [axis]), lambda: pixels)


def _bounded(height, width, most):
    """An assertion on an image's size as its header gives it."""
    return tf.debugging.Assert(
        (height > 0) & (width > 0) & (height * width <= most),
        [f"expected an image of at most {most} pixels, height and width received:", height, width],
    )


def _orientation(contents):
    """How a JPEG's pixels are turned, from 1 (upright) to 8, as its Exif block says (JEITA CP-3451)."""
    data = _bytes(contents, EXIF_REACH)
    starts = EXIF_REACH - len(EXIF_MARK)
    fits = [data[i : starts + i] == value for i, value in enumerate(EXIF_MARK) if value is not None]
    found = tf.reduce_all(tf.stack(fits), axis=0)
    tiff = tf.argmax(found, output_type=tf.int32) + len(EXIF_MARK)
    order = tf.where(data[tf.minimum(tiff, EXIF_REACH - 1)] == ord("I"), [1, 0], [0, 1])

    def word(place):
        """Two bytes at a place, or at each of several, in the block's order; zero beyond the reach."""
        inside = (place >= 0) & (place < EXIF_REACH - 1)
        high, low = (tf.gather(data, tf.where(inside, place, 0) + order[side]) for side in (0, 1))
        return tf.where(inside, 256 * high + low, 0)

    first, second = word(tiff + 4), word(tiff + 6)
    directory = tiff + tf.where(order[0] == 1, first, second)  # the half that is not zero in a sound file
    entries = directory + 2 + 12 * tf.range(tf.minimum(word(directory), MOST_TAGS))
    value = tf.reduce_max(tf.where(word(entries) == ORIENTATION, word(entries + 8), 0))
    return tf.where(tf.reduce_any(found) & (value >= 1) & (value <= 8), value, 1)


def _upright(pixels, turn, shape):
    """The middle of an image (height, width, 3) uint8, turned as its orientation says: shape, in [0, 1].

    Sized before it is turned, for then there is less to turn.
    """
    height, width, channels = shape
    sideways = turn >= 5
    levels = _turned(_fit(pixels, tf.where(sideways, [width, height], [height, width])), turn)
    if channels == 1:
        levels = tf.floor(tf.reduce_sum(levels * LUMA, axis=-1, keepdims=True) + 0.5)
    return tf.ensure_shape(levels, shape) * LEVEL


def _turned(pixels, turn):
    """Pixels (height, width, 3) uint8 turned as their orientation says, float32."""
    levels = tf.cast(pixels, tf.float32)
    levels = tf.cond(turn >= 5, lambda: tf.transpose(levels, (1, 0, 2)), lambda: levels)
    for axis, turned in ((1, (2, 3, 6, 7)), (0, (3, 4, 7, 8))):
        levels = _reversed_if(tf.reduce_any(turn == turned), levels, axis)
    return levels


def _fit(pixels, wanted):
    """The middle of an image at the wanted size (height, width), uint8.

    As Pillow does it: first along the rows, then along the columns, each time rounded to whole bytes.
    """
    size, target = tf.cast(tf.shape(pixels)[:2], tf.float32), tf.cast(wanted, tf.float32)
    proportions = target / tf.reverse(target, [0])
    cut = tf.minimum(size, tf.reverse(size, [0]) * proportions)
    for axis in (1, 0):
        pixels = _resized(pixels, axis, wanted[axis], size[axis], cut[axis])
    return pixels


def _resized(levels, axis, wanted, size, cut):
    """The middle `cut` of an axis of pixels (height, width, 3) brought to so many; the other axis is left.

    Only what the kernel reaches is read, so that a long thin image does not grow on the way.
    """
    scale = tf.cast(wanted, tf.float32) / cut
    reach = tf.math.ceil(3.0 * tf.maximum(1.0 / scale, 1.0)) + 1.0
    start = tf.maximum(tf.floor((size - cut) / 2.0 - reach), 0.0)
    stop = tf.minimum(tf.math.ceil((size + cut) / 2.0 + reach), size)
    taken = slice(tf.cast(start, tf.int32), tf.cast(stop, tf.int32))
    levels = levels[:, taken] if axis else levels[taken]
    shift = -scale * ((size - cut) / 2.0 - start)
    other = tf.shape(levels)[1 - axis]
    resized = tf.raw_ops.ScaleAndTranslate(
        images=levels[None],
        size=[other, wanted] if axis else [wanted, other],
        scale=[1.0, scale] if axis else [scale, 1.0],
        translation=[0.0, shift] if axis else [shift, 0.0],
        kernel_type="lanczos3",
        antialias=True,
    )[0]
    return tf.cast(tf.clip_by_value(tf.round(resized), 0.0, 255.0), tf.uint8)


def _bytes(contents, count):
    """The first so many bytes as numbers; zeros beyond the end."""
    return tf.cast(tf.io.decode_raw(contents, tf.uint8, fixed_length=count), tf.int32)


def _whole(four):
    """A whole number from its four bytes, the highest first."""
    return tf.reduce_sum(tf.cast(four, tf.int64) * [2**24, 2**16, 2**8, 1])
