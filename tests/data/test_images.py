"""Folders of images of every kind, and the files that MNIST is published in."""

import numpy as np
import pytest
from PIL import Image

from keras_ae.data.images import folder as images
from keras_ae.data.images.crops import Cropping
from keras_ae.data.images.folder import ImageFolder
from keras_ae.data.images.middles import size_notes
from keras_ae.data.images.photos import PhotoFolder
from keras_ae.errors import InputError
from keras_ae.formats.images import Images
from keras_ae.imaging import decode, headers
from keras_ae.imaging.deep import FULL_RANGE, FullScale


def fill(folder, count=12, size=(20, 20), mode="L", suffix=".png", seed=0):
    """Writes random images, all different."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    for number in range(count):
        shape = (size[1], size[0]) if mode == "L" else (size[1], size[0], len(mode))
        pixels = random.integers(0, 255, shape, dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}{suffix}")


def all_examples(data):
    return np.concatenate([split.examples for split in data.splits.values()])


def test_gray_images_of_one_small_size_keep_it(tmp_path):
    fill(tmp_path)
    data = ImageFolder(str(tmp_path)).load()
    assert data.train.shape == (20, 20, 1)
    assert data.domain == "unit"
    assert data.train.labels is None
    assert len(all_examples(data)) == 12


OBLONG = ", which are no squares, the middle square is taken, resized to 64 x 64: it leaves out"
SIZES = {
    ((100, 100),): [],
    ((100, 50), (100, 75), (80, 80)): [
        f"of 2 of 3 images{OBLONG} 38% of the pixels on average, 50% at most",
        "enlarged 1 image of fewer than 64 pixels a side, 50 at least",
    ],
    ((20, 20), (9, 12)): [
        f"of 1 of 2 images{OBLONG} 25% of the pixels",
        "enlarged 2 images of fewer than 64 pixels a side, 9 at least",
    ],
}


@pytest.mark.parametrize(("sizes", "notes"), SIZES.items())
def test_what_the_middle_square_leaves_out_is_told(sizes, notes):
    assert list(size_notes(sizes, (64, 64))) == notes


def test_a_folder_tells_what_its_squares_leave_out(tmp_path):
    fill(tmp_path, size=(100, 75))
    note = ImageFolder(str(tmp_path)).load().notes[1]
    assert note.startswith("of images of 100 x 75 pixels the middle square is taken, resized to 64 x 64: it")
    assert note.endswith("leaves out 25% of the pixels")


def test_pixels_arrive_as_they_are(tmp_path):
    fill(tmp_path)
    data = ImageFolder(str(tmp_path)).load()
    originals = {np.asarray(Image.open(file)).tobytes() for file in tmp_path.glob("*.png")}
    assert {image.tobytes() for image in all_examples(data)} == originals


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".ppm", ".webp", ".gif", ".jpg", ".JPEG"])
def test_common_formats_are_read(tmp_path, suffix):
    fill(tmp_path, mode="RGB", suffix=suffix)
    assert ImageFolder(str(tmp_path)).load().train.shape == (20, 20, 3)


def test_nested_folders_are_labels(tmp_path):
    fill(tmp_path / "cats", seed=1)
    fill(tmp_path / "dogs" / "small", seed=2)
    data = ImageFolder(str(tmp_path)).load()
    assert data.label_names == ("cats", "dogs/small")
    labels = np.concatenate([split.labels for split in data.splits.values()])
    assert np.bincount(labels).tolist() == [12, 12]


def test_images_of_many_sizes_are_brought_to_one(tmp_path):
    fill(tmp_path, 6, size=(40, 30), mode="RGB")
    fill(tmp_path / "more", 6, size=(17, 90), mode="RGB", seed=1)
    assert ImageFolder(str(tmp_path)).load().train.shape == (64, 64, 3)
    assert ImageFolder(str(tmp_path), size=16).load().train.shape == (16, 16, 3)


def test_a_new_size_does_not_move_a_image_to_another_split(tmp_path):
    fill(tmp_path, 40, size=(32, 32))
    small, large = (ImageFolder(str(tmp_path), size=size).load() for size in (8, 32))
    assert [len(split) for split in small.splits.values()] == [len(split) for split in large.splits.values()]


def test_the_middle_is_kept_and_not_squeezed(tmp_path):
    for number in range(4):
        image = np.full((10, 30), number, np.uint8)
        image[:, 10:20] = 200 + number
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    examples = all_examples(ImageFolder(str(tmp_path), size=10).load())
    assert (examples >= 200).all()


def test_a_broken_image_is_named_and_the_rest_goes_on(tmp_path):
    fill(tmp_path)
    (tmp_path / "broken.png").write_bytes(b"not an image")
    whole = (tmp_path / "0.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    data = ImageFolder(str(tmp_path)).load()
    assert len(all_examples(data)) == 12
    [note] = [note for note in data.notes if "left out" in note]
    assert note.startswith("left out 2 of 14 images")
    assert "broken.png" in note
    assert "cut.png" in note


def test_many_broken_images_are_counted(tmp_path):
    fill(tmp_path)
    for number in range(5):
        (tmp_path / f"broken{number}.png").write_bytes(b"x")
    notes = ImageFolder(str(tmp_path)).load().notes
    assert any(note.startswith("left out 5 of 17 images") and note.endswith("and 2 more") for note in notes)


def test_only_broken_images_are_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"x")
    with pytest.raises(InputError, match="none of the 1 images .* can be read.*a.png"):
        ImageFolder(str(tmp_path)).load()


def test_images_that_are_all_cut_are_refused(tmp_path):
    fill(tmp_path, 3)
    for file in tmp_path.glob("*.png"):
        file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(InputError, match="none of the 3 images"):
        ImageFolder(str(tmp_path)).load()


@pytest.mark.parametrize("array", [np.full((8, 8), 1.5, np.float32), np.full((8, 8), 70000, np.int32)])
def test_a_image_beyond_its_range_is_left_out_and_not_clipped(tmp_path, array):
    fill(tmp_path)
    Image.fromarray(array).save(tmp_path / "bright.tif")
    notes = ImageFolder(str(tmp_path)).load().notes
    assert any("left out 1 of 13" in note and "bright.tif (values from" in note for note in notes)


def test_one_image_saved_twice_stays_in_one_split(tmp_path):
    fill(tmp_path, 40)
    for file in list(tmp_path.glob("*.png")):
        with Image.open(file) as image:
            image.save(file.with_suffix(".bmp"))
    data = ImageFolder(str(tmp_path)).load()
    contents = [{image.tobytes() for image in split.examples} for split in data.splits.values()]
    assert sum(map(len, contents)) == 40


def test_files_that_are_no_images_are_counted(tmp_path):
    fill(tmp_path)
    (tmp_path / "notes.txt").touch()
    (tmp_path / "phone.heic").touch()
    assert "passed over 2 other files: .heic, .txt" in ImageFolder(str(tmp_path)).load().notes


def test_an_empty_folder_is_refused(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match="found none; check the path"):
        ImageFolder(str(tmp_path)).load()


def test_gray_beside_color_is_refused_until_one_is_chosen(tmp_path):
    fill(tmp_path / "a", 5)
    fill(tmp_path / "b", 7, mode="RGB", seed=1)
    with pytest.raises(InputError, match="5 gray and 7 in color; set data.channels"):
        ImageFolder(str(tmp_path)).load()
    assert ImageFolder(str(tmp_path), channels=3).load().train.shape == (20, 20, 3)
    assert ImageFolder(str(tmp_path), channels=1).load().train.shape == (20, 20, 1)


def test_a_image_of_too_many_pixels_is_left_out_before_it_is_decoded(tmp_path, monkeypatch):
    fill(tmp_path)
    fill(tmp_path / "big", 1, size=(30, 30), seed=9)
    monkeypatch.setattr(headers, "MOST_PIXELS", 500)
    notes = ImageFolder(str(tmp_path)).load().notes
    assert any("30x30 is over the limit of 500 pixels" in note for note in notes)


def test_a_folder_that_would_not_fit_in_memory_is_refused(tmp_path, monkeypatch):
    fill(tmp_path)
    monkeypatch.setattr(images, "LARGEST", 12 * 400 - 1)
    with pytest.raises(
        InputError, match='12 images at 20x20x1 take .* leave data.stream=false out.* SET="data.size=19"'
    ):
        ImageFolder(str(tmp_path), stream=False).load()
    assert ImageFolder(str(tmp_path), size=19).load().train.shape == (19, 19, 1)


@pytest.mark.parametrize(
    "fields", [{"size": 0}, {"size": (8, 0)}, {"size": (8, 8, 3)}, {"channels": 0}, {"fit": "cover"}]
)
def test_a_size_or_channels_outside_the_domain_is_refused(fields):
    with pytest.raises(ValueError, match="received"):
        ImageFolder("folder", **fields)


def test_transparency_palettes_and_orientation_are_understood(tmp_path):
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    np.testing.assert_array_equal(decode.fit(clear, 8, 3), 255)
    Image.new("L", (8, 8), 7).convert("P").save(tmp_path / "gray.png")
    Image.new("RGB", (8, 8), (1, 2, 3)).convert("P").save(tmp_path / "color.png")
    assert [headers.image_header(tmp_path / f"{name}.png").channels for name in ("gray", "color")] == [1, 3]
    turned = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    turned.save(tmp_path / "turned.png", exif=exif)
    pixels = np.zeros((8, 8, 1), np.uint8)
    assert decode.read_image(tmp_path / "turned.png", pixels) is None
    np.testing.assert_array_equal(pixels[..., 0], np.rot90(np.asarray(turned), -1))


@pytest.mark.parametrize(
    ("array", "full_scale", "level"),
    [
        (np.full((8, 8), 65535, np.uint16), FULL_RANGE, 255),
        (np.full((8, 8), 2570, np.int32), FULL_RANGE, 10),
        (np.full((8, 8), 2048, np.uint16), FullScale(4095), 128),
        (np.full((8, 8), 0.5, np.float32), FULL_RANGE, 128),
        (np.full((8, 8), 50, np.float32), FullScale(1, 100), 128),
    ],
)
def test_deep_images_are_scaled_by_their_full_scale(tmp_path, array, full_scale, level):
    Image.fromarray(array).save(tmp_path / "a.tif")
    pixels = np.zeros((8, 8, 1), np.uint8)
    assert decode.read_image(tmp_path / "a.tif", pixels, full_scale) is None
    assert (pixels == level).all()


def deep(folder, highest, count=9, suffix=".png", dtype=np.uint16, side=8):
    """Images of more than 8 bits with values up to the highest, which one of them has."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(1)
    for number in range(count):
        values = (random.uniform(0, 1, (side, side)) * highest).astype(dtype)
        values[0, 0] = highest if number == 3 else 0
        Image.fromarray(values).save(folder / f"{number}{suffix}")


