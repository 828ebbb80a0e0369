"""Encoded images inside a served graph: read as a folder's are for training, or refused by name."""

import io
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_ae.data.images.folder import ImageFolder
from keras_ae.imaging.decode import read_image
from keras_ae.serving import images


def photograph(width=64, height=48):
    """A smooth color image without symmetry."""
    rows, columns = np.mgrid[0:height, 0:width]
    planes = [columns * 255 / width, rows * 255 / height, 127 + 120 * np.sin(columns / 9 + rows / 5)]
    return Image.fromarray(np.stack(planes, axis=-1).astype(np.uint8))


def file_of(image, kind="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of_size(width, height):
    """The header of an image of that size, with hardly any pixels behind it."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@tf.function(input_signature=[tf.TensorSpec((None,), tf.string)])
def small(contents):
    return images.decode_images(contents, (16, 16, 3))


@tf.function(input_signature=[tf.TensorSpec((None,), tf.string)])
def gray(contents):
    return images.decode_images(contents, (20, 12, 1))


def as_trained(folder, contents, suffix, size, channels):
    """What the folder loader of training makes of a file."""
    folder.mkdir(exist_ok=True)
    for number in range(3):  # a folder needs three different ones
        Image.new("RGB" if channels == 3 else "L", (9 + number, 9)).save(folder / f"other{number}.png")
    (folder / f"a.{suffix}").write_bytes(contents)
    data = ImageFolder(str(folder), size=size, channels=channels).load()
    found = np.concatenate([split.examples for split in data.splits.values()])
    return found[np.argmax(found.reshape(len(found), -1).std(axis=1))] / 255.0


def transparent():
    image = photograph().convert("RGBA")
    image.putalpha(Image.fromarray(np.tile(np.linspace(0, 255, 64).astype(np.uint8), (48, 1))))
    return image


IMAGES = {
    "color": file_of(photograph()),
    "tall": file_of(photograph(31, 90)),
    "tiny": file_of(photograph(5, 7)),
    "palette": file_of(photograph().quantize(17)),
    "gray": file_of(photograph().convert("L")),
    "black and white": file_of(photograph().convert("1")),
    "16 bits": file_of(Image.fromarray(np.asarray(photograph().convert("L")).astype(np.uint16) * 257)),
    "palette of 4": file_of(photograph().quantize(4), bits=2),
    "palette with a transparent color": file_of(photograph().quantize(4), bits=2, transparency=1),
    "transparent": file_of(transparent()),
    "gray and transparent": file_of(transparent().convert("LA")),
    "jpeg": file_of(photograph(), "JPEG", quality=90),
    "gray jpeg": file_of(photograph().convert("L"), "JPEG"),
    "progressive jpeg": file_of(photograph(80, 81), "JPEG", progressive=True),
}


@pytest.mark.parametrize("name", IMAGES)
def test_a_served_head_sees_a_image_as_training_does(name, tmp_path):
    contents = IMAGES[name]
    suffix = "jpg" if "jpeg" in name else "png"
    for_training = as_trained(tmp_path / "p", contents, suffix, 16, 3)
    served = small(tf.constant([contents]))[0].numpy()
    levels = 255 * np.abs(served - for_training)
    assert levels.max() <= 2.01, levels.max()
    assert levels.mean() <= 0.5


def test_gray_of_other_proportions_is_the_middle_cut_out():
    served = gray(tf.constant([IMAGES["color"]]))[0].numpy()
    expected = photograph().convert("L").resize((12, 20), Image.Resampling.LANCZOS, box=(17.6, 0, 46.4, 48))
    assert 255 * np.abs(served[..., 0] - np.asarray(expected) / 255).max() <= 2.01


@pytest.mark.parametrize("how", ["pad", "stretch"])
@pytest.mark.parametrize("size", [(64, 48), (31, 90), (5, 7), (200, 3)])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_served_head_fits_an_image_as_training_does(how, size, orientation, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = orientation
    (tmp_path / "a.png").write_bytes(contents := file_of(photograph(*size), exif=exif))
    pixels = np.empty((21, 16, 3), np.uint8)
    assert read_image(tmp_path / "a.png", pixels, how=how) is None
    served = images.decode_images(tf.constant([contents]), (21, 16, 3), how=how)[0].numpy()
    assert np.abs(255 * served - pixels).max() <= 2.01  # as above, twice rounded
    if how == "pad":
        np.testing.assert_array_equal(served.any(axis=-1), pixels.any(axis=-1))  # the same border


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", ["big", "little"])
def test_a_photograph_is_turned_upright(orientation, order, tmp_path):
    exif = Image.Exif()
    exif.endian = ">" if order == "big" else "<"
    exif[0x0112] = orientation
    exif[0x010F] = "a maker's name"
    contents = file_of(photograph(48, 48), "JPEG", exif=exif, quality=95)
    served = small(tf.constant([contents]))[0].numpy()
    expected = as_trained(tmp_path / "p", contents, "jpg", 16, 3)
    assert 255 * np.abs(served - expected).max() <= 2.01


def test_a_broken_exif_block_is_passed_over():
    exif = Image.Exif()
    exif[0x0112] = 6
    contents = file_of(photograph(), "JPEG", exif=exif)
    at = contents.index(b"Exif\0\0") + 6
    plain = small(tf.constant([file_of(photograph(), "JPEG")]))
    for damage in (b"\xff" * 8, b"II*\0\xff\xff\xff\x7f", b"MM\0*\x7f\xff\xff\xff"):
        damaged = contents[:at] + damage + contents[at + len(damage) :]
        np.testing.assert_array_equal(small(tf.constant([damaged])), plain)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "expected the bytes of a PNG or JPEG image"),
        (b"GIF89a" + bytes(50), "expected the bytes of a PNG or JPEG image"),
        (png_of_size(100_000, 100_000), "expected an image of at most 25000000 pixels"),
        (png_of_size(2**31 - 1, 2**31 - 1), "expected an image of at most 25000000 pixels"),
        (png_of_size(0, 5), "expected an image of at most 25000000 pixels"),
        (IMAGES["color"][:200], "PNG"),
        (IMAGES["jpeg"][:200], "JPEG"),
        (b"\xff\xd8\xff" + bytes(50), "JPEG|marker"),
    ],
)
def test_bytes_that_cannot_be_read_fail_with_the_reason(contents, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        small(tf.constant([contents]))
    assert small(tf.constant([IMAGES["color"]])).shape == (1, 16, 16, 3)


@pytest.mark.parametrize("size", [(1, 300_000), (300_000, 1), (1, 1)])
def test_a_long_thin_image_is_the_middle_of_it(size):
    image = Image.new("L", size, 90)
    np.testing.assert_allclose(255 * small(tf.constant([file_of(image)]))[0], 90, atol=1e-4)


def test_no_images_give_no_images():
    assert small(tf.constant([], tf.string)).shape == (0, 16, 16, 3)


def test_images_come_back_as_png_files(random):
    values = random.uniform(-0.2, 1.2, (3, 5, 4, 1)).astype("float32")
    for value, contents in zip(values, images.encode_images(values).numpy(), strict=True):
        with Image.open(io.BytesIO(contents)) as image:
            assert image.format == "PNG"
            found = np.asarray(image)
        np.testing.assert_array_equal(found, np.round(np.clip(value[..., 0], 0, 1) * 255))
