"""What folders stand for: labels, splits as MVTec AD and others have them, masks, and hidden ones."""

import os
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from keras_ae.data.find import find_dataset
from keras_ae.data.images.folder import ImageFolder
from keras_ae.data.images.one_class import OneClass
from keras_ae.data.images.photos import PhotoFolder
from keras_ae.data.streams.open_stream import open_stream
from keras_ae.data.streams.rows import InputSpec
from keras_ae.errors import InputError
from keras_ae.files import files_below
from keras_ae.folder_layout import layout_of
from keras_ae.formats.images import Images


def layout(*names, folders=None):
    found = layout_of(sorted(names), "parts", folders)
    splits = found.splits or [""] * len(found.names)
    return {
        name: f"{split}:{label}" for name, split, label in zip(found.names, splits, found.labels, strict=True)
    }


@pytest.mark.parametrize("val", ["val", "valid", "Validation"])
@pytest.mark.parametrize("top", ["", "download/set/"])
def test_train_validation_and_test_are_splits_with_labels_below(val, top):
    assert layout(f"{top}train/cat/1.png", f"{top}{val}/dog/2.png", f"{top}test/dog/small/3.png") == {
        f"{top}train/cat/1.png": "train:cat",
        f"{top}{val}/dog/2.png": "validation:dog",
        f"{top}test/dog/small/3.png": "test:dog/small",
    }


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (("1.png", "2.png"), (".", ".")),
        (("good/1.png", "good/2.png"), ("good", "good")),
        (("a/good/1.png", "a/bent/2.png"), ("bent", "good")),
        (("bus/1.png", "train/1.png", "test/1.png"), ("bus", "test", "train")),  # vehicles
        (("train/1.png", "train/b/2.png"), (".", "b")),
        (("noisy/1.png", "ground_truth/1.png"), ("ground_truth", "noisy")),  # clean images, no masks
    ],
)
def test_all_else_are_labels(names, labels):
    found = layout_of(sorted(names), "parts")
    assert (found.labels, found.splits, found.masks) == (labels, (), {})


@pytest.mark.parametrize(
    ("image", "masks"),
    [
        ("test/cut/1.png", ["ground_truth/cut/1_mask.png"]),  # MVTec AD
        ("test/cut/1.bmp", ["ground_truth/cut/1.png"]),  # BTAD
        ("test/cut/1.png", ["ground_truth/cut/1/0.png", "ground_truth/cut/1/1.png"]),  # MVTec LOCO AD
        ("test_public/cut/1.png", ["test_public/ground_truth/cut/1_mask.png"]),  # MVTec AD 2
    ],
)
def test_masks_are_found_as_published_sets_have_them(image, masks):
    found = layout_of(["train/good/1.png", image, *masks], "parts")
    assert found.names == ("train/good/1.png", image)
    assert found.masks == {image: tuple(masks)}
    assert any("masks of the anomalies in 1 image," in note for note in found.notes)


def test_masks_beside_labels_are_masks_too_and_one_of_no_image_is_told():
    names = ["cut/1.png", "good/1.png", "ground_truth/cut/1_mask.png", "ground_truth/cut/9_mask.png"]
    found = layout_of(names, "parts")
    assert found.labels == ("cut", "good")
    assert found.masks == {"cut/1.png": ("ground_truth/cut/1_mask.png",)}
    assert found.notes[-1].startswith("left out 1 image, masks of none")


@pytest.mark.parametrize(("noun", "suffix"), [("sound", "wav"), ("clip", "gif")])
def test_notes_on_folders_call_the_files_what_they_are(noun, suffix):
    names = [
        f"{part}/{number}.{suffix}" for part in ("train", "test", "other_ground_truth") for number in (1, 2)
    ]
    found = layout_of([*names, f"ground_truth/9.{suffix}"], "folder", folders="splits", noun=noun)
    assert found.notes[-1].startswith(f"left out 3 {noun}s, masks of none")


def test_images_beside_the_folders_of_splits_are_told():
    found = layout_of(["preview.png", "test/a/1.png", "train/a/1.png"], "parts")
    assert found.names == ("test/a/1.png", "train/a/1.png")
    assert "preview.png" in found.notes[-1]


def write(file, level=None, size=(16, 16), marked=None):
    """An image of one level or noise, some of whose rows are marked."""
    file.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(zlib.crc32(str(file).encode())).integers(90, 110, size, np.uint8)
    pixels = noise if level is None else np.full(size, level, np.uint8)
    if marked:
        pixels[marked] = 255
    Image.fromarray(pixels).save(file)


