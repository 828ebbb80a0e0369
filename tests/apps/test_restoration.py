"""Restorers, tiles, images and masks: no seams, and nothing of an image lost that could be kept."""

import dataclasses
import json
import struct
import zlib

import image_kinds
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageCms
from restorers import MULTIPLE, REACH, save_restorer, save_restorers

from keras_ae.apps.restoration import comparison
from keras_ae.apps.restoration.comparison import side_by_side
from keras_ae.apps.restoration.head import Restorer
from keras_ae.apps.restoration.images import DecodedImage, read_image, to_image
from keras_ae.apps.restoration.masks import missing_pixels
from keras_ae.apps.restoration.request import find_restorer
from keras_ae.apps.restoration.restore import restored_image
from keras_ae.apps.restoration.sounds import SoundRequest
from keras_ae.apps.restoration.tiles import restored_levels, restored_tiles, spans
from keras_ae.errors import InputError
from keras_ae.imaging.deep import FullScale
from keras_ae.serving.exported import Signature

MOST = 10**6


@pytest.fixture(scope="module")
def restorers(tmp_path_factory):
    models = save_restorers(tmp_path_factory.mktemp("models"))
    return {name: Restorer.of(find_restorer(models, name)) for name in ("clean", "larger", "filled")}


IMAGES = {"inputs": tf.TensorSpec((None, None, None, None), tf.float32)}


def stub(function, **fields):
    """A restorer whose signature is a function."""
    kind = type("Stub", (), {"__call__": staticmethod(function), "structured_input_signature": ((), IMAGES)})
    facts = {"scale": 1, "reach": 0, "multiple": 1, "channels": None, "masked": False, "colored": False}
    return Restorer(**facts | fields, run=Signature("stub", "serving_default", kind(), None))


IDENTITY = stub(lambda inputs: {"reconstruction": inputs})


def tiled(restorer, levels, core):
    """A restored image in floats, put together from its tiles."""
    height, width, channels = levels.shape
    whole = np.full((restorer.scale * height, restorer.scale * width, channels), np.nan, np.float32)
    for rows, columns, values in restored_tiles(restorer, levels, core):
        assert np.isnan(whole[rows, columns]).all()
        whole[rows, columns] = values
    return whole


@pytest.mark.parametrize(
    ("core", "reach", "multiple"), [(1, 0, 1), (5, 3, 1), (8, 0, 4), (16, 5, 8), (6, 9, 4)]
)
def test_tiles_cover_an_axis_once_and_see_all_that_they_can_depend_on(core, reach, multiple):
    for length in range(1, 200):
        tiles = spans(length, core, reach, multiple)
        assert [tile.first for tile in tiles] == [0, *(tile.last for tile in tiles[:-1])]
        assert tiles[-1].last == length
        assert len({tile.stop - tile.start for tile in tiles}) == 1
        for tile in tiles:
            assert tile.start % multiple == 0
            assert (tile.stop - length) % multiple == 0
            assert 0 <= tile.start <= tile.first < tile.last <= tile.stop <= length
            assert tile.start == 0 or tile.first - tile.start >= reach
            assert tile.stop == length or tile.stop - tile.last >= reach


@pytest.mark.parametrize("name", ["clean", "larger"])
@pytest.mark.parametrize("shape", [(150, 203, 3), (97, 260, 1), (128, 128, 3)])
def test_a_image_in_tiles_is_the_image_in_one_go(restorers, random, name, shape):
    levels, restorer = random.integers(0, 256, shape, dtype=np.uint8), restorers[name]
    whole = restorer(levels / np.float32(255))
    assert len(list(restored_tiles(restorer, levels, 30))) > 8
    assert np.abs(tiled(restorer, levels, 30) - whole).max() < 1e-5
    assert np.abs(tiled(restorer, levels, 1000) - whole).max() < 1e-5
    assert np.abs(tiled(dataclasses.replace(restorer, reach=2), levels, 30) - whole).max() > 1e-3


