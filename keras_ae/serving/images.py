"""Images as encoded bytes, decoded to tensors and encoded again by TensorFlow's own ops in a served graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import tensorflow as tf

__all__ = [
    "BYTE_SCALE",
    "MAX_PIXELS",
    "MAX_RESTORED_PIXELS",
    "decode_images",
    "encode_images",
    "restore_images",
]

MAX_PIXELS = 25_000_000
"""The largest image that is decoded; larger ones are refused beforehand."""

BYTE_SCALE = np.float32(1 / 255)
"""The factor from bytes to [0, 1]; TensorFlow turns a division into one that may round differently."""

MAX_RESTORED_PIXELS = 4_000_000
"""The largest image that is restored in one piece, because of the memory that the network needs."""

PARALLEL_IMAGES = 4
"""Images of a request that are decoded at a time."""

EXIF_REACH = 2**16
"""Bytes from a JPEG's beginning in which its orientation is searched for."""

EXIF_MARK = (0xFF, 0xE1, None, None, *b"Exif\0\0")
"""The beginning of an Exif block; None stands for any byte of its length."""

ORIENTATION = 0x0112
"""The Exif tag of the orientation."""

MAX_TAGS = 64
"""Exif tags among which the orientation is searched for."""

LUMA = (19595 / 65536, 38470 / 65536, 7471 / 65536)
"""Weights of red, green and blue in gray (ITU-R 601-2), as in Pillow."""


def decode_images(image_bytes: tf.Tensor, shape: tuple[int, int, int]) -> tf.Tensor:
    """Decodes PNG or JPEG images of any size and channels to a model's inputs.

    They are prepared like the images of a training folder: turned upright, transparent pixels made
    white, cropped to the middle at the shape's proportions, resized with Lanczos' kernel, and rounded to
    whole bytes.

    In the graph, an image that is neither PNG nor JPEG, is broken, or has more than MAX_PIXELS makes its
    request fail.

    Args:
        image_bytes: Encoded images, strings (batch,).
        shape: (height, width, 1 or 3) of the result.

    Returns:
        Images (batch, *shape) in [0, 1], float32.
    """
    return _reader(tuple(shape))(image_bytes)


@cache
def _reader(shape: tuple[int, ...]) -> Callable[[tf.Tensor], tf.Tensor]:
    """The function for a shape, traced only once however many heads use it."""

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string)], autograph=False)
    def read(image_bytes):
        return tf.map_fn(
            lambda contents: _image(contents, shape),
            image_bytes,
            fn_output_signature=tf.TensorSpec(shape, tf.float32),
            parallel_iterations=PARALLEL_IMAGES,
        )

    return read


