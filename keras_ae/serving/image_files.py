"""PNG and JPEG files inside a served graph: their pixels of 8 bits, and how they are to be turned."""

from __future__ import annotations

import tensorflow as tf

__all__ = ["pixels_of", "turned"]

REACH = 2**16
"""Bytes from a file's beginning, and of a PNG also from its end, in which its orientation is searched for."""

EXIF = r"\C*?(?:Exif\x00\x00|eXIf)((?:II\x2a\x00|MM\x00\x2a)\C*)"
"""A file up to its Exif block, of a JPEG or a PNG, and the block with all that follows."""

XMP = r'\C*?tiff:Orientation(?:="|>)([0-9])\C*'
"""A file with an orientation in XMP, uncompressed."""

ORIENTATION = 0x0112
"""The Exif tag of the orientation."""

MAX_TAGS = 64
"""Exif tags among which the orientation is searched for."""


def pixels_of(
    contents: tf.Tensor, limit: int, background: int = 255, white: float = 65535.0
) -> tuple[tf.Tensor, tf.Tensor]:
    """Decodes a PNG or a JPEG.

    In the graph, a file that is neither, is broken, or has more pixels makes its request fail; so does one of
    16 bits with values above white.

    Args:
        contents: The file, a string ().
        limit: The largest number of pixels.
        background: The level behind transparent pixels, of 255.
        white: The value that stands for 255 in a PNG of 16 bits.

    Returns:
        Pixels (height, width, 3) uint8 as they are stored, and their orientation, from 1 (upright) to 8, as
        Exif or XMP say; see `turned`.
    """
    start = _bytes(contents, 26)
    is_png = tf.reduce_all(start[:8] == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    is_jpeg = tf.reduce_all(start[:3] == [0xFF, 0xD8, 0xFF])
    received = tf.strings.length(contents)
    supported = tf.debugging.Assert(
        is_png | is_jpeg,
        ["expected the bytes of a PNG or JPEG image; bytes received, of neither:", received],
    )
    with tf.control_dependencies([supported]):
        pixels = tf.cond(
            is_png,
            lambda: _png(contents, start, limit, background, white),
            lambda: _jpeg(contents, limit),
        )
    return pixels, _orientation(contents, is_png)


def turned(pixels: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """Turns pixels upright.

    Args:
        pixels: (height, width, channels).
        orientation: As Exif has it, from 1 to 8.

    Returns:
        (height', width', channels), float32.
    """
    levels = tf.cast(pixels, tf.float32)
    levels = tf.cond(orientation >= 5, lambda: tf.transpose(levels, (1, 0, 2)), lambda: levels)
    for axis, reversed_orientations in ((1, (2, 3, 6, 7)), (0, (3, 4, 7, 8))):
        levels = _reverse_if(tf.reduce_any(orientation == reversed_orientations), levels, axis)
    return levels


def _png(contents: tf.Tensor, start: tf.Tensor, limit: int, background: int, white: float) -> tf.Tensor:
    """Pixels (height, width, 3) uint8 over a background of one level."""
    width, height, depth = _integer(start[16:20]), _integer(start[20:24]), start[24]
    with tf.control_dependencies([_check_size(height, width, limit)]):
        # with 4 channels the decoder looks at no gamma, as it does where it makes gray of color
        pixels = tf.cond(
            depth == 16, lambda: _deep_png(contents, white), lambda: tf.io.decode_png(contents, channels=4)
        )
    color, alpha = pixels[..., :3], pixels[..., 3:]

    def blended() -> tf.Tensor:
        opacity = tf.cast(alpha, tf.float32) / 255.0
        return tf.cast(
            tf.round(tf.cast(color, tf.float32) * opacity + background * (1.0 - opacity)), tf.uint8
        )

    # without transparency the decoder fills alpha with the highest value of the bit depth, not with 255
    filled = tf.cast(tf.bitwise.left_shift(1, tf.minimum(depth, 8)) - 1, tf.uint8)
    return tf.cond(tf.reduce_all(alpha == 255) | tf.reduce_all(alpha == filled), lambda: color, blended)


def _deep_png(contents: tf.Tensor, white: float) -> tf.Tensor:
    """Pixels (height, width, 4) uint8 of a PNG of 16 bits."""
    values = tf.cast(tf.io.decode_png(contents, channels=4, dtype=tf.uint16), tf.float32)
    high = tf.reduce_max(values[..., :3])
    inside = tf.debugging.Assert(
        high <= white, [f"expected values from 0 to {white:g}, as the model was trained on, received:", high]
    )
    with tf.control_dependencies([inside]):
        return tf.cast(tf.round(values * ([255 / white] * 3 + [255 / 65535])), tf.uint8)


def _check_size(height: tf.Tensor, width: tf.Tensor, limit: int) -> tf.Operation:
    """An assertion on an image's size as its header gives it."""
    return tf.debugging.Assert(
        (height > 0) & (width > 0) & (height * width <= limit),
        [f"expected an image of at most {limit} pixels, height and width received:", height, width],
    )


def _reverse_if(condition: tf.Tensor, pixels: tf.Tensor, axis: int) -> tf.Tensor:
    return tf.cond(condition, lambda: tf.reverse(pixels, [axis]), lambda: pixels)


def _jpeg(contents: tf.Tensor, limit: int) -> tf.Tensor:
    """Pixels (height, width, 3) uint8."""
    size = tf.cast(tf.io.extract_jpeg_shape(contents), tf.int64)
    with tf.control_dependencies([_check_size(size[0], size[1], limit)]):
        return tf.io.decode_jpeg(contents, channels=3, dct_method="INTEGER_ACCURATE")


def _orientation(contents: tf.Tensor, is_png: tf.Tensor) -> tf.Tensor:
    """An orientation from 1 (upright) to 8, as Exif (JEITA CP-3451) says, or else XMP."""
    length = tf.strings.length(contents)
    tail = tf.where(is_png, tf.clip_by_value(length - REACH, 0, REACH), 0)
    searched = tf.strings.join(
        [tf.strings.substr(contents, 0, REACH), tf.strings.substr(contents, length - tail, tail)]
    )
    block = tf.strings.regex_replace(searched, EXIF, r"\1", replace_global=False)
    exif = tf.cond(
        tf.strings.regex_full_match(block, r"(?:II\x2a\x00|MM\x00\x2a)\C*"),
        lambda: _of_exif(block),
        lambda: 0,
    )
    return tf.cond((exif >= 1) & (exif <= 8), lambda: exif, lambda: _of_xmp(searched))


def _of_exif(block: tf.Tensor) -> tf.Tensor:
    """The orientation in an Exif block; 0 for none."""
    data = _bytes(block, REACH)
    order = tf.where(data[0] == ord("I"), [1, 0], [0, 1])

    def word(index: tf.Tensor) -> tf.Tensor:
        """The 16-bit integers at one or several indices, in the block's byte order; 0 beyond the reach."""
        inside = (index >= 0) & (index < REACH - 1)
        high, low = (tf.gather(data, tf.where(inside, index, 0) + order[side]) for side in (0, 1))
        return tf.where(inside, 256 * high + low, 0)

    first, second = word(4), word(6)
    directory = tf.where(order[0] == 1, first, second)  # the half that is not zero in a valid file
    entries = directory + 2 + 12 * tf.range(tf.minimum(word(directory), MAX_TAGS))
    return tf.reduce_max(tf.where(word(entries) == ORIENTATION, word(entries + 8), 0))


def _of_xmp(contents: tf.Tensor) -> tf.Tensor:
    """The orientation in XMP; 1 for none."""
    digit = tf.strings.regex_replace(contents, XMP, r"\1")
    known = tf.strings.regex_full_match(digit, "[1-8]")
    return tf.strings.to_number(tf.where(known, digit, "1"), tf.int32)


def _bytes(contents: tf.Tensor, count: int) -> tf.Tensor:
    """The first `count` bytes as integers; zeros beyond the end."""
    return tf.cast(tf.io.decode_raw(contents, tf.uint8, fixed_length=count), tf.int32)


def _integer(octets: tf.Tensor) -> tf.Tensor:
    """An integer from its four bytes, the highest first."""
    return tf.reduce_sum(tf.cast(octets, tf.int64) * [2**24, 2**16, 2**8, 1])