@pytest.mark.parametrize("name", ["clean", "larger", "filled"])
@pytest.mark.parametrize("size", [(1, 1), (5, 7), (300, 1), (1, 30)])
def test_a_image_of_any_size_is_restored(restorers, random, name, size):
    levels, restorer = random.integers(0, 256, (*size, 1), dtype=np.uint8), restorers[name]
    missing = random.uniform(size=size) < 0.5 if restorer.masked else None
    restored = restored_levels(restorer, levels, 16, missing)
    assert restored.shape == (size[0] * restorer.scale, size[1] * restorer.scale, 1)
    assert restored.dtype == np.uint8


def test_a_gray_image_is_sent_as_one_channel_where_that_is_taken(random):
    sent = []
    levels = random.integers(0, 256, (6, 5, 1), dtype=np.uint8)

    def function(inputs):
        sent.append(inputs.shape)
        return {"reconstruction": inputs}

    for channels in (None, 3):
        np.testing.assert_array_equal(restored_levels(stub(function, channels=channels), levels, 9), levels)
    assert sent == [(1, 6, 5, 1), (1, 6, 5, 3)]


def test_known_pixels_stay_and_tiles_without_missing_ones_are_not_restored(restorers, random):
    levels = random.integers(0, 256, (90, 120, 3), dtype=np.uint8)
    missing = np.zeros((90, 120), bool)
    missing[10:30, 70:75] = True
    restored = restored_levels(restorers["filled"], levels, 32, missing)
    np.testing.assert_array_equal(restored[~missing], levels[~missing])
    whole = restorers["filled"](levels / np.float32(255), missing)
    np.testing.assert_allclose(restored[missing], whole[missing] * 255, atol=0.51)
    parts = list(restored_tiles(restorers["filled"], levels, 32, missing))
    assert 0 < len(parts) < 4
    np.testing.assert_array_equal(restored_levels(restorers["filled"], levels, 32, missing & False), levels)


def test_all_levels_of_eight_and_sixteen_bits_survive():
    for dtype in (np.uint8, np.uint16):
        levels = np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(-1, 256, 1)
        np.testing.assert_array_equal(restored_levels(IDENTITY, levels, 100), levels)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            lambda inputs: inputs[:, 1:],
            r"finite values of shape \(1, 4, 5, 3\) .* received shape \(1, 3, 5, 3\)",
        ),
        (lambda inputs: inputs / 0 * 0, "0% of it finite"),
    ],
)
def test_an_output_that_is_no_image_is_refused(given, message):
    restorer = stub(lambda inputs: {"reconstruction": given(inputs)})
    with pytest.raises(InputError, match=message):
        restorer(np.ones((4, 5, 3), np.float32))


def test_a_restorer_that_fails_asks_for_smaller_tiles():
    def function(inputs):
        raise tf.errors.ResourceExhaustedError(None, None, "no memory\nleft")

    with pytest.raises(InputError, match="fails on a tile of 5x4 .*no memory left.*; try a smaller --tile"):
        stub(function)(np.ones((4, 5, 3), np.float32))


@pytest.mark.parametrize(
    "card",
    [
        {},
        {"restorer": None},
        {"restorer": {"scale": 2}},
        {"restorer": {"scale": 0, "reach": 1, "multiple": 1}},
    ],
)
def test_a_card_that_tells_of_no_restorer_is_refused(tmp_path, card):
    folder = tmp_path / "mine" / "restorer" / "1"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(InputError, match="describes a restorer .*; train .*: make train RECIPE=mine"):
        Restorer.of(find_restorer(tmp_path, "mine"))
    (folder / "card.json").write_text("x")
    with pytest.raises(
        InputError, match="no card.json that can be read .*; export it again: keras-ae export mine"
    ):
        Restorer.of(find_restorer(tmp_path, "mine"))


