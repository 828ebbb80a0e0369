"""TFRecord files as data: images, arrays, rows, and what is refused."""

import io

import numpy as np
import pytest
from PIL import Image

from keras_ae.data.arrays import ArrayFile
from keras_ae.data.embeddings.files import Embeddings
from keras_ae.data.find import find_dataset
from keras_ae.data.images.folder import ImageFolder
from keras_ae.data.sources import example_files, records
from keras_ae.data.sources.features import split_of
from keras_ae.data.sources.local import is_source, local, local_copy, title_of
from keras_ae.data.tables.reading import read_table
from keras_ae.errors import InputError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def feature(value):
    import tensorflow as tf

    if isinstance(value, bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
    values = np.ravel(value).tolist()
    if np.asarray(value).dtype.kind == "f":
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def write(path, examples, compression=None):
    import tensorflow as tf

    with tf.io.TFRecordWriter(str(path), compression) as file:
        for example in examples:
            features = tf.train.Features(feature={name: feature(value) for name, value in example.items()})
            file.write(tf.train.Example(features=features).SerializeToString())


def png(level):
    file = io.BytesIO()
    Image.fromarray(np.full((6, 6), level, np.uint8)).save(file, "PNG")
    return file.getvalue()


def test_images_are_a_folder_of_labels():
    words = (b"cat", b"dog")
    write("a.tfrecord", [
        {"image/encoded": png(9 * i), "image/class/label": i % 2, "image/class/text": words[i % 2]}
        for i in range(10)
    ])  # fmt: skip
    dataset = find_dataset("a.tfrecord")
    assert isinstance(dataset, ImageFolder)
    assert dataset.path == "a.tfrecord"
    data = local(dataset).load()
    assert data.label_names == ("cat", "dog")
    levels = np.concatenate([split.examples for split in data.splits.values()])[:, 0, 0, 0]
    assert sorted(levels) == [9 * i for i in range(10)]


def test_lists_of_numbers_are_arrays_with_labels(folder):
    rows = np.random.default_rng(0).normal(size=(70, 5)).astype(np.float32)
    write("a.tfrecord", [{"code": row, "index": i} for i, row in enumerate(rows)])
    assert isinstance(find_dataset("a.tfrecord"), Embeddings | ArrayFile)
    assert np.array_equal(np.load(local_copy("a.tfrecord")), rows)
    write("b.tfrecord.gz", [{"code": row, "label": i % 3} for i, row in enumerate(rows)], "GZIP")
    with np.load(local_copy("b.tfrecord.gz")) as arrays:
        assert np.array_equal(arrays["x"], rows)
        assert np.array_equal(arrays["y"], np.arange(70) % 3)
    assert local(find_dataset("b.tfrecord.gz")).load().classes == 3


def test_several_lists_keep_their_names():
    write("a.tfrecord", [{"code": np.ones(3), "mean": np.full(2, i / 2)} for i in range(4)])
    with np.load(local_copy("a.tfrecord")) as arrays:
        assert {name: arrays[name].shape for name in arrays} == {"code": (4, 3), "mean": (4, 2)}
    with pytest.raises(InputError, match="say which with"):
        local(find_dataset("a.tfrecord")).load()


def test_plain_pixels_have_the_shape_that_others_tell():
    pixels = np.random.default_rng(0).integers(0, 255, (20, 4, 3), np.uint8)
    write("a.tfrecord", [{"image_raw": one.tobytes(), "height": 4, "width": 3} for one in pixels])
    assert np.array_equal(np.load(local_copy("a.tfrecord")), pixels)


def test_shards_are_named_for_splits(folder):
    shards = folder / "shards"
    shards.mkdir()
    for name, count in (("train.tfrecord-00000-of-00002", 30), ("train.tfrecord-00001-of-00002", 20),
                        ("test.tfrecord", 10)):  # fmt: skip
        write(shards / name, [{"x": np.random.default_rng(i).random(4)} for i in range(count)])
    with np.load(local_copy("shards")) as arrays:
        assert {name: len(arrays[name]) for name in arrays} == {"x_train": 50, "x_test": 10}
    assert title_of("shards") == "shards"
    (shards / "readme.txt").write_text("text")
    assert not is_source("shards")  # then it is a folder as any other


@pytest.mark.parametrize(
    ("name", "split"),
    [("mnist-train.tfrecord-00000-of-00010", "train"), ("val_1.tfrecord", "validation"), ("x.tfrecord", "")],
)
def test_splits_by_name(name, split):
    assert split_of(name) == split


@pytest.mark.extras
def test_single_values_are_rows(folder):
    write("a.tfrecord", [
        {"temp": i / 4, "count": i, "word": b"ab"[i % 2 : i % 2 + 1]} | ({"some": 1.5} if i % 4 else {})
        for i in range(12)
    ])  # fmt: skip
    table = read_table(local_copy("a.tfrecord"))
    assert table.columns["temp"].values.tolist() == [i / 4 for i in range(12)]
    assert table.columns["word"].words == ("a", "b")
    assert np.isnan(table.columns["some"].values).sum() == 3


def test_a_changed_file_is_read_again():
    write("a.tfrecord", [{"x": np.zeros(3)} for _ in range(4)])
    assert len(np.load(local_copy("a.tfrecord"))) == 4
    write("a.tfrecord", [{"x": np.zeros(3)} for _ in range(5)])
    assert len(np.load(local_copy("a.tfrecord"))) == 5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda whole: whole[:-7], "is cut off or broken behind 3 records .*write it anew"),
        (lambda whole: b"no record at all" * 9, "is cut off or broken behind 0 records"),
        (lambda whole: b"", "expected examples with features"),
    ],
)
def test_broken_files_are_told(folder, content, message):
    write("a.tfrecord", [{"x": np.zeros(3)} for _ in range(4)])
    file = folder / "b.tfrecord"
    file.write_bytes(content((folder / "a.tfrecord").read_bytes()))
    with pytest.raises(InputError, match=message) as refusal:
        local_copy("b.tfrecord")
    assert "function_node" not in str(refusal.value)


