"""Photographs in crops: what is drawn of them, how they are split, and what a folder of them may lack."""

import os
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from conftest import gradient
from PIL import Image

from keras_ae.data.find import find_dataset
from keras_ae.data.images import crops, photos, published
from keras_ae.data.images.crops import Album, Cropping, Crops, Photograph, crops_of, pieces
from keras_ae.data.images.folder import ImageFolder
from keras_ae.data.images.photos import PhotoFolder, Photographs
from keras_ae.data.pipeline import Autoencoding, PairedData
from keras_ae.data.types import Data
from keras_ae.errors import InputError


def album(*shapes):
    images = [gradient(*shape, number) for number, shape in enumerate(shapes)]
    photographs = [Photograph(lambda p=p: p, bytes([n]) * 8, p[..., 0].size) for n, p in enumerate(images)]
    return Album(photographs, 3)


def drawn(split, index, number=0):
    seeds = tf.stack([tf.zeros(len(index), tf.int64), tf.constant(index, tf.int64) + number], axis=1)
    crops = split.reader()(tf.constant(index, tf.int64), seeds)
    return np.round(255 * np.asarray(crops)).astype(np.uint8)


@pytest.fixture
def photo_folder(tmp_path, random):
    """Twelve photographs, each of another size, some of them gray."""
    for number in range(12):
        shape = (40 + number, 50 - number, 3) if number % 3 else (40 + number, 50 - number)
        Image.fromarray(random.integers(0, 255, shape, dtype=np.uint8)).save(tmp_path / f"{number:02d}.png")
    return tmp_path


def test_crops_are_pieces_of_their_own_photograph_anywhere_in_it():
    split = crops_of(album((40, 60), (33, 90)), Cropping(16, 100, augment=False))
    assert len(split) == 100
    found = drawn(split, range(100))
    assert (found[:50, ..., 2] == 0).all()
    assert (found[50:, ..., 2] == 1).all()
    for crop in found:
        rows, columns = np.mgrid[:16, :16]
        np.testing.assert_array_equal(crop[..., 0], crop[0, 0, 0] + rows)
        np.testing.assert_array_equal(crop[..., 1], crop[0, 0, 1] + columns)
    assert len({tuple(crop[0, 0, :2]) for crop in found[:50]}) > 30


def test_augmented_crops_are_turned_and_mirrored_in_all_eight_ways():
    split = crops_of(album((40, 60)), Cropping(16, 200))
    steps = {
        tuple(int(side) for side in (crop[1, 0, :2].astype(int) - crop[0, 0, :2]))
        + tuple(int(side) for side in (crop[0, 1, :2].astype(int) - crop[0, 0, :2]))
        for crop in drawn(split, range(200))
    }
    assert len(steps) == 8


def test_a_crop_follows_from_its_seed_and_index_alone():
    split = crops_of(album((40, 60), (33, 90)), Cropping(16, 100))
    together = drawn(split, range(20))
    np.testing.assert_array_equal(together[7:9], drawn(split, range(7, 9)))
    assert (together != drawn(split, range(20), number=1000)).any(axis=(1, 2, 3)).all()


def test_a_photograph_smaller_than_a_crop_is_mirrored_beyond_its_edge():
    found = drawn(crops_of(album((5, 60)), Cropping(16, 10, augment=False)), range(10))
    rows = np.concatenate([np.arange(5), np.arange(5)[::-1], np.arange(5), [4]])
    np.testing.assert_array_equal(found[0, :, 0, 0], rows)


def test_pieces_share_no_pixel_and_begin_in_the_middle():
    found = pieces(album((50, 40)), 16, 4)
    places = [tuple(piece[0, 0, :2].astype(int)) for piece in found]
    assert len(places) == len(set(places)) == 4
    assert places[0] == (17, 4)
    assert all(row % 16 == 1 and column in (4, 20) for row, column in places)
    assert len(pieces(album((50, 40), (50, 40), (50, 40)), 16, 2)) == 2
    assert pieces(Album((), 3), 16, 2).shape == (0, 16, 16, 3)