def test_a_card_tells_whether_gray_images_get_colors(tmp_path):
    facts = {"scale": 1, "reach": REACH, "multiple": MULTIPLE}
    save_restorer(tmp_path, "plain", 3, restorer=facts)
    save_restorer(tmp_path, "colored", 3, restorer=facts | {"colored": True})
    for recipe in ("plain", "colored"):
        assert Restorer.of(find_restorer(tmp_path, recipe)).colored == (recipe == "colored")


def test_a_head_that_does_not_load_or_restores_no_images_is_refused(tmp_path):
    save_restorer(tmp_path, "gray", 1)
    with pytest.raises(InputError, match=r"expected a restorer of images .* takes inputs \(None, .*, 1\)"):
        Restorer.of(find_restorer(tmp_path, "gray"))
    (tmp_path / "gray/restorer/1/saved_model.pb").unlink()
    with pytest.raises(InputError, match="restorer/1 cannot be loaded .*; export it again"):
        Restorer.of(find_restorer(tmp_path, "gray"))


def test_a_model_without_a_restorer_is_refused_with_advice(tmp_path):
    (tmp_path / "other/restorer/1").mkdir(parents=True)
    (tmp_path / "plain/encoder/1").mkdir(parents=True)
    with pytest.raises(
        InputError, match="plain has no exported restorer; .*, other has one; .* RECIPE=photo"
    ):
        find_restorer(tmp_path, "plain")
    with pytest.raises(InputError, match=r"no export of inpainting .*\(there is other, plain\); train it: "):
        find_restorer(tmp_path, "inpainting")
    with pytest.raises(InputError, match="must be one part of letters, .* received 'my own'"):
        find_restorer(tmp_path, "my own")
    with pytest.raises(InputError, match="no version 7 of its restorer; it has 1"):
        find_restorer(tmp_path, "other", 7)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_image_is_turned_upright(tmp_path, random, orientation):
    upright = Image.fromarray(random.integers(0, 256, (5, 7), dtype=np.uint8))
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the turn that the viewer's turn undoes
    stored = upright.transpose(undo[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "x.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "x.png", MOST).levels[..., 0], np.asarray(upright))


def round_trip(tmp_path, image, name="x.png", **saving):
    """An image saved, read, and as it would be written."""
    image.save(tmp_path / name, **saving)
    image = read_image(tmp_path / name, MOST)
    return image, to_image(restored_image(IDENTITY, image, 16))


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_channels_and_transparency_are_kept(tmp_path, random, mode):
    image = Image.fromarray(random.integers(0, 256, (9, 8, 4), dtype=np.uint8)).convert(mode)
    _, written = round_trip(tmp_path, image)
    assert written.mode == mode
    assert written.tobytes() == image.tobytes()


def test_black_and_white_becomes_gray(tmp_path, random):
    image = Image.fromarray(random.uniform(size=(9, 8)) < 0.5)
    assert image.mode == "1"
    _, written = round_trip(tmp_path, image)
    assert written.mode == "L"
    assert written.tobytes() == image.convert("L").tobytes()


@pytest.mark.parametrize("transparency", [None, 3, bytes([0, 128, 255])])
def test_a_palette_becomes_color_with_its_transparency(tmp_path, random, transparency):
    image = Image.fromarray(random.integers(0, 4, (9, 8), dtype=np.uint8))
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 9, 9, 9])
    saving = {} if transparency is None else {"transparency": transparency}
    _, written = round_trip(tmp_path, image, **saving)
    with Image.open(tmp_path / "x.png") as stored:
        assert stored.mode == "P"
        due = stored.convert("RGB" if transparency is None else "RGBA")
    assert (written.mode, written.tobytes()) == (due.mode, due.tobytes())


