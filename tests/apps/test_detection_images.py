"""Detection in a folder of images: scores in batches, maps, a contact sheet, metrics of folders and masks."""

import csv
import re
import shutil

import keras
import numpy as np
import pytest
from keras import ops
from page_reader import PageReader
from PIL import Image

from keras_ae.apps.detection import image_scoring
from keras_ae.apps.detection.cautions import of_unlabeled
from keras_ae.apps.detection.detect import check_kind
from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.image_folder import FolderOfImages
from keras_ae.apps.detection.image_metrics import folder_metrics
from keras_ae.apps.detection.image_report import write_images
from keras_ae.apps.detection.image_scoring import image_maps, scored_images
from keras_ae.apps.detection.request import check_category
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.images.folder import ImageFolder
from keras_ae.data.images.one_class import OneClass
from keras_ae.errors import InputError
from keras_ae.formats.images import Images
from keras_ae.recipe import load
from keras_ae.tasks.thresholds import FittedThreshold

OTHER = ArrayFile("x.npy")


class Apart(keras.Layer):
    """What a pixel differs from gray, as a detector of images returns it."""

    def call(self, inputs):
        apart = (inputs - 0.5) ** 2
        score = ops.mean(apart, axis=(1, 2, 3))
        return {"score": score, "p_value": 1 - score, "is_anomaly": score > 0.01, "contributions": apart}


@pytest.fixture(scope="module")
def detector():
    inputs = keras.Input((16, 16, 1), name="inputs")
    model = keras.Model({"inputs": inputs}, Apart()(inputs))
    fitted = FittedThreshold(0.01, "made here", "promised", 10)
    return Detector(model, fitted, np.linspace(0, 0.01, 10), None, 0.0, 1.0, images=Images())


def save(file, random, spot=None, mask=None):
    """A gray image of 32 x 32; a spot is white, of 8 x 8 from its corner on."""
    pixels = random.integers(122, 134, (32, 32)).astype(np.uint8)
    marked = np.zeros((32, 32), np.uint8)
    if spot is not None:
        top, left = spot
        pixels[top : top + 8, left : left + 8] = marked[top : top + 8, left : left + 8] = 255
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)
    if mask is not None:
        mask.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(marked).save(mask)


@pytest.fixture
def parts(tmp_path, random):
    """Train and test images with masks, one file that is broken, and one with a name of HTML."""
    folder = tmp_path / "parts"
    for number in range(12):
        save(folder / f"train/good/{number}.png", random)
    for number in range(5):
        save(folder / f"test/good/{number}.png", random)
        save(
            folder / f"test/<b>cut/{number}.png",
            random,
            (8, 16),
            folder / f"ground_truth/<b>cut/{number}_mask.png",
        )
    (folder / "test/good/broken.png").write_bytes(b"none")
    (folder / "notes.txt").write_text("none")
    return folder


def found_in(detector, folder, target, data=OTHER, **words):
    images = FolderOfImages.of(folder, None, data)
    scored = scored_images(detector, images)
    target.mkdir()
    return images, scored, list(write_images(detector, images, scored, target, {"model": "m"}, **words))