def test_records_of_other_kinds_are_told():
    import tensorflow as tf

    with tf.io.TFRecordWriter("a.tfrecord") as file:
        file.write(b"\xff\xffother")
    with pytest.raises(InputError, match="expected tf.train.Example in a.tfrecord, record 0 is none"):
        local_copy("a.tfrecord")


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ([{"x": np.zeros(3)}] * 70 + [{"x": np.zeros(2)}], "example 70 of .* bring all to one shape"),
        ([{"x": np.zeros(3)}, {"x": np.zeros(2)}], "has 3 and 2 values; pad or cut"),
        ([{"x": np.zeros(3)}] * 70 + [{"y": np.zeros(3)}], "example 70 of .* has no feature 'x'"),
        ([{"a": png(1), "b": png(2)}], "expected one image .* has a, b"),
        ([{"a": png(1)}] * 70 + [{"a": b"other"}], "example 70 of .* has no image in 'a'"),
    ],
)
def test_examples_of_several_forms_are_told(examples, message):
    write("a.tfrecord", examples)
    with pytest.raises(InputError, match=message):
        local_copy("a.tfrecord")


def test_sizes_are_bounded(monkeypatch):
    write("a.tfrecord", [{"x": np.zeros(300)} for _ in range(5)])
    write("b.tfrecord", [{"x": png(i)} for i in range(5)])
    monkeypatch.setattr(example_files, "LARGEST", 5 * 300 * 4 - 1)
    monkeypatch.setattr(example_files, "MOST_COPIED", 100)
    for name in ("a.tfrecord", "b.tfrecord"):
        with pytest.raises(InputError, match="take a part of it"):
            local_copy(name)
    monkeypatch.setattr(records, "MOST_COPIED", 100)
    with pytest.raises(InputError, match="are read; take a part of it"):
        local_copy("a.tfrecord")