@pytest.mark.parametrize("name", ["x.png", "x.tif", "x.pgm"])
def test_sixteen_bits_of_gray_are_kept(tmp_path, random, name):
    levels = random.integers(0, 65536, (9, 8), dtype=np.uint16)
    image, written = round_trip(tmp_path, Image.fromarray(levels), name)
    assert written.mode == "I;16"
    np.testing.assert_array_equal(np.asarray(written), levels)
    assert image.notes == ()


def test_floats_are_written_as_sixteen_bits_and_must_lie_within_bounds(tmp_path, random):
    values = random.uniform(size=(9, 8)).astype(np.float32)
    image, written = round_trip(tmp_path, Image.fromarray(values), "x.tif")
    np.testing.assert_allclose(np.asarray(written), values * 65535, atol=0.51)
    assert image.notes == ("floats written as 16 bits",)
    for wrong, message in (
        (values + 1, "from 0 to 1"),
        (np.full((2, 2), 70_000, np.int32), "from 0 to 65535"),
    ):
        Image.fromarray(wrong).save(tmp_path / "y.tif")
        with pytest.raises(InputError, match=f"expected values {message}, received"):
            read_image(tmp_path / "y.tif", MOST)


def test_twelve_bits_in_sixteen_fill_the_scale_of_the_model_and_are_written_as_they_were(tmp_path, random):
    levels = random.integers(0, 4096, (9, 8), dtype=np.uint16)
    Image.fromarray(levels).save(tmp_path / "x.tif")
    image = read_image(tmp_path / "x.tif", MOST, FullScale(4095))
    np.testing.assert_allclose(image.levels[..., 0] / 65535, levels / 4095, atol=1e-5)
    np.testing.assert_array_equal(np.asarray(to_image(image)), levels)
    assert image.notes == ()
    with pytest.raises(InputError, match="expected values from 0 to 1023, received"):
        read_image(tmp_path / "x.tif", MOST, FullScale(1023))


def test_planes_of_sixteen_bits_in_color_are_read(tmp_path):
    (tmp_path / "x.tif").write_bytes(image_kinds.TWELVE_BITS_REFUSED["in planes.tif"])
    image = read_image(tmp_path / "x.tif", MOST, FullScale(4095))
    np.testing.assert_allclose(image.levels, image_kinds.RGB, atol=1)


def test_a_transparent_level_of_sixteen_bits_can_be_a_hole_but_not_be_kept(tmp_path):
    levels = np.arange(12, dtype=np.uint16).reshape(3, 4)
    image, written = round_trip(tmp_path, Image.fromarray(levels), transparency=5)
    assert written.mode == "I;16"
    assert image.notes == ("no transparency in 16 bits", "values up to 11 of 65535, which is dark")
    assert np.argwhere(missing_pixels(image, None, MOST)).tolist() == [[1, 1]]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_gray_image_gets_colors_from_a_restorer_that_gives_them(random, dtype):
    levels = random.integers(0, np.iinfo(dtype).max, (5, 6, 1), dtype=dtype)
    tint = np.float32([1.0, 0.5, 0.0])
    restorer = stub(lambda inputs: {"reconstruction": inputs * tint}, channels=3, colored=True)
    restored = restored_image(restorer, DecodedImage(levels, notes=("first",)), 4)
    due = levels if dtype == np.uint8 else levels >> 8
    np.testing.assert_array_equal(restored.levels, np.rint(due * tint))
    assert restored.levels.dtype == np.uint8
    assert restored.notes == ("first", "16 bits written as 8, in color")[: 1 + (dtype == np.uint16)]
    shown = side_by_side(DecodedImage(levels), restored)
    assert shown.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(shown)[:, -6:], restored.levels)