def test_photographs_too_large_for_memory_are_decoded_on_demand_and_once_for_neighbors(monkeypatch):
    monkeypatch.setattr(crops, "MOST_IN_MEMORY", 1000)
    opened = []
    shapes = ((40, 60), (33, 90), (50, 50))
    held = album(*shapes)
    photographs = [
        Photograph(lambda p=p, n=n: opened.append(n) or p.decode(), p.digest, p.pixels)
        for n, p in enumerate(held.photographs)
    ]
    split = crops_of(Album(photographs, 3), Cropping(16, 20))
    assert (split.group, len(split)) == (4, 24)
    opened.clear()
    drawn(split, range(4, 12))
    assert opened == [0, 1]
    batches, steps = PairedData(Data("crops", split, split, split, "unit"), Autoencoding()).training_batches(
        8
    )
    seen = [named["inputs"] for named, _ in batches.take(steps)]
    numbers = [round(255 * float(crop[0, 0, 2])) for batch in seen for crop in batch]
    assert sorted(numbers) == [0] * 8 + [1] * 8 + [2] * 8
    assert all(len(set(numbers[begin : begin + 4])) == 1 for begin in range(0, 24, 4))


def test_held_photographs_are_decoded_once():
    opened = []
    one = Photograph(lambda: opened.append(1) or gradient(20, 20), b"x" * 8, 400)
    drawn(crops_of(Album([one], 3), Cropping(16, 10)), range(10))
    assert opened == [1]


