"""Folders of images split by groups in their paths, or by a list."""

import numpy as np
import pytest
from PIL import Image

from keras_ae.data.images.folder import ImageFolder
from keras_ae.data.images.grouping import image_groups
from keras_ae.data.images.one_class import OneClass
from keras_ae.data.images.photos import PhotoFolder
from keras_ae.errors import InputError


@pytest.fixture
def scans(tmp_path, random):
    """Three scans each of 12 patients, one of them bad; the level of a scan is its patient's number."""
    for patient in range(12):
        for number in range(3):
            file = tmp_path / "scans" / ("bad" if number == 2 else "good") / f"p{patient}_{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            pixels = np.full((8, 8), 10 * patient, np.uint8)
            pixels[:2] += random.integers(0, 2, (2, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(file)
    return tmp_path / "scans"


def patients(split):
    """The patients of a split's scans."""
    return set((split.examples[:, -1, 0, 0] // 10).tolist())


@pytest.mark.parametrize(
    ("group", "groups"),
    [
        ("folder", ["a/b", "a", "."]),
        ("p[0-9]+", ["p1", "p2", "p3"]),
        ("p([0-9])", ["1", "2", "3"]),
        ("(?:scan)?_?p(.)", ["1", "2", "3"]),
    ],
)
def test_a_group_is_the_folder_or_what_a_pattern_finds(group, groups):
    assert image_groups(["a/b/p1.png", "a/p2.png", "scan_p3.png"], group).tolist() == groups


def test_images_without_a_group_are_refused():
    with pytest.raises(InputError, match="in the path of every image, 1 of 2 have none, such as 'b.png'"):
        image_groups(["p1.png", "b.png"], "p[0-9]")


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ("p(", "'folder' or a regular expression, received 'p\\('"),
        ("(a)(b)", "one pair of parentheses at most"),
    ],
)
def test_patterns_that_are_none_are_refused(scans, group, message):
    with pytest.raises(InputError, match=message):
        ImageFolder(str(scans), group=group)


def test_no_patient_is_in_two_splits_of_a_folder(scans):
    plain = [patients(split) for split in ImageFolder(str(scans)).load().splits.values()]
    assert sum(map(len, plain)) > 12
    data = ImageFolder(str(scans), group="p([0-9]+)_").load()
    found = [patients(split) for split in data.splits.values()]
    assert sum(map(len, found)) == len(set.union(*found)) == 12
    assert data.rule.startswith("by data.group=p([0-9]+)_: none of its 12 groups is in two splits")
    assert f"split {data.rule}" in data.notes


def test_photographs_are_grouped_too(scans):
    for file in scans.rglob("*.png"):
        Image.open(file).resize((20, 20)).save(file)
    data = PhotoFolder(str(scans), group="p[0-9]+").load()
    assert data.fixed
    assert data.rule.startswith("by data.group=p[0-9]+: none of its 12 groups")


def test_anomalies_of_a_training_patient_are_not_tested_on(scans):
    grouped = OneClass(ImageFolder(str(scans), group="p[0-9]+"), "good").load()
    normal = grouped.train.labels == 0
    assert patients(grouped.test).isdisjoint(patients(grouped.train.take(normal)))
    assert "anomalies of the training split are not used" in grouped.notes[-1]
    moved = OneClass(ImageFolder(str(scans)), "good").load()
    assert len(moved.test) > len(grouped.test)


def test_a_list_of_images_or_of_patients_is_the_test_split(scans, tmp_path):
    listed = tmp_path / "test.txt"
    listed.write_text("good/p3_0.png\nbad/p5_2.png\n")
    data = ImageFolder(str(scans), test_list=str(listed)).load()
    assert patients(data.test) == {3, 5}
    assert len(data.test) == 2
    listed.write_text("3\n7\n")
    grouped = ImageFolder(str(scans), group="p([0-9]+)", test_list=str(listed)).load()
    assert patients(grouped.test) == {3, 7}
    assert len(grouped.test) == 6
    assert patients(grouped.train).isdisjoint(patients(grouped.validation) | {3, 7})
    listed.write_text("good/p99.png\n")
    with pytest.raises(InputError, match="paths of images in the folder in .*, such as 'bad/p0_2.png'"):
        ImageFolder(str(scans), test_list=str(listed)).load()


def test_groups_and_lists_fit_the_folders_of_splits(scans, tmp_path):
    for part in ("train", "test"):
        (scans / part).mkdir()
    for file in sorted(scans.glob("*/*.png")):
        number = int(file.stem.partition("_")[0][1:])
        file.rename(scans / ("test" if number > 9 else "train") / file.name)
    for folder in ("good", "bad"):
        (scans / folder).rmdir()
    data = ImageFolder(str(scans), group="p[0-9]+").load()
    assert patients(data.test) == {10, 11}
    assert patients(data.train).isdisjoint(patients(data.validation))
    assert data.rule == "by folders and data.group=p[0-9]+"
    with pytest.raises(InputError, match="folders are the splits already, received data.test_list"):
        ImageFolder(str(scans), test_list="list.txt").load()
    (scans / "test" / "p11_0.png").rename(scans / "train" / "p11_0.png")
    with pytest.raises(InputError, match="in one split alone; 1 of them are in .*, such as 'p11'"):
        ImageFolder(str(scans), group="p[0-9]+").load()