@pytest.mark.parametrize(("kind", "planes", "mode"), [(2, 3, "RGB"), (4, 2, "LA"), (6, 4, "RGBA")])
def test_deeper_colors_are_read_as_eight_bits_with_a_note(tmp_path, kind, planes, mode):
    def chunk(name, content):
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    (tmp_path / "x.png").write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 16, kind, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\0" + b"\x12\x34" * planes))
        + chunk(b"IEND", b"")
    )
    image = read_image(tmp_path / "x.png", MOST)
    assert image.notes == ("16 bits a channel read as 8",)
    written = to_image(image)
    assert (written.mode, written.tobytes()) == (mode, b"\x12" * planes)


def test_a_profile_is_kept_where_it_fits_the_written_channels(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    color, _ = round_trip(tmp_path, Image.new("RGB", (3, 3)), "x.jpg", icc_profile=profile)
    assert color.profile == profile
    gray, _ = round_trip(tmp_path, Image.new("L", (3, 3)), "x.jpg", icc_profile=profile)
    assert gray.profile is None


def test_other_colors_become_rgb(tmp_path):
    image, written = round_trip(tmp_path, Image.new("CMYK", (3, 3), (0, 255, 0, 0)), "x.tif")
    assert (written.mode, image.notes) == ("RGB", ("CMYK turned into RGB",))


def test_of_an_animation_the_first_frame_is_taken(tmp_path):
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "blue", "lime")]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    image = read_image(tmp_path / "x.gif", MOST)
    assert image.notes == ("the first of 3 frames",)
    assert image.levels[0, 0].tolist() == [255, 0, 0]


