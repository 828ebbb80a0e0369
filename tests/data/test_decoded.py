"""Folders of images beyond memory: decoded once into a cache on disk, which belongs to just those files."""

import errno
import json
import os
import shutil
import time
from collections import namedtuple

import numpy as np
import pytest
from PIL import Image

from keras_ae.data.images import decoded, folder
from keras_ae.data.images.folder import ImageFolder
from keras_ae.data.images.one_class import OneClass
from keras_ae.data.mapped import MappedSplit
from keras_ae.errors import InputError

Usage = namedtuple("Usage", "free")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The folder of the cache."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "datasets" / "decoded_images"


@pytest.fixture
def images(tmp_path, random):
    """A folder of 24 images below two labels."""
    for number in range(24):
        file = tmp_path / "images" / ("good", "bad")[number % 3 == 0] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 255, (10, 12, 3), dtype=np.uint8)).save(file)
    return tmp_path / "images"


def loaded(images, **fields):
    return ImageFolder(str(images), **{"size": 8, "stream": True} | fields).load()


def without_place(notes):
    return [note for note in notes if not note.startswith("read in batches")]


def test_a_folder_read_from_the_cache_is_the_folder_in_memory(images, cache, monkeypatch):
    (images / "good" / "1.png").write_bytes(
        (images / "good" / "1.png").read_bytes()[:200]
    )  # breaks amid pixels
    (images / "good" / "2.png").write_bytes(b"no image")
    held, first = loaded(images, stream=False), loaded(images)
    assert isinstance(first.train, MappedSplit)
    monkeypatch.setattr(decoded, "pixels_of", None)  # the second time nothing is decoded
    monkeypatch.setattr(folder, "find_frames", None)
    second = loaded(images)
    for data in (first, second):
        assert without_place(data.notes) == list(held.notes)
        assert data.sha256 == held.sha256
        assert (data.format, data.label_names, data.rule) == (held.format, held.label_names, held.rule)
        for name, split in held.splits.items():
            np.testing.assert_array_equal(np.asarray(data.splits[name].examples), split.examples)
    assert any("left out 2 of 24 images" in note and "1.png" in note for note in second.notes)


def test_the_cache_is_one_array_and_what_it_is_of(images, cache):
    data = loaded(images)
    [array] = cache.glob("*.npy")
    [facts] = cache.glob("*.json")
    assert array.stem == facts.stem
    assert np.load(array).shape == (24, 8, 8, 3)
    assert len(json.loads(facts.read_text())["contents"]) == 24
    assert f"read in batches from a cache of 0.0 MiB, {array}" in data.notes


def test_images_of_several_pages_and_deep_ones_come_back_from_the_cache(tmp_path, random, cache):
    for number in range(5):
        pages = [Image.fromarray(random.integers(0, 4000, (9, 9)).astype(np.uint16)) for _ in range(3)]
        (tmp_path / "deep").mkdir(exist_ok=True)
        pages[0].save(tmp_path / "deep" / f"{number}.tif", save_all=True, append_images=pages[1:])
    held = loaded(tmp_path / "deep", stream=False)
    for _ in range(2):
        data = loaded(tmp_path / "deep")
        assert without_place(data.notes) == list(held.notes)
        assert (data.sha256, data.full_scale, data.format) == (held.sha256, held.full_scale, held.format)
    assert held.full_scale == 4095
    like = [ImageFolder(str(tmp_path / "deep"), size=8, stream=stream) for stream in (False, True)]
    assert like[0].load_like(held.scaler).sha256 == like[1].load_like(held.scaler).sha256


@pytest.mark.parametrize("change", ["newer", "other", "more", "fewer"])
def test_a_cache_that_does_not_belong_to_the_folder_is_made_anew(images, cache, change, random):
    loaded(images)
    [before] = cache.glob("*.npy")
    file = images / "good" / "1.png"
    if change == "newer":
        os.utime(file, (1, 1))
    elif change == "other":
        times = file.stat()
        Image.fromarray(random.integers(0, 255, (10, 12, 3), dtype=np.uint8)).save(file)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    elif change == "more":
        shutil.copy(file, images / "good" / "x.png")
    else:
        file.unlink()
    data = loaded(images)
    [after] = cache.glob("*.npy")
    assert after != before
    assert data.sha256 == loaded(images, stream=False).sha256


@pytest.mark.parametrize("fields", [{"size": 6}, {"channels": 1}, {"fit": "pad"}, {"full_scale": 100.0}])
def test_other_settings_have_a_cache_of_their_own(images, cache, fields):
    loaded(images)
    assert loaded(images, **fields).sha256 == loaded(images, **fields, stream=False).sha256
    assert len(list(cache.glob("*.npy"))) == 2


@pytest.mark.parametrize("suffix", [".npy", ".json"])
@pytest.mark.parametrize("length", [0, 100, -1])
def test_a_damaged_cache_is_made_anew(images, cache, suffix, length):
    before = loaded(images).sha256
    [file] = cache.glob(f"*{suffix}")
    file.write_bytes(file.read_bytes()[:length])
    assert loaded(images).sha256 == before


def test_a_disk_that_is_too_full_is_told_before_anything_is_written(images, cache, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(2**10))
    with pytest.raises(InputError, match=r"24 images take 0.0 MiB on disk, 0.0 MiB are free in .*KERAS_HOME"):
        loaded(images)
    assert not list(cache.iterdir())


def test_a_disk_that_fills_up_is_told_and_leaves_nothing(images, cache, monkeypatch):
    def fill(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(decoded, "pixels_of", fill)
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\); make room"):
        loaded(images)
    assert not list(cache.iterdir())


def test_what_a_killed_process_left_is_not_believed_and_removed_later(images, cache):
    cache.mkdir(parents=True)
    (cache / ".abandoned.npy").write_bytes(b"half")
    (cache / ".being_written.npy").write_bytes(b"half")
    long_ago = time.time() - 2 * decoded.ABANDONED
    os.utime(cache / ".abandoned.npy", (long_ago, long_ago))
    loaded(images)
    assert [path.name for path in cache.glob(".*")] == [".being_written.npy"]


def test_the_size_is_told_before_images_are_decoded(images, cache, caplog):
    caplog.set_level("INFO", "keras_ae")
    loaded(images)
    assert "the pixels of 24 images take 0.0 MiB on disk: decoding them into" in caplog.text


def test_many_images_are_read_from_disk_by_themselves(images, cache, monkeypatch):
    assert not isinstance(loaded(images, stream=None).train, MappedSplit)
    assert not cache.exists()
    monkeypatch.setattr(folder, "MOST_IN_MEMORY", 24 * 8 * 8 * 3 - 1)
    assert isinstance(loaded(images, stream=None).train, MappedSplit)
    assert not isinstance(loaded(images, stream=False).train, MappedSplit)


def test_a_folder_for_the_cache_that_cannot_be_written_is_told(images, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "file"))
    with pytest.raises(InputError, match="cannot be written .*; name another one by KERAS_HOME"):
        loaded(images)


def test_anomalies_among_the_training_images_are_moved_without_reading_them(images, cache):
    held, read = (
        OneClass(ImageFolder(str(images), size=8, stream=stream), normal="good").load()
        for stream in (False, True)
    )
    assert isinstance(read.test, MappedSplit)
    assert read.sha256 == held.sha256