@pytest.mark.parametrize(
    ("highest", "white"),
    [(200, 255), (255, 255), (256, 1023), (1024, 4095), (4095, 4095), (4096, 16383), (20000, 65535)],
)
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_twelve_bits_in_sixteen_are_not_dark(tmp_path, highest, white, suffix):
    deep(tmp_path, highest, suffix=suffix)
    data = ImageFolder(str(tmp_path)).load()
    assert all_examples(data).max() == round(255 * highest / white)
    assert data.format == Images(white)
    [note] = [note for note in data.notes if "white is" in note]
    assert note.startswith(f"values up to {highest:,} in 9 images of more than 8 bits: white is {white:,}")


def test_a_full_scale_that_is_set_is_taken_and_values_above_it_are_told(tmp_path):
    deep(tmp_path, 3000)
    data = ImageFolder(str(tmp_path), full_scale=6000).load()
    assert all_examples(data).max() == 128  # 127.5 to the nearest even
    assert data.format == Images(6000, 6000)
    notes = ImageFolder(str(tmp_path), full_scale=2999).load().notes
    assert any("left out 1 of 9" in note and "expected 0 to 2999, the full scale" in note for note in notes)


def test_floats_of_any_range_take_a_full_scale(tmp_path):
    deep(tmp_path, 80, suffix=".tif", dtype=np.float32)
    with pytest.raises(InputError, match=r"expected 0 to 1, the full scale \(data.full_scale\)"):
        ImageFolder(str(tmp_path)).load()
    assert all_examples(ImageFolder(str(tmp_path), full_scale=80).load()).max() == 255
    with pytest.raises(ValueError, match="full_scale must be above 0"):
        ImageFolder(str(tmp_path), full_scale=0)