def test_a_file_that_is_no_image_is_refused_with_the_reason(tmp_path, random, monkeypatch):
    file = tmp_path / "x.png"
    file.write_bytes(b"")
    with pytest.raises(InputError, match="^its file is empty$"):
        read_image(file, MOST)
    file.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    with pytest.raises(InputError, match="not an image of a known kind .*[.]png"):
        read_image(file, MOST)
    Image.fromarray(random.integers(0, 256, (50, 50, 3), dtype=np.uint8)).save(file)
    file.write_bytes(file.read_bytes()[:-3000])
    with pytest.raises(InputError, match="truncated"):
        read_image(file, MOST)
    with pytest.raises(InputError, match=r"it cannot be read \(No such file or directory\)"):
        read_image(tmp_path / "y.png", MOST)


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path, monkeypatch):
    Image.new("1", (1000, 900)).save(tmp_path / "x.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)  # far below: Pillow alone would refuse
    assert read_image(tmp_path / "x.png", 900_000).size == "1000x900"
    monkeypatch.setattr("keras_ae.apps.restoration.images._planes", None)
    with pytest.raises(
        InputError, match="at most 0.899 megapixels, received 1000x900; raise --most-megapixels"
    ):
        read_image(tmp_path / "x.png", 899_000)
    assert Image.MAX_IMAGE_PIXELS == 10


def test_transparency_is_enlarged_with_the_image(restorers):
    alpha = np.repeat(np.array([[0, 255]], np.uint8), 6, axis=0).repeat(4, axis=1)
    image = DecodedImage(np.zeros((6, 8, 3), np.uint8), alpha)
    restored = restored_image(restorers["larger"], image, 16)
    due = Image.fromarray(alpha).resize((16, 12), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(restored.alpha, np.asarray(due))


def test_holes_become_opaque_and_other_transparency_stays(restorers, random):
    levels = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    alpha = np.full((6, 8), 255, np.uint8)
    opaque = DecodedImage(levels, alpha.copy())
    alpha[2, 3] = 0
    holed = DecodedImage(levels, alpha)
    missing = missing_pixels(holed, None, MOST)
    assert restored_image(restorers["filled"], holed, 16, missing).alpha is None
    assert (restored_image(restorers["filled"], opaque, 16, missing).alpha == 255).all()
    alpha[0, 0] = 77
    restored = restored_image(restorers["filled"], holed, 16, missing)
    assert (restored.alpha[0, 0], restored.alpha[2, 3]) == (77, 255)
    np.testing.assert_array_equal(restored.levels[~missing], levels[~missing])


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16])
def test_pixels_at_least_half_white_are_missing(tmp_path, dtype):
    full = 1 if dtype is bool else np.iinfo(dtype).max
    levels = np.array([[0, full // 2, full // 2 + 1, full]]).astype(dtype)
    Image.fromarray(levels).save(tmp_path / "mask.png")
    image = DecodedImage(np.zeros((1, 4, 3), np.uint8))
    due = [False, False, True, True]
    assert missing_pixels(image, tmp_path / "mask.png", MOST).tolist() == [due]


def test_transparent_pixels_of_a_mask_are_known(tmp_path):
    Image.fromarray(np.full((1, 2, 4), [[[255] * 4, [255, 255, 255, 0]]], np.uint8)).save(
        tmp_path / "mask.png"
    )
    missing = missing_pixels(DecodedImage(np.zeros((1, 2, 1), np.uint8)), tmp_path / "mask.png", MOST)
    assert missing.tolist() == [[True, False]]


def test_a_mask_that_does_not_fit_is_refused(tmp_path):
    image, file = DecodedImage(np.zeros((4, 5, 3), np.uint8)), tmp_path / "mask.png"
    with pytest.raises(InputError, match="nothing of it is fully transparent; .* --mask FILE"):
        missing_pixels(image, None, MOST)
    Image.new("L", (4, 5)).save(file)
    with pytest.raises(InputError, match="a mask of 5x4 pixels, received 4x5 in .*mask.png"):
        missing_pixels(image, file, MOST)
    file.write_bytes(b"x")
    with pytest.raises(InputError, match="its mask .*mask.png: not an image"):
        missing_pixels(image, file, MOST)


def test_a_comparison_shows_the_image_enlarged_a_gap_and_what_was_made_of_it(random):
    before = DecodedImage(random.integers(0, 256, (4, 6, 3), dtype=np.uint8))
    after = DecodedImage(random.integers(0, 256, (8, 12, 3), dtype=np.uint8))
    shown = np.asarray(side_by_side(before, after))
    assert shown.shape == (8, 24 + comparison.GAP, 3)
    due = to_image(before).resize((12, 8), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(shown[:, :12], np.asarray(due))
    assert (shown[:, 12 : 12 + comparison.GAP] == 128).all()
    np.testing.assert_array_equal(shown[:, -12:], after.levels)


def test_a_wide_comparison_is_reduced():
    wide = DecodedImage(np.zeros((2, 9000, 1), np.uint16))
    shown = side_by_side(wide, wide)
    assert (shown.size, shown.mode) == ((4096, 1), "L")


def test_a_comparison_is_transparent_where_a_image_is():
    clear = DecodedImage(np.zeros((2, 3, 1), np.uint8), np.zeros((2, 3), np.uint8))
    shown = np.asarray(side_by_side(clear, DecodedImage(clear.levels)))
    assert shown[0, :, 3].tolist() == [0] * 3 + [255] * (comparison.GAP + 3)


def test_sounds_are_listed_without_what_was_restored_from_them(tmp_path):
    for name in ("a.wav", "b/a.wav", "out/a.wav", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    request = SoundRequest.of(str(tmp_path), tmp_path / "out", force=True)
    assert request.jobs == {
        tmp_path / "a.wav": tmp_path / "out/a.wav",
        tmp_path / "b/a.wav": tmp_path / "out/b/a.wav",
    }
    assert request.others == ["notes.txt"]
    with pytest.raises(InputError, match="out/a.wav of 2 files already exist"):
        SoundRequest.of(str(tmp_path), tmp_path / "out")
    with pytest.raises(InputError, match="would overwrite a file that is read"):
        SoundRequest.of(str(tmp_path / "a.wav"), tmp_path, force=True)
    with pytest.raises(InputError, match="expected a file or a folder of sounds, received '.*gone.wav'"):
        SoundRequest.of(str(tmp_path / "gone.wav"), tmp_path)
