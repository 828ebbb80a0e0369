"""TIFF files of many bands, RGBA, and the ways to bring images to a size."""

import struct

import numpy as np
import pytest
import tifffile
from PIL import Image

from keras_ae.data.images.folder import ImageFolder
from keras_ae.errors import InputError
from keras_ae.formats.images import Images
from keras_ae.imaging.decode import read_image
from keras_ae.imaging.fitting import fitted_image, fitted_size
from keras_ae.imaging.grid import bands_note
from keras_ae.imaging.headers import image_header


@pytest.fixture
def bands(random):
    return random.integers(0, 200, (9, 12, 5), np.uint8)


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("photometric", ["minisblack", "rgb"])
def test_bands_are_read_whichever_way_they_are_stored(planar, photometric, bands, tmp_path):
    stored = bands if planar == "contig" else np.moveaxis(bands, -1, 0)
    options = {"extrasamples": [0, 0]} if photometric == "rgb" else {}
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric=photometric, planarconfig=planar, **options)
    header = image_header(tmp_path / "a.tif")
    assert (header.size, header.channels, header.deep) == ((12, 9), 5, False)
    pixels = np.empty((9, 12, 5), np.uint8)
    assert read_image(tmp_path / "a.tif", pixels) is None
    np.testing.assert_array_equal(pixels, bands)


def test_bands_of_a_folder_are_examples(tmp_path, random):
    for number in range(6):
        page = random.integers(0, 4000, (10, 10, 6)).astype(np.uint16)
        tifffile.imwrite(tmp_path / f"{number}.tif", page, photometric="minisblack", planarconfig="contig")
    data = ImageFolder(str(tmp_path)).load()
    assert data.train.shape == (10, 10, 6)
    assert data.format.white == 4095
    few = ImageFolder(str(tmp_path), channels=3).load()
    np.testing.assert_array_equal(few.train.examples, data.train.examples[..., :3])
    read = data.format.read(tmp_path / "0.tif", (10, 10, 6))
    whole = np.concatenate([split.numbers for split in data.splits.values()])
    assert any(np.array_equal(read, example) for example in whole)
    with pytest.raises(InputError, match="6 bands, expected 7"):
        Images().read(tmp_path / "0.tif", (10, 10, 7))


def test_gray_and_bands_in_one_folder_are_told(tmp_path, bands):
    tifffile.imwrite(tmp_path / "a.tif", bands, photometric="minisblack", planarconfig="contig")
    Image.new("L", (9, 9)).save(tmp_path / "b.png")
    with pytest.raises(InputError, match="found 1 gray and 1 of 5 bands"):
        ImageFolder(str(tmp_path)).load()


def big_tiff(path, width, height, samples):
    """The header of a TIFF that declares many values, with hardly any behind it."""
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    tags += [(273, 4, 1, 8), (277, 3, 1, samples), (278, 4, 1, height), (279, 4, 1, 10)]
    tags += [(338, 3, 1, 0)] if samples > 1 else []
    content = struct.pack("<2sHI", b"II", 42, 8) + struct.pack("<H", len(tags))
    path.write_bytes(content + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(64))


@pytest.mark.parametrize("samples", [1, 2])
def test_a_tiff_of_gigabytes_is_refused_by_its_header(samples, tmp_path):
    big_tiff(tmp_path / "a.tif", 60_000, 50_000 // samples, samples)
    header = image_header(tmp_path / "a.tif")
    assert "limit" in header
    with pytest.raises(InputError, match=r"none of the 1 images below .* can be read: .*limit"):
        ImageFolder(str(tmp_path)).load()


def test_opacity_is_a_channel_by_choice(tmp_path, random):
    for number in range(4):
        image = Image.fromarray(random.integers(0, 255, (8, 8, 4), np.uint8))
        image.save(tmp_path / f"{number}.png")
    whole = ImageFolder(str(tmp_path), channels=4).load()
    assert whole.train.shape == (8, 8, 4)
    assert np.ptp(whole.train.examples[..., 3]) > 50
    assert ImageFolder(str(tmp_path)).load().train.shape == (8, 8, 3)


@pytest.mark.parametrize(
    ("size", "target", "expected"),
    [((64, 48), (16, 21), (16, 12)), ((3, 200), (16, 16), (1, 16)), ((10, 10), (16, 8), (8, 8))],
)
def test_a_padded_image_keeps_its_proportions(size, target, expected):
    assert fitted_size(size, target, "pad") == expected
    framed = np.asarray(fitted_image(Image.new("L", size, 255), target, "pad"))
    assert framed.shape == target[::-1]
    assert (framed > 0).sum() == expected[0] * expected[1]
    assert fitted_size(size, target, "stretch") == target


def test_images_of_another_shape_than_squares_are_fitted_by_choice(tmp_path, random):
    for number in range(4):
        Image.fromarray(random.integers(1, 255, (20, 40), np.uint8)).save(tmp_path / f"{number}.png")
    notes = {}
    for how in ("crop", "pad", "stretch"):
        data = ImageFolder(str(tmp_path), size=(12, 16), fit=how).load()
        assert data.train.shape == (12, 16, 1)
        assert data.format.fit == how
        notes[how] = data.notes[1]
        black = (data.train.examples == 0).all(axis=(0, 2, 3))
        assert black.any() == (how == "pad")
    assert notes["crop"] == (
        "of images of 40 x 20 pixels the middle is taken, resized to 16 x 12: it leaves out 33% of the pixels"
    )
    assert notes["pad"].endswith("are whole in 16 x 12, with a black border: it takes 33% of the pixels")
    assert notes["stretch"].endswith("are stretched to 16 x 12: one side 1.50 times at most")


@pytest.mark.parametrize("channels", [2, 4, 5])
def test_bands_that_are_written_are_read_again(channels, tmp_path, random):
    example = (random.integers(0, 255, (6, 7, channels)) / 255).astype(np.float32)
    if channels == 4:
        example[..., 3] = 1
    [path] = Images().write(example, tmp_path / "a.b")
    assert path.name == f"a.b{Images().suffix_for(example.shape)}"
    np.testing.assert_allclose(Images().read(path, example.shape), example, atol=1e-6)


def test_it_is_said_which_bands_are_shown():
    assert bands_note((8, 8, 3)) == bands_note((28,)) == ""
    assert bands_note((8, 8, 2)) == "band 1 of 2"
    assert bands_note((4, 8, 8, 8)) == "bands 1, 2, 3 of 8"