def test_bytes_beside_deep_images_stay_bytes_and_a_value_beyond_16_bits_decides_nothing(tmp_path):
    deep(tmp_path, 4000)
    Image.fromarray(np.full((8, 8), 251, np.uint8)).save(tmp_path / "bytes.png")
    Image.fromarray(np.full((8, 8), 10**6, np.int32)).save(tmp_path / "bright.tif")
    data = ImageFolder(str(tmp_path)).load()
    assert data.format == Images(4095)
    assert (all_examples(data) == 251).all(axis=(1, 2, 3)).any()
    assert any("bright.tif (values from 1e+06" in note for note in data.notes)


def stack(file, levels, size=(8, 8), **options):
    pages = [Image.new("L", size, level) for level in levels]
    file.parent.mkdir(parents=True, exist_ok=True)
    pages[0].save(file, save_all=True, append_images=pages[1:], **options)


def test_pages_of_a_tiff_are_images_and_stay_in_one_split(tmp_path):
    for number in range(5):
        stack(tmp_path / f"{number}.tif", range(10 * number, 10 * number + 10))
    data = ImageFolder(str(tmp_path)).load()
    assert sorted(all_examples(data)[:, 0, 0, 0].tolist()) == list(range(50))
    for split in data.splits.values():
        files = split.examples[:, 0, 0, 0] // 10
        assert (np.bincount(files, minlength=5)[np.unique(files)] == 10).all()
    assert any(note.startswith("50 pages or frames of 5 files, each an image") for note in data.notes)
    assert "all images of a file are in the same split" in data.notes
    first = ImageFolder(str(tmp_path), pages="first").load()
    assert sorted(all_examples(first)[:, 0, 0, 0].tolist()) == [0, 10, 20, 30, 40]
    assert any("of 5 files with several pages or frames the first alone" in note for note in first.notes)
    one = tmp_path / "one"
    stack(one / "a.tif", range(12))
    assert any("fewer than three files" in note for note in ImageFolder(str(one)).load().notes)


