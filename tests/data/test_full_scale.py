"""Full scale: what stands for 1 in arrays of whole numbers, found in training and held to afterwards."""

import numpy as np
import pytest

from keras_ae.data.full_scale import OWN, full_scale_in, normalized
from keras_ae.data.memory import Arrays
from keras_ae.errors import InputError

IMAGES = np.random.default_rng(0).integers(0, 256, (30, 5, 5))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int64", "int8", ">u2", "bool", "float32", "float16"])
def test_zeros_and_ones_are_read_alike_whatever_their_type(dtype):
    loaded = Arrays((IMAGES > 128).astype(dtype)).load()
    assert loaded.domain == "unit"
    assert loaded.full_scale == 1
    assert loaded.train.examples.max() == 1
    told = [note for note in loaded.notes if "they count as 0 and 1" in note]
    assert len(told) == (dtype not in ("bool", "float32", "float16"))


def test_zeros_and_ones_can_be_called_nearly_black_bytes():
    loaded = Arrays((IMAGES > 128).astype(np.uint8), full_scale=255).load()
    assert loaded.full_scale is None
    assert loaded.train.examples.dtype == np.uint8


@pytest.mark.parametrize(("highest", "full_scale"), [(200, 255), (1000, 1023), (4000, 4095), (16000, 16383)])
def test_images_of_fewer_bits_are_parts_of_their_depth(highest, full_scale):
    loaded = Arrays((IMAGES * (highest / 255)).astype(np.uint16)).load()
    assert loaded.full_scale == full_scale
    assert f"count as parts of {full_scale}, the depth that holds them" in loaded.notes[0]
    bright = Arrays((IMAGES * 257).astype(">u2")).load()
    assert bright.full_scale is None
    assert bright.train.examples.max() == 1


def test_bytes_in_wider_types_are_bytes_in_images_alone():
    images = Arrays(IMAGES).load()
    assert (images.domain, images.full_scale, images.train.examples.dtype) == ("unit", 255, np.uint8)
    assert "int64 up to 255 count as parts of 255" in images.notes[0]
    assert Arrays(IMAGES.reshape(30, 25)).load().domain == "real"
    assert Arrays(IMAGES, domain="real").load().domain == "real"
    assert Arrays(IMAGES.reshape(30, 25), domain="unit").load().full_scale == 255


@pytest.mark.parametrize("values", [IMAGES.astype(float), IMAGES.reshape(30, 25)])
def test_pixels_that_are_standardized_are_told(values):
    notes = Arrays(values).load().notes
    assert any('if they are pixels, save them as bytes, x.astype("uint8")' in note for note in notes)


def test_dark_values_are_told():
    assert "nearly black" in Arrays((IMAGES // 6).astype(np.uint8)).load().notes[0]
    assert "0.1 of 1: nearly black" in Arrays(IMAGES / 2550).load().notes[0]
    assert Arrays(IMAGES.astype(np.uint8)).load().notes == Arrays(IMAGES / 255).load().notes


def test_floats_a_rounding_beyond_1_are_in_the_unit_interval():
    loaded = Arrays((IMAGES / 255 * 1.0000002).astype(np.float32)).load()
    assert loaded.domain == "unit"
    assert loaded.train.examples.max() == 1
    assert "count as 0 to 1" in loaded.notes[0]
    assert Arrays(IMAGES / 255 * 1.01).load().domain == "real"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"x": IMAGES, "full_scale": 100},
            "from 0 to 100, which stands for 1; received 0 to 255; choose another",
        ),
        (
            {"x": IMAGES / 255, "full_scale": 255},
            "data.full_scale is of whole numbers, received float64; divide the values",
        ),
    ],
)
def test_values_that_are_not_of_the_white_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        Arrays(**settings).load()


@pytest.mark.parametrize(
    ("dtype", "full_scale", "full"),
    [
        ("uint8", None, 255), ("uint16", None, 65535), ("int64", None, 1), ("bool", None, 1),
        ("float32", 255, 1),
        ("uint8", 1, 1), ("int64", 1, 1), ("uint16", 4095, 4095), ("uint8", 4095, 255), ("int64", 255, 255),
        ("bool", 255, 1),
    ],
)  # fmt: skip
def test_later_inputs_have_the_white_of_the_training(dtype, full_scale, full):
    assert full_scale_in(np.dtype(dtype), full_scale) == full
    values = np.array([[0, full]]).astype(dtype)
    np.testing.assert_array_equal(normalized(values, full_scale, "x"), [[0, 1]])
    np.testing.assert_array_equal(normalized(np.zeros((1, 2), dtype), full_scale, "x"), [[0, 0]])


def test_later_inputs_beyond_white_are_refused_with_their_example():
    with pytest.raises(
        InputError, match="whole numbers from 0 to 1 in x, .*; example 5 holds 255; scale them"
    ):
        normalized(np.array([[0], [255]], np.uint8), 1, "x", first=4)
    with pytest.raises(InputError, match=r"values in \[0, 1\] in x, .*; example 0 holds 1.5"):
        normalized(np.array([1.5]), 1, "x")
    assert set(OWN) == {"bool", "uint8", "uint16"}