def rows_of(file):
    with open(file, newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def test_a_folder_of_images_is_scored_mapped_and_measured(tmp_path, detector, parts):
    data = OneClass(ImageFolder(str(parts)), "")
    _, _, lines = found_in(detector, parts, tmp_path / "found", data, remarks=["careful"])
    assert lines[:2] == ["5 of 22 images are flagged", "threshold 0.01: made here; promised"]
    assert lines[2] == "careful"
    assert lines[3].startswith("left out 1 of 23 images: test/good/broken.png (cannot identify")
    assert lines[4:9] == [
        "AUROC of images 1.000", "average precision of images 1.000", "AUROC of pixels 1.000",
        "average precision of pixels 1.000", "overlap of regions (PRO) 1.000",
    ]  # fmt: skip
    assert lines[9] == (
        "measured on 5 normal images and 5 others that the model was not trained on; pixels of 5 masks"
    )
    for line in lines[10:15]:
        left, top = map(int, re.search(r"most (\d+)% from the left, (\d+)% from the top$", line).groups())
        assert 50 <= left <= 75
        assert 25 <= top <= 50
    assert "not flagged" in lines[15]
    assert len(lines) == 10 + 10 + 1
    folder = tmp_path / "found"
    assert sorted(path.name for path in folder.iterdir()) == [
        "contact_sheet.png", "maps", "plot.png", "report.html", "scored.csv", "top.csv",
    ]  # fmt: skip
    rows = rows_of(folder / "scored.csv")
    assert len(rows) == 22
    assert {row["file"] for row in rows if row["is_anomaly"] == "1"} == {
        f"test/<b>cut/{number}.png" for number in range(5)
    }
    assert {row["label"] for row in rows} == {"good", "<b>cut"}
    scores = [float(row["score"]) for row in rows_of(folder / "top.csv")]
    assert scores == sorted(scores, reverse=True)
    text = (folder / "report.html").read_text("utf-8")
    reader = PageReader(text)
    assert "<b>" not in text
    assert len(reader.loaded) == 2 * 22
    assert text.count('class="card flagged"') == 5


def test_maps_are_red_where_an_image_is_unlike_normal_ones(tmp_path, detector, parts):
    images, scored, _ = found_in(detector, parts, tmp_path / "found")
    with Image.open(tmp_path / "found/maps/test/<b>cut/3.png") as opened:
        overlay = np.asarray(opened, int)
    size = len(overlay)
    red = overlay[..., 0] - overlay[..., 1]
    inside = np.zeros((size, size), bool)
    inside[size // 4 : size // 2, size // 2 : 3 * size // 4] = True
    assert red[inside].mean() > 80
    assert red[~inside].mean() < 8
    row = [str(frame) for frame in images.frames].index("test/good/1.png")
    [normal] = image_maps(detector, images, scored, [row])
    assert normal.view.shape == normal.overlay.shape == (160, 160, 3)
    assert (normal.overlay[..., 0].astype(int) - normal.overlay[..., 1]).max() < 40


def test_the_images_that_a_model_was_trained_on_are_not_measured(detector, parts):
    images = FolderOfImages.of(parts, None, OneClass(ImageFolder(str(parts)), ""))
    scored = scored_images(detector, images)
    names = np.array([frame.name for frame in images.frames])
    unseen = names[images.unseen(scored.contents)]
    assert sorted(unseen) == sorted(
        name for name in names if name.startswith("test") and "broken" not in name
    )
    others = FolderOfImages.of(parts, None, OTHER)
    assert others.unseen(scored.contents).sum() == 22
    assert folder_metrics(others, scored)[1] == "17 normal images and 5 others; pixels of 5 masks"
    names = FolderOfImages.of(parts, None, OneClass(ImageFolder("elsewhere"), "<b>cut"))
    assert (names.anomalous() == 0).sum() == 5


@pytest.mark.parametrize("at_once", [1, 3, 256])
def test_scores_do_not_depend_on_how_many_images_are_read_at_a_time(monkeypatch, detector, parts, at_once):
    images = FolderOfImages.of(parts, None, OTHER)
    whole = scored_images(detector, images)
    monkeypatch.setattr(image_scoring, "MOST_AT_ONCE", at_once)
    again = scored_images(detector, images)
    np.testing.assert_allclose(again.scores, whole.scores, rtol=1e-6)  # kernels differ by batch size
    np.testing.assert_array_equal(again.mapped, whole.mapped)
    np.testing.assert_allclose(again.maps, whole.maps, rtol=1e-6)
    assert again.contents == whole.contents


def test_a_folder_without_labels_has_no_metrics_and_one_of_few_pixels_ranks_some(
    tmp_path, monkeypatch, random, detector, parts
):
    for number in range(4):
        save(tmp_path / f"flat/{number}.jpg", random, (0, 0) if number == 2 else None)
    images, _, lines = found_in(detector, tmp_path / "flat", tmp_path / "found")
    assert lines[0] == "1 of 4 images are flagged"
    assert not any("AUROC" in line for line in lines)
    assert (images.anomalous() == -1).all()
    assert "label" not in rows_of(tmp_path / "found/scored.csv")[0]
    assert (tmp_path / "found/maps/2.jpg.png").exists()
    monkeypatch.setattr(image_scoring, "MOST_RANKED", 8 * 16 * 16)
    assert len(scored_images(detector, FolderOfImages.of(parts, None, OTHER)).maps) <= 8


def test_a_test_split_alone_with_its_masks_is_measured(tmp_path, detector, parts):
    shutil.rmtree(parts / "train")
    images, _, lines = found_in(detector, parts, tmp_path / "found")
    assert lines[0] == "5 of 10 images are flagged"
    assert "measured on 5 normal images and 5 others; pixels of 5 masks" in lines
    assert set(images.labels) == {"good", "<b>cut"}


def test_images_none_of_which_can_be_read_are_refused(tmp_path, detector):
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"none")
    with pytest.raises(InputError, match="none of the 1 images below .* can be read"):
        FolderOfImages.of(folder, None, OTHER)
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(folder / "a.png")
    (folder / "a.png").write_bytes((folder / "a.png").read_bytes()[:45])  # the header is whole
    images = FolderOfImages.of(folder, None, OTHER)
    with pytest.raises(InputError, match="none of the 1 images below .* can be read"):
        list(write_images(detector, images, scored_images(detector, images), tmp_path, {}))


def test_a_detector_searches_what_it_learned_from(tmp_path, detector):
    file = tmp_path / "rows.csv"
    file.write_text("a\n1\n")
    recipe = load("image_anomaly")
    check_kind(detector, tmp_path, recipe)
    with pytest.raises(InputError, match="looks for anomalies in a folder of images, .*rows.csv is a file"):
        check_kind(detector, file, recipe)
    of_rows = Detector(detector.model, detector.fitted, detector.reference, None, 0.0, 1.0)
    with pytest.raises(InputError, match="in files of rows, .* is a folder; for images use image_anomaly"):
        check_kind(of_rows, tmp_path, load("table_anomaly"))
    for name in ("table_anomaly", "series_anomaly", "network_intrusion"):
        check_category(name, file)
        with pytest.raises(InputError, match="for images: keras-ae detect image_anomaly"):
            check_category(name, tmp_path)
    check_category("image_anomaly", tmp_path)
    with pytest.raises(InputError, match="for rows: keras-ae detect table_anomaly .*rows.csv"):
        check_category("image_anomaly", file)


def test_images_that_nothing_calls_normal_are_told_to_be_learned_from(tmp_path, random, detector, parts):
    for number in range(30):
        save(tmp_path / f"flat/{number}.png", random, (2, 2) if number < 2 else None)
    own = FolderOfImages.of(tmp_path / "flat", None, OneClass(ImageFolder(str(tmp_path / "flat")), ""))
    [chance, learned] = of_unlabeled(detector, own, scored_images(detector, own))
    assert chance == "were all 30 normal, about 2 would be flagged: look at the most unlike first"
    unseen = own.unseen(scored_images(detector, own).contents).sum()
    assert learned.startswith(f"{30 - unseen} of 30 images were learned from or calibrated on")
    others = FolderOfImages.of(tmp_path / "flat", None, OTHER)
    assert list(of_unlabeled(detector, others, scored_images(detector, others))) == [chance]
    known = FolderOfImages.of(parts, None, OneClass(ImageFolder(str(parts)), ""))
    assert list(of_unlabeled(detector, known, scored_images(detector, known))) == []


def test_a_folder_without_folders_counts_as_normal(tmp_path, random):
    for number in range(30):
        save(tmp_path / f"flat/{number}.png", random)
    data = OneClass(ImageFolder(str(tmp_path / "flat")), "").load()
    assert data.notes[-1] == "nothing says which examples are normal: each of them counts as normal"
    assert data.label_names == ("normal",)
    assert all((split.labels == 0).all() for split in data.splits.values())
    with pytest.raises(InputError, match="expected labels"):
        OneClass(ImageFolder(str(tmp_path / "flat")), "good").load()