def test_a_broken_page_is_named_and_smaller_copies_are_no_pages(tmp_path):
    large, small = Image.new("L", (8, 8), 5), Image.new("L", (4, 4), 5)
    large.save(tmp_path / "pyramid.tif", save_all=True, append_images=[small])
    stack(tmp_path / "a.tif", range(6))
    stack(tmp_path / "deep.tif", range(3))
    assert len(all_examples(ImageFolder(str(tmp_path)).load())) == 1 + 6 + 3
    values = np.full((8, 8), 70, np.float32)
    pages = [Image.fromarray(values / (100 if number else 1)) for number in range(3)]
    pages[0].save(tmp_path / "deep.tif", save_all=True, append_images=pages[1:])
    data = ImageFolder(str(tmp_path)).load()
    assert len(all_examples(data)) == 1 + 6 + 2
    assert any("deep.tif[0] (values from 70 to 70" in note for note in data.notes)


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp"])
def test_of_animations_the_first_frame_is_taken_or_all(tmp_path, suffix):
    for number in range(3):
        stack(tmp_path / f"{number}{suffix}", range(60 * number, 60 * number + 60, 20), lossless=True)
    data = ImageFolder(str(tmp_path)).load()
    assert sorted(all_examples(data)[:, 0, 0, 0].tolist()) == [0, 60, 120]
    assert any(
        note.startswith("of 3 files with several pages or frames the first alone") for note in data.notes
    )
    every = ImageFolder(str(tmp_path), pages="all").load()
    assert sorted(all_examples(every)[:, 0, 0, 0].tolist()) == list(range(0, 180, 20))
    with pytest.raises(ValueError, match="pages is first or all, received 'second'"):
        ImageFolder(str(tmp_path), pages="second")


def test_a_trained_models_full_scale_is_taken_for_other_folders(tmp_path):
    deep(tmp_path / "learned", 3000)
    deep(tmp_path / "other", 900, side=16)
    learned = ImageFolder(str(tmp_path / "learned")).load()
    assert learned.scaler.full_scale == 4095
    other = ImageFolder(str(tmp_path / "other"))
    assert all_examples(other.load()).max() == round(255 * 900 / 1023)
    assert all_examples(other.load_like(learned.scaler)).max() == round(255 * 900 / 4095)
    photographs = PhotoFolder(str(tmp_path / "other"), Cropping(8, 1))
    for scaler, white in ((learned.scaler, 4095), (other.load().scaler, 1023)):
        assert photographs.load_like(scaler).format == Images(white, pages="first")
    fill(tmp_path / "bytes", 5)
    of_bytes = ImageFolder(str(tmp_path / "bytes")).load().scaler
    assert of_bytes.full_scale is None
    assert all_examples(other.load_like(of_bytes)).max() == round(255 * 900 / 65535)


def test_a_trained_models_full_scale_of_floats_is_taken_too(tmp_path):
    for value in (40, 50, 60):
        Image.fromarray(np.full((8, 8), value, np.float32)).save(tmp_path / f"{value}.tif")
    learned = ImageFolder(str(tmp_path), full_scale=80).load().scaler
    assert all_examples(ImageFolder(str(tmp_path)).load_like(learned)).max() == round(255 * 60 / 80)


def test_bytes_that_are_nearly_black_are_told(tmp_path):
    for number in range(5):
        Image.new("L", (8, 8), number).save(tmp_path / f"{number}.png")
    notes = ImageFolder(str(tmp_path)).load().notes
    assert "nearly black: the highest level is 4 of 255" in notes