def test_the_photographs_of_scikit_learn_are_cut_into_parts_that_share_no_pixel():
    from sklearn.datasets import load_sample_images

    loaded = Photographs(Cropping(64)).load()
    for number, image in enumerate(load_sample_images().images):
        parts = [loaded.train.album[number], None, loaded.whole[number]]
        assert parts[0].shape == (427, 384, 3)
        assert parts[2].shape == (427, 128, 3)
        np.testing.assert_array_equal(parts[0], image[:, :384])
        np.testing.assert_array_equal(parts[2], image[:, 512:])
        held = [piece.tobytes() for piece in loaded.validation.examples]
        middle = image[:, 384:512]
        corners = [(row, column) for row in range((427 - 6 * 64) // 2, 427 - 64, 64) for column in (0, 64)]
        expected = {middle[row : row + 64, column : column + 64].tobytes() for row, column in corners}
        assert len(expected & set(held)) == 12
    assert "demonstration" in loaded.notes[0]


def test_gray_is_one_channel():
    loaded = Photographs(Cropping(32), channels=1).sample()
    assert loaded.train.shape == loaded.test.shape
    assert loaded.whole[0].shape[-1] == loaded.train.shape[-1] == 1


def test_a_folder_is_split_by_content_and_left_on_disk(photo_folder, monkeypatch):
    monkeypatch.setattr(crops, "MOST_IN_MEMORY", 1000)
    loaded = PhotoFolder(str(photo_folder), Cropping(16, 40)).load()
    assert loaded.train.shape == (16, 16, 3)
    assert len(loaded.train.album) + len(loaded.whole) < 12
    assert len(loaded.train) >= 40
    drawn(loaded.train, range(40))
    assert not loaded.train.album._decoded
    before = {photograph.digest for photograph in loaded.train.album.photographs}
    (photo_folder / "00.png").rename(photo_folder / "renamed.png")
    again = PhotoFolder(str(photo_folder), Cropping(16, 40)).load()
    assert {photograph.digest for photograph in again.train.album.photographs} == before


def test_a_broken_photograph_is_named_and_left_out(photo_folder):
    (photo_folder / "broken.jpg").write_bytes(b"no image")
    whole = (photo_folder / "01.png").read_bytes()
    (photo_folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (photo_folder / "notes.txt").write_text("")
    notes = PhotoFolder(str(photo_folder)).load().notes
    assert notes[0].startswith("12 photographs")
    assert "left out 2 of 14 images" in notes[1]
    assert "broken.jpg" in notes[1]
    assert "cut.png" in notes[1]
    assert "passed over 1 other" in notes[2]


def test_crops_and_pieces_are_told_from_images(photo_folder, monkeypatch):
    loaded = PhotoFolder(str(photo_folder), Cropping(16, 40)).load()
    count = len(loaded.train.album)
    assert loaded.overview.startswith(
        f"examples of 16 x 16 x 3 values (unit): train {len(loaded.train)} random crops of {count} images, "
        f"validation {len(loaded.validation)} pieces of "
    )
    assert sum(split.images for split in loaded.splits.values()) == 12
    assert Photographs(Cropping(16, 8)).load().train.in_words == "8 random crops of 2 images"
    monkeypatch.setattr(photos, "MOST_TESTED", 0)
    told = PhotoFolder(str(photo_folder), Cropping(400, 40)).load().notes
    assert f"of the test photographs 0 are scored, not {len(loaded.whole)} more" in told
    assert "mirrored 12 images of fewer than 400 pixels a side, a crop's, at the edges" in told


def test_fewer_than_three_photographs_are_cut_into_parts(tmp_path):
    Image.fromarray(gradient(40, 100)).save(tmp_path / "one.png")
    loaded = PhotoFolder(str(tmp_path), Cropping(8)).load()
    assert [part.shape for part in (loaded.train.album[0], loaded.whole[0])] == [(40, 60, 3), (40, 20, 3)]
    assert "fewer than three" in loaded.notes[-1]


def test_a_folder_without_a_image_that_can_be_read_is_refused(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    with pytest.raises(InputError, match="none of the 1 images"):
        PhotoFolder(str(tmp_path)).load()


def test_the_hash_of_the_data_tells_of_every_photograph(photo_folder):
    before = PhotoFolder(str(photo_folder)).load()
    again = PhotoFolder(str(photo_folder)).load()
    assert before.sha256 == again.sha256
    for file in sorted(photo_folder.iterdir()):
        content = file.read_bytes()
        with Image.open(file) as image:
            image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(file)
        assert PhotoFolder(str(photo_folder)).load().sha256 != before.sha256
        file.write_bytes(content)


def test_tiny_photographs_are_left_out_and_told(photo_folder):
    Image.fromarray(gradient(15, 300)).save(photo_folder / "tiny.png")
    notes = PhotoFolder(str(photo_folder)).load().notes
    assert "tiny.png (300x15 is below 16 pixels a side)" in notes[1]


def test_the_same_pixels_in_another_format_are_the_same_photograph(photo_folder):
    before = PhotoFolder(str(photo_folder)).load()
    for file in sorted(photo_folder.glob("*.png")):
        with Image.open(file) as image:
            image.save(file.with_suffix(".bmp"))
        file.unlink()
    assert PhotoFolder(str(photo_folder)).load().sha256 == before.sha256


def test_of_a_large_photograph_that_was_cut_the_middle_of_its_test_part_is_scored(tmp_path, monkeypatch):
    monkeypatch.setattr(photos, "LARGEST_TESTED", 18)
    Image.fromarray(gradient(40, 100)).save(tmp_path / "one.png")
    loaded = PhotoFolder(str(tmp_path), Cropping(8)).load()
    assert loaded.whole[0].shape == (18, 18, 3)
    assert tuple(loaded.whole[0][0, 0]) == (11, 81, 0)


def test_a_postscript_file_is_not_opened_whatever_its_name(photo_folder):
    (photo_folder / "script.jpg").write_bytes(
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n%%EndComments\n"
    )
    assert "script.jpg (cannot identify image file" in PhotoFolder(str(photo_folder)).load().notes[1]


def test_photographs_too_narrow_to_be_cut_are_refused(tmp_path):
    Image.fromarray(gradient(40, 79)).save(tmp_path / "one.png")
    with pytest.raises(InputError, match="at least 80 pixels across to cut into three, received 79"):
        PhotoFolder(str(tmp_path)).load()


def test_no_more_than_the_middle_of_a_large_test_photograph_is_scored(photo_folder, monkeypatch):
    monkeypatch.setattr(photos, "LARGEST_TESTED", 20)
    monkeypatch.setattr(photos, "MOST_TESTED", 1)
    loaded = PhotoFolder(str(photo_folder), Cropping(16, 40)).load()
    assert [image.shape for image in loaded.whole] == [(20, 20, 3)]


@pytest.mark.parametrize("kind", [Photographs, partial(PhotoFolder, "x"), published.Set5])
def test_other_channels_than_gray_and_color_are_refused(kind):
    with pytest.raises(ValueError, match=r"channels is 1 \(gray\) or 3 \(color\), received 2"):
        kind(channels=2)


def test_a_crop_below_8_pixels_and_an_epoch_without_crops_are_refused():
    with pytest.raises(ValueError, match="size must be at least 8, received 7"):
        Cropping(size=7)
    with pytest.raises(ValueError, match="count must be at least 1, received 0"):
        Cropping(count=0)


def test_a_folder_is_read_as_the_data_is_whose_place_it_takes(photo_folder):
    text = str(photo_folder)
    assert find_dataset(text) == ImageFolder(text)
    assert find_dataset(text, ImageFolder("x")) == ImageFolder(text)
    assert find_dataset(text, Photographs(Cropping(48))) == PhotoFolder(text, Cropping(48))
    assert find_dataset("Set5", Photographs(Cropping(48))) == published.Set5(Cropping(48))


def test_some_pieces_stand_for_photographs_where_a_look_is_enough():
    split = crops_of(album((40, 60), (33, 90)), Cropping(16, 100))
    assert split.examples.shape == (2 * 3 + 2 * 5, 16, 16, 3)
    taken = split.thin(1)
    assert not isinstance(taken, Crops)
    assert len(taken) == 1


class SeedAdded:
    """A pairing of images with themselves, their seeds added."""

    def pair(self, examples, seeds, domain):
        return examples + tf.cast(seeds[:, 1], tf.float32)[:, None, None, None], examples


def test_whole_images_come_one_by_one_with_the_same_noise_each_time():
    loaded = Photographs(Cropping(24)).sample()
    paired = PairedData(loaded, SeedAdded())
    first, again = (list(paired.whole_batches()) for _ in range(2))
    assert first[0][1].shape == (1, *loaded.whole[0].shape)
    np.testing.assert_array_equal(first[0][0]["inputs"], again[0][0]["inputs"])


def test_a_published_test_set_has_nothing_to_train_on(own_cache):
    own_cache(published.Set5, 2)
    loaded = published.Set5(Cropping(16)).load()
    assert (len(loaded.train), len(loaded.validation), len(loaded.whole)) == (0, 0, 2)
    assert loaded.whole[1].shape == (40, 40, 3)
    assert loaded.test.shape == (16, 16, 3)


def test_the_published_training_set_is_tested_on_another(own_cache):
    own_cache(published.Bsd400, 20)
    own_cache(published.Set68, 2)
    loaded = published.Bsd400(Cropping(16, 40)).load()
    assert len(loaded.train.album) + len(loaded.validation) // 4 == 20
    assert len(loaded.whole) == 2
    assert loaded.train.shape == (16, 16, 1)


def test_crops_that_are_not_rotated_stay_upright():
    split = crops_of(album((30, 30)), Cropping(20, 40, rotate=False))
    found = drawn(split, range(40))
    whole = split.album[0].astype(int)
    down = np.sign(np.diff(whole[..., 0], axis=0).sum())
    assert down != 0
    assert (np.sign(np.diff(found[..., 0].astype(int), axis=1).sum(axis=(1, 2))) == down).all()


def test_color_photographs_to_train_on_are_tested_on_others(own_cache):
    own_cache(published.Bsds500, 10, (40, 40), "/train")
    own_cache(published.Bsds500, 10, (42, 40), "/test")
    own_cache(published.Bsd100, 2)
    loaded = published.Bsds500(Cropping(16, 40)).load()
    assert len(loaded.train.album) + len(loaded.validation) // 4 == 20
    assert len(loaded.whole) == 2
    assert loaded.train.shape == (16, 16, 3)


def test_the_color_photographs_of_set68_are_those_of_bsd100_but_for_32():
    names = [Path(name).name for name in published.manifest() if name.startswith("BSD100/")]
    kept = [name for name in names if published.Cbsd68().includes(name)]
    assert len(kept) == 68
    assert "img_023_SRF_4_HR.png" not in kept
    assert kept[-1] == "img_069_SRF_4_HR.png"


def test_a_published_file_that_was_changed_is_refused(own_cache, tmp_path, monkeypatch):
    own_cache(published.Set5, 2)
    file = tmp_path / "datasets" / "Set5" / "001.png"
    Image.fromarray(gradient(41, 40)).save(file)
    monkeypatch.setattr(published.Set5, "origin", "file:///nowhere/")
    with pytest.raises(InputError, match=r"could not fetch .*001\.png.*sha256"):
        published.Set5().load()


def test_the_manifest_names_every_published_file_once():
    found = published.manifest()
    folders = [os.path.dirname(name) for name in found]
    assert {folder: folders.count(folder) for folder in sorted(set(folders))} == {
        "Set5": 5, "Set14": 14, "BSD100": 100, "bsd400/Set12": 12, "bsd400/Set68": 68, "bsd400/train": 400,
        "bsds500/test": 200, "bsds500/train": 200,
    }  # fmt: skip
    assert all(len(digest) == 64 for digest in found.values())