@pytest.fixture
def parts(tmp_path):
    """MVTec's layout: 30 parts to learn, 6 good ones and 6 scratched ones to test, with masks but for one."""
    for number in range(30):
        write(tmp_path / f"parts/train/good/{number}.png")
    for number in range(6):
        write(tmp_path / f"parts/test/good/{number}.png")
        write(tmp_path / f"parts/test/cut/{number}.png", marked=slice(4, 8))
        if number:
            write(tmp_path / f"parts/ground_truth/cut/{number}_mask.png", 0, marked=slice(4, 8))
    return tmp_path / "parts"


def test_mvtecs_layout_trains_on_train_and_tests_on_test(parts):
    data = find_dataset(str(parts), OneClass()).load()
    assert data.label_names == ("good", "cut")
    assert np.bincount(data.test.labels).tolist() == [6, 6]
    assert not np.concatenate([data.train.labels, data.validation.labels]).any()
    assert len(data.train) + len(data.validation) == 30
    assert len(data.validation) >= 1
    known = data.test.masks.max(axis=(1, 2)) >= 0
    np.testing.assert_array_equal(known.sum(), 5)
    expected = np.zeros((16, 16), np.int8)
    expected[4:8] = 1
    assert (data.test.masks[known] == expected).all()
    notes = " / ".join(data.notes)
    assert "splits by folders: 30 train, 12 test" in notes
    assert "no folder of validation images" in notes
    as_labels = ImageFolder(str(parts), folders="labels").load()
    assert "ground_truth/cut" in as_labels.label_names