def restore_images(restore: Callable[[dict], tf.Tensor], files: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Restores encoded images of any sizes, one at a time.

    In the graph, an image of more than MAX_RESTORED_PIXELS makes its request fail, and so do images of
    different sizes that belong together.

    Args:
        restore: Restores a batch of one image: {"inputs": (1, height, width, 3), other names:
            (1, height, width, 1)} -> (1, height', width', 1 or 3), all in [0, 1].
        files: Encoded images, strings (batch,) by those names with the suffix `_bytes`; "image_bytes"
            are the inputs.

    Returns:
        The restored images as PNG files, strings (batch,).
    """

    def restore_one(contents: dict[str, tf.Tensor]) -> tf.Tensor:
        image = _at_full_size(contents["image_bytes"])
        inputs = {
            name.removesuffix("_bytes"): tf.reduce_mean(
                _at_full_size(content, background=0), axis=-1, keepdims=True
            )[None]
            for name, content in contents.items()
            if name != "image_bytes"
        }
        inputs["inputs"], size = image[None], tf.shape(image)[:2]
        same_size = tf.reduce_all([tf.reduce_all(tf.shape(part)[1:3] == size) for part in inputs.values()])
        with tf.control_dependencies(
            [
                tf.debugging.Assert(
                    same_size, ["expected images of one size, height and width received:", size]
                )
            ]
        ):
            return encode_images(restore(inputs))[0]

    rows = [tf.shape(contents)[0] for contents in files.values()]
    same_rows = tf.debugging.Assert(
        tf.reduce_all(tf.stack(rows) == rows[0]), ["expected as many of each file, received:", *rows]
    )
    with tf.control_dependencies([same_rows]):
        tensors = {name: tf.identity(contents) for name, contents in files.items()}
    return tf.map_fn(
        restore_one, tensors, fn_output_signature=tf.TensorSpec((), tf.string), parallel_iterations=1
    )


def _at_full_size(contents: tf.Tensor, background: int = 255) -> tf.Tensor:
    """An encoded image at its own size, upright: (height, width, 3) in [0, 1].

    Transparent pixels take the level `background` of 255.
    """
    pixels, orientation = _pixels(contents, MAX_RESTORED_PIXELS, background)
    return tf.ensure_shape(_turn(pixels, orientation), (None, None, 3)) * BYTE_SCALE


def encode_images(images: tf.Tensor) -> tf.Tensor:
    """Encodes images as PNG files.

    Args:
        images: Images (batch, height, width, 1 or 3) in [0, 1]; values outside are clipped.

    Returns:
        PNG files, strings (batch,).
    """
    levels = tf.cast(tf.round(255.0 * tf.clip_by_value(images, 0.0, 1.0)), tf.uint8)
    return tf.map_fn(
        tf.io.encode_png,
        levels,
        fn_output_signature=tf.TensorSpec((), tf.string),
        parallel_iterations=PARALLEL_IMAGES,
    )


def _image(contents: tf.Tensor, shape: tuple[int, ...]) -> tf.Tensor:
    """An encoded image in a shape, in [0, 1]."""
    pixels, orientation = _pixels(contents, MAX_PIXELS)
    return _upright(pixels, orientation, shape)


def _pixels(contents: tf.Tensor, limit: int, background: int = 255) -> tuple[tf.Tensor, tf.Tensor]:
    """Pixels (height, width, 3) uint8 of a PNG or a JPEG, at most `limit`, and their Exif orientation."""
    start = _bytes(contents, 26)
    is_png = tf.reduce_all(start[:8] == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    is_jpeg = tf.reduce_all(start[:3] == [0xFF, 0xD8, 0xFF])
    received = tf.strings.length(contents)
    supported = tf.debugging.Assert(
        is_png | is_jpeg,
        ["expected the bytes of a PNG or JPEG image; bytes received, of neither:", received],
    )
    with tf.control_dependencies([supported]):
        return tf.cond(
            is_png, lambda: (_png(contents, start, limit, background), 1), lambda: _jpeg(contents, limit)
        )


def _png(contents: tf.Tensor, start: tf.Tensor, limit: int, background: int) -> tf.Tensor:
    """Pixels (height, width, 3) uint8 over a background of one level."""
    width, height = _integer(start[16:20]), _integer(start[20:24])
    with tf.control_dependencies([_check_size(height, width, limit)]):
        pixels = tf.io.decode_png(contents, channels=4)
    color, alpha = pixels[..., :3], pixels[..., 3:]

    def blended() -> tf.Tensor:
        opacity = tf.cast(alpha, tf.float32) / 255.0
        return tf.cast(
            tf.round(tf.cast(color, tf.float32) * opacity + background * (1.0 - opacity)), tf.uint8
        )

    # without transparency the decoder fills alpha with the highest value of the bit depth, not with 255
    filled = tf.cast(tf.bitwise.left_shift(1, tf.minimum(start[24], 8)) - 1, tf.uint8)
    return tf.cond(tf.reduce_all(alpha == 255) | tf.reduce_all(alpha == filled), lambda: color, blended)


def _jpeg(contents: tf.Tensor, limit: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Pixels (height, width, 3) uint8, and their Exif orientation."""
    size = tf.cast(tf.io.extract_jpeg_shape(contents), tf.int64)
    with tf.control_dependencies([_check_size(size[0], size[1], limit)]):
        pixels = tf.io.decode_jpeg(contents, channels=3, dct_method="INTEGER_ACCURATE")
    return pixels, _orientation(contents)


def _reverse_if(condition: tf.Tensor, pixels: tf.Tensor, axis: int) -> tf.Tensor:
    return tf.cond(condition, lambda: tf.reverse(pixels, [axis]), lambda: pixels)


def _check_size(height: tf.Tensor, width: tf.Tensor, limit: int) -> tf.Operation:
    """An assertion on an image's size as its header gives it."""
    return tf.debugging.Assert(
        (height > 0) & (width > 0) & (height * width <= limit),
        [f"expected an image of at most {limit} pixels, height and width received:", height, width],
    )


def _orientation(contents: tf.Tensor) -> tf.Tensor:
    """A JPEG's orientation, from 1 (upright) to 8, as its Exif block says (JEITA CP-3451)."""
    data = _bytes(contents, EXIF_REACH)
    starts = EXIF_REACH - len(EXIF_MARK)
    equal = [data[i : starts + i] == value for i, value in enumerate(EXIF_MARK) if value is not None]
    is_start = tf.reduce_all(tf.stack(equal), axis=0)
    tiff = tf.argmax(is_start, output_type=tf.int32) + len(EXIF_MARK)
    order = tf.where(data[tf.minimum(tiff, EXIF_REACH - 1)] == ord("I"), [1, 0], [0, 1])

    def word(index: tf.Tensor) -> tf.Tensor:
        """The 16-bit integers at one or several indices, in the block's byte order; 0 beyond the reach."""
        inside = (index >= 0) & (index < EXIF_REACH - 1)
        high, low = (tf.gather(data, tf.where(inside, index, 0) + order[side]) for side in (0, 1))
        return tf.where(inside, 256 * high + low, 0)

    first, second = word(tiff + 4), word(tiff + 6)
    directory = tiff + tf.where(order[0] == 1, first, second)  # the half that is not zero in a valid file
    entries = directory + 2 + 12 * tf.range(tf.minimum(word(directory), MAX_TAGS))
    value = tf.reduce_max(tf.where(word(entries) == ORIENTATION, word(entries + 8), 0))
    return tf.where(tf.reduce_any(is_start) & (value >= 1) & (value <= 8), value, 1)


def _upright(pixels: tf.Tensor, orientation: tf.Tensor, shape: tuple[int, ...]) -> tf.Tensor:
    """The middle of an image (height, width, 3) uint8, upright: in the shape, in [0, 1].

    Resized before it is turned, when there are fewer pixels to turn.
    """
    height, width, channels = shape
    sideways = orientation >= 5
    levels = _turn(_fit(pixels, tf.where(sideways, [width, height], [height, width])), orientation)
    if channels == 1:
        levels = tf.floor(tf.reduce_sum(levels * LUMA, axis=-1, keepdims=True) + 0.5)
    return tf.ensure_shape(levels, shape) * BYTE_SCALE


def _turn(pixels: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """Pixels (height, width, 3) uint8 of an Exif orientation turned upright, float32."""
    levels = tf.cast(pixels, tf.float32)
    levels = tf.cond(orientation >= 5, lambda: tf.transpose(levels, (1, 0, 2)), lambda: levels)
    for axis, reversed_orientations in ((1, (2, 3, 6, 7)), (0, (3, 4, 7, 8))):
        levels = _reverse_if(tf.reduce_any(orientation == reversed_orientations), levels, axis)
    return levels


def _fit(pixels: tf.Tensor, target_size: tf.Tensor) -> tf.Tensor:
    """The middle of an image resized to (height, width), uint8.

    As in Pillow, first along the rows, then along the columns, rounded to whole bytes each time.
    """
    size, target = tf.cast(tf.shape(pixels)[:2], tf.float32), tf.cast(target_size, tf.float32)
    proportions = target / tf.reverse(target, [0])
    crop = tf.minimum(size, tf.reverse(size, [0]) * proportions)
    for axis in (1, 0):
        pixels = _resize(pixels, axis, target_size[axis], size[axis], crop[axis])
    return pixels


def _resize(levels: tf.Tensor, axis: int, target: tf.Tensor, size: tf.Tensor, crop: tf.Tensor) -> tf.Tensor:
    """The middle `crop` of an axis of pixels (height, width, 3) resized to `target`.

    Only the pixels that the kernel reaches are read, so that a long thin image does not grow in between.
    """
    scale = tf.cast(target, tf.float32) / crop
    reach = tf.math.ceil(3.0 * tf.maximum(1.0 / scale, 1.0)) + 1.0
    start = tf.maximum(tf.floor((size - crop) / 2.0 - reach), 0.0)
    stop = tf.minimum(tf.math.ceil((size + crop) / 2.0 + reach), size)
    window = slice(tf.cast(start, tf.int32), tf.cast(stop, tf.int32))
    levels = levels[:, window] if axis else levels[window]
    shift = -scale * ((size - crop) / 2.0 - start)
    other = tf.shape(levels)[1 - axis]
    resized = tf.raw_ops.ScaleAndTranslate(
        images=levels[None],
        size=[other, target] if axis else [target, other],
        scale=[1.0, scale] if axis else [scale, 1.0],
        translation=[0.0, shift] if axis else [shift, 0.0],
        kernel_type="lanczos3",
        antialias=True,
    )[0]
    return tf.cast(tf.clip_by_value(tf.round(resized), 0.0, 255.0), tf.uint8)


def _bytes(contents: tf.Tensor, count: int) -> tf.Tensor:
    """The first `count` bytes as integers; zeros beyond the end."""
    return tf.cast(tf.io.decode_raw(contents, tf.uint8, fixed_length=count), tf.int32)


def _integer(octets: tf.Tensor) -> tf.Tensor:
    """An integer from its four bytes, the highest first."""
    return tf.reduce_sum(tf.cast(octets, tf.int64) * [2**24, 2**16, 2**8, 1])
