"""Images as encoded bytes, decoded to tensors and encoded again by TensorFlow's own ops in a served graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import tensorflow as tf

from keras_ae.imaging.deep import FULL_RANGE
from keras_ae.imaging.fitting import CROP, PAD
from keras_ae.serving.image_files import pixels_of, turned

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

LUMA = (19595 / 65536, 38470 / 65536, 7471 / 65536)
"""Weights of red, green and blue in gray (ITU-R 601-2), as in Pillow."""


def decode_images(
    image_bytes: tf.Tensor,
    shape: tuple[int, int, int],
    white: float = FULL_RANGE.whole,
    how: str = CROP,
) -> tf.Tensor:
    """Decodes PNG or JPEG images of any size and channels to a model's inputs.

    They are prepared like the images of a training folder: turned upright, transparent pixels made
    white, brought to the shape's proportions, resized with Lanczos' kernel, and rounded to whole bytes.

    In the graph, an image that is neither PNG nor JPEG, is broken, has more than MAX_PIXELS, or values above
    white makes its request fail.

    Args:
        image_bytes: Encoded images, strings (batch,).
        shape: (height, width, 1 or 3) of the result.
        white: The value that stands for 1 in a PNG of 16 bits.
        how: "crop" for the middle of an image, "pad" for the whole with a black border, "stretch" for the
            whole in other proportions.

    Returns:
        Images (batch, *shape) in [0, 1], float32.
    """
    return _reader(tuple(shape), white, how)(image_bytes)


@cache
def _reader(shape: tuple[int, ...], white: float, how: str) -> Callable[[tf.Tensor], tf.Tensor]:
    """The function for a shape, traced only once however many heads use it."""

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string)], autograph=False)
    def read(image_bytes):
        return tf.map_fn(
            lambda contents: _image(contents, shape, white, how),
            image_bytes,
            fn_output_signature=tf.TensorSpec(shape, tf.float32),
            parallel_iterations=PARALLEL_IMAGES,
        )

    return read


def restore_images(
    restore: Callable[[dict], tf.Tensor], files: Mapping[str, tf.Tensor], white: float = FULL_RANGE.whole
) -> tf.Tensor:
    """Restores encoded images of any sizes, one at a time.

    In the graph, an image of more than MAX_RESTORED_PIXELS makes its request fail, and so do images of
    different sizes that belong together.

    Args:
        restore: Restores a batch of one image: {"inputs": (1, height, width, 3), other names:
            (1, height, width, 1)} -> (1, height', width', 1 or 3), all in [0, 1].
        files: Encoded images, strings (batch,) by those names with the suffix `_bytes`; "image_bytes"
            are the inputs.
        white: The value that stands for 1 in a PNG of 16 bits; masks fill the 16 bits.

    Returns:
        The restored images as PNG files, strings (batch,).
    """

    def restore_one(contents: dict[str, tf.Tensor]) -> tf.Tensor:
        image = _at_full_size(contents["image_bytes"], white=white)
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


def _at_full_size(contents: tf.Tensor, background: int = 255, white: float = FULL_RANGE.whole) -> tf.Tensor:
    """An encoded image at its own size, upright: (height, width, 3) in [0, 1].

    Transparent pixels take the level `background` of 255.
    """
    pixels, orientation = pixels_of(contents, MAX_RESTORED_PIXELS, background, white)
    return tf.ensure_shape(turned(pixels, orientation), (None, None, 3)) * BYTE_SCALE


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


def _image(contents: tf.Tensor, shape: tuple[int, ...], white: float, how: str) -> tf.Tensor:
    """An encoded image in a shape, in [0, 1]."""
    pixels, orientation = pixels_of(contents, MAX_PIXELS, white=white)
    return _upright(pixels, orientation, shape, how)


def _upright(pixels: tf.Tensor, orientation: tf.Tensor, shape: tuple[int, ...], how: str) -> tf.Tensor:
    """An image (height, width, 3) uint8, upright: in the shape, in [0, 1].

    Resized before it is turned, when there are fewer pixels to turn.
    """
    height, width, channels = shape
    sideways = orientation >= 5
    target = tf.where(sideways, [width, height], [height, width])
    if how == PAD:
        target = _inside(tf.shape(pixels)[:2], target)
    levels = turned(_fit(pixels, target, how), orientation)
    if how == PAD:
        own = tf.shape(levels)[:2]
        start = ([height, width] - own) // 2
        levels = tf.image.pad_to_bounding_box(levels, start[0], start[1], height, width)
    if channels == 1:
        levels = tf.floor(tf.reduce_sum(levels * LUMA, axis=-1, keepdims=True) + 0.5)
    return tf.ensure_shape(levels, shape) * BYTE_SCALE


def _inside(size: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """The largest (height, width) of an image's proportions inside another, as `fitted_size` has it."""
    size, target = tf.cast(size, tf.int64), tf.cast(target, tf.int64)
    by_width = target[1] * size[0] <= target[0] * size[1]
    across, along = tf.where(by_width, size[1], size[0]), tf.where(by_width, target[1], target[0])
    fitted = tf.maximum((2 * size * along + across) // (2 * across), 1)
    return tf.cast(tf.minimum(fitted, target), tf.int32)


def _fit(pixels: tf.Tensor, target_size: tf.Tensor, how: str) -> tf.Tensor:
    """The middle of an image, or the whole, resized to (height, width), uint8.

    As in Pillow, first along the rows, then along the columns, rounded to whole bytes each time.
    """
    size, target = tf.cast(tf.shape(pixels)[:2], tf.float32), tf.cast(target_size, tf.float32)
    proportions = target / tf.reverse(target, [0])
    crop = tf.minimum(size, tf.reverse(size, [0]) * proportions) if how == CROP else size
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