@pytest.mark.parametrize("kind", ["L", "1", "P", "RGBA", "I;16", "0 and 1", "JPEG", "smaller"])
def test_a_mask_marks_all_that_is_not_black(parts, kind):
    marks = np.zeros((16, 16), np.uint8)
    marks[4:8] = 255
    mask = Image.fromarray(marks)
    if kind == "RGBA":
        mask = Image.merge("RGBA", [Image.new("L", (16, 16), 255)] * 3 + [mask])
    elif kind in ("1", "P"):
        mask = mask.convert(kind)
    elif kind == "I;16":
        mask = Image.fromarray(marks.astype(np.uint16))
    elif kind == "0 and 1":
        mask = Image.fromarray(marks // 255)
    elif kind == "smaller":
        mask = mask.resize((8, 8), Image.Resampling.NEAREST)
    file = parts / "ground_truth/cut/1_mask.png"
    file.unlink()
    mask.save(file.with_suffix(".jpg" if kind == "JPEG" else ".png"))
    masks = ImageFolder(str(parts)).load().test.masks
    assert sorted(masks.sum(axis=(1, 2)).tolist()) == [-256] * 7 + [64] * 5


def test_a_mask_of_another_image_is_told(parts):
    write(parts / "ground_truth/cut/1_mask.png", 255, size=(8, 16))
    (parts / "ground_truth/cut/2_mask.png").write_bytes(b"x")
    [note] = [note for note in ImageFolder(str(parts)).load().notes if "masks that cannot be read" in note]
    assert "cut/1.png (a mask of 16x8 for an image of 16x16)" in note
    assert "cut/2.png" in note


def test_training_images_without_a_folder_are_normal_and_so_is_the_only_label(tmp_path):
    for number in range(20):
        write(tmp_path / f"a/train/{number}.png")
        write(tmp_path / f"b/train/whole/{number}.png")
    for number in range(3):
        write(tmp_path / f"a/test/ok/{number}.png")
        write(tmp_path / f"a/test/ko/{number}.png")
        write(tmp_path / f"b/test/whole/{number}.png")
        write(tmp_path / f"b/test/broken/{number}.png")
    for folder, names in (("a", ("ok", "ko")), ("b", ("whole", "broken"))):
        data = OneClass(ImageFolder(str(tmp_path / folder)), "").load()
        assert data.label_names == names
        assert not data.train.labels.any()
        assert np.bincount(data.test.labels).tolist() == [3, 3]


def test_good_alone_can_be_trained_on(tmp_path):
    for number in range(20):
        write(tmp_path / f"good/{number}.png")
    data = OneClass(ImageFolder(str(tmp_path)), "").load()
    assert data.notes[-1].endswith("examples to train on; no anomalies")
    assert not data.test.labels.any()


def test_a_split_that_no_folder_stands_for_is_taken_from_training_and_equal_images_are_told(tmp_path):
    for number in range(40):
        write(tmp_path / f"train/a/{number}.png")
    for number in range(5):
        write(tmp_path / f"val/a/{number}.png")
    data = ImageFolder(str(tmp_path)).load()
    assert len(data.validation) == 5
    assert len(data.train) + len(data.test) == 40
    assert len(data.test) > 0
    for name in ("1.png", "2.png"):
        (tmp_path / "test/a").mkdir(parents=True, exist_ok=True)
        (tmp_path / "test/a" / name).write_bytes((tmp_path / "train/a" / name).read_bytes())
    data = ImageFolder(str(tmp_path)).load()
    assert (len(data.train), len(data.validation), len(data.test)) == (40, 5, 2)
    assert "2 test images also among the training images" in data.notes


def test_several_data_sets_in_one_folder_are_refused_by_name(parts, tmp_path):
    os.rename(parts, tmp_path / "bottle")
    for number in range(4):
        write(tmp_path / f"cable/train/good/{number}.png")
        write(tmp_path / f"cable/test/good/{number}.png")
    with pytest.raises(InputError, match=r"holds 2 data sets.*: bottle, cable; give one.*bottle, or read"):
        ImageFolder(str(tmp_path)).load()


def test_photographs_keep_the_splits_of_folders(tmp_path):
    for number in range(4):
        write(tmp_path / f"train/{number}.png", size=(40, 40))
        write(tmp_path / f"test/{number}.png", size=(50, 40))
    data = PhotoFolder(str(tmp_path)).load()
    assert [image.shape[:2] for image in data.whole] == [(50, 40)] * 4
    assert any("splits by folders" in note for note in data.notes)


def test_codes_can_be_of_one_split_and_masks_are_no_examples(parts):
    spec = InputSpec((16, 16, 1), "unit")
    assert open_stream(str(parts), spec).count == 42
    stream = open_stream(str(parts), spec, "test")
    [batch] = stream.batches(100)
    assert batch.names == [f"test/{label}/{number}.png" for label in ("cut", "good") for number in range(6)]
    with pytest.raises(InputError, match="has test, train of the splits .*; leave out --split"):
        open_stream(str(parts), spec, "validation")


HIDDEN = (
    ".thumbnails/1.png", ".git/objects/1.png", ".ipynb_checkpoints/1-checkpoint.png", "__MACOSX/a/1.png",
    "a/@eaDir/1.png/THUMB_M.jpg", "a/._1.png", "a/.hidden.png", "$RECYCLE.BIN/1.png",
)  # fmt: skip


def test_hidden_folders_and_files_are_passed_over_and_told(tmp_path):
    for number in range(5):
        write(tmp_path / f"a/{number}.png")
        write(tmp_path / f"b/{number}.png")
    for name in HIDDEN:
        write(tmp_path / name)
    for name in ("Thumbs.db", "a/.DS_Store", "b/.DS_Store", "b/desktop.ini", "readme.txt"):
        (tmp_path / name).touch()
    data = ImageFolder(str(tmp_path)).load()
    assert data.label_names == ("a", "b")
    assert sum(map(len, data.splits.values())) == 10
    assert "passed over 1 other file: .txt" in data.notes
    [note] = [note for note in data.notes if "hidden or system" in note]
    assert note.startswith("passed over 12 hidden or system files: $RECYCLE.BIN (1), .DS_Store (2), ._* (1)")
    assert open_stream(str(tmp_path), InputSpec((16, 16, 1), "unit")).names == tuple(
        f"{label}/{number}.png" for label in "ab" for number in range(5)
    )
    assert len(Images().find([tmp_path]).examples) == 10


def test_images_in_hidden_folders_alone_are_none(tmp_path):
    write(tmp_path / ".cache/1.png")
    with pytest.raises(InputError, match=r"found none \(passed over 1 hidden or system file: .cache \(1\)\)"):
        ImageFolder(str(tmp_path)).load()
    assert files_below(tmp_path / ".cache").names == ["1.png"]  # the folder itself may be hidden


def test_links_to_folders_are_followed_but_not_in_circles(tmp_path):
    write(tmp_path / "pool/1.png")
    (tmp_path / "set").mkdir()
    (tmp_path / "set/good").symlink_to(tmp_path / "pool")
    (tmp_path / "pool/back").symlink_to(tmp_path / "set")
    assert files_below(tmp_path / "set").names == ["good/1.png"]
    with pytest.raises(InputError, match="cannot be listed"):
        files_below(tmp_path / "none")


@pytest.mark.parametrize("folders", [("0", "1"), ("train/0", "test/0")])
def test_the_layout_of_many_images_takes_time_in_proportion_to_them(folders):
    names = sorted(f"{folder}/{number}.png" for folder in folders for number in range(20_000))
    begun = time.process_time()
    assert len(layout_of(names, "parts").names) == 40_000
    # some tenths of a second; minutes where each name is looked for among all others
    assert time.process_time() - begun < 10
