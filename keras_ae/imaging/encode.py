"""Images of files of any kind as the PNG and JPEG files that a served head decodes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from keras_ae.errors import InputError
from keras_ae.imaging.decode import fit, upright_bytes
from keras_ae.imaging.deep import FullScale, deep_values, is_deep
from keras_ae.imaging.fitting import CROP
from keras_ae.imaging.frames import Frame
from keras_ae.imaging.headers import one_line, opened

__all__ = ["encoded"]

MAGIC_BYTES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
"""The first bytes of PNG and of JPEG files."""

MOST_IMAGE_BYTES = 64 * 2**20
"""Maximum size in bytes of the file of a single image."""


def encoded(
    frame: Frame, shape: Sequence[int] | None, full_scale: FullScale | None, how: str = CROP
) -> bytes:
    """An image as the content of a file that a head takes.

    Args:
        frame: The image.
        shape: (height, width, channels) of the head's inputs: the image is cropped and resized as in
            training. None leaves that to the head, which takes PNG and JPEG files as they are, others as PNG.
        full_scale: The values that stand for white in images of more than 8 bits; None if it is not known.
        how: How the image is brought to the shape: "crop", "pad" or "stretch".

    Returns:
        The content of a PNG or JPEG file.

    Raises:
        InputError: It cannot be read, is empty or too large; the text is the reason alone.
    """
    file = Path(frame.name)
    try:
        with file.open("rb") as stream:
            start = stream.read(8)
        if not start:
            raise InputError("its file is empty")
        if file.stat().st_size > MOST_IMAGE_BYTES and not frame.several:
            raise InputError(f"its file takes more than {MOST_IMAGE_BYTES // 2**20} MiB")
        if shape is None and frame.index == 0 and start.startswith(MAGIC_BYTES):
            return file.read_bytes()
        return _as_png(file, frame.index, shape, full_scale, how)
    except InputError:
        raise
    except UnidentifiedImageError as error:
        raise InputError("not an image of a known kind") from error
    except OSError as error:
        raise InputError(f"it cannot be read ({error.strerror or one_line(error)})") from error
    except Exception as error:  # decoders may raise any error for a broken file
        raise InputError(one_line(error)) from error


def _as_png(file, index, shape, full_scale, how):
    """The content of a PNG file: of the shape, or of the image's own size."""
    with opened(file) as image:
        image.seek(index)
        if full_scale is None and is_deep(image):
            plain = _of_16_bits(deep_values(image, file))
        else:
            plain = upright_bytes(image, file, full_scale or FullScale())[0]
    if shape is not None:
        height, width, channels = shape
        levels = fit(plain, width, channels, height, how)
        plain = Image.fromarray(levels[..., 0] if channels == 1 else levels)
    elif plain.mode not in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        plain = plain.convert("RGB")
    stream = io.BytesIO()
    plain.save(stream, "PNG")
    return stream.getvalue()


def _of_16_bits(deep):
    """Values as an image of 16 bits, which the head scales."""
    values = deep.values
    is_gray = values.ndim == 2 and deep.alpha is None and not deep.inverted
    if not is_gray or values.dtype.kind == "f" or values.min() < 0 or values.max() > 65535:
        raise InputError(
            "more than 8 bits a channel, in a form that only the exported head here can read; leave out --url"
        )
    return Image.fromarray(values.astype(np.uint16))
