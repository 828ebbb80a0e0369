"""Codes of data sets, folders and arrays: the head's own, in the input's order, whole or not there."""

import csv
import json
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from conftest import write_images
from PIL import Image

from keras_ae import recipe
from keras_ae.apps.encoding import encode as encoding
from keras_ae.apps.encoding.head import Head
from keras_ae.apps.encoding.writers import RowColumns, open_writer
from keras_ae.cli import encode as verb
from keras_ae.cli.output import redirected
from keras_ae.cli.parser import make_parser
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.find import dataset_kinds
from keras_ae.data.images import mnist
from keras_ae.data.images.folder import ImageFolder
from keras_ae.data.scaling import Scaler
from keras_ae.data.streams.folder import FolderStream
from keras_ae.data.streams.loaded import LoadedStream
from keras_ae.data.streams.open_stream import open_stream
from keras_ae.data.streams.rows import Batch, InputSpec
from keras_ae.data.tensors import values
from keras_ae.errors import InputError
from keras_ae.heads import ServableHeads, Spec
from keras_ae.imaging import decode
from keras_ae.serving import typed_rows
from keras_ae.serving.export import export_heads

ROOT = Path(__file__).resolve().parents[2]
SHAPE = (6, 5, 1)


def encode(root, *words):
    """Runs the verb as the command line does."""
    options = make_parser().parse_args(["encode", *map(str, words), "--models", str(root)])
    with redirected(options):
        return options.verb(options)


def save_head(root, name, element, dtype="float32", conditional=False, **data):
    """An exported head whose outputs can be told in one's head: code is an example's first value and its sum.

    class: the condition. whole: the code in whole numbers. square: the code twice, (2, 2).
    """
    takes = {"inputs": tf.TensorSpec((None, *element), dtype, name="inputs")}
    takes |= {"condition": tf.TensorSpec((None,), tf.int64, name="condition")} if conditional else {}

    @tf.function(input_signature=[takes])
    def serve(named):
        flat = tf.reshape(tf.cast(named["inputs"], tf.float32), (-1, int(np.prod(element))))
        code = tf.stack([flat[:, 0], tf.reduce_sum(flat, axis=1)], axis=1)
        outputs = {"code": code, "whole": tf.cast(code, tf.int32), "square": tf.stack([code, code], axis=1)}
        return outputs | ({"class": named["condition"]} if conditional else {"total": code[:, 1]})

    module = tf.Module()
    module.serve = serve
    folder = root / name / "encoder" / "1"
    tf.saved_model.save(module, str(folder), signatures={"serving_default": serve})
    function = serve.get_concrete_function()
    sides = {"inputs": takes, "outputs": function.structured_outputs}
    described = {
        side: {key: {"shape": spec.shape.as_list(), "dtype": spec.dtype.name} for key, spec in specs.items()}
        for side, specs in sides.items()
    }
    card = {"data": data, "signatures": {"serving_default": described}, "weights_sha256": name}
    (folder / "card.json").write_text(json.dumps(card))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Heads of every domain, and `conditional`, which takes an example's class too."""
    root = tmp_path_factory.mktemp("models")
    save_head(root, "unit", SHAPE, domain="unit", shape=[*SHAPE])
    save_head(root, "real", SHAPE, domain="real", shape=[*SHAPE])
    save_head(root, "categorical", SHAPE[:2], "int64", domain="categorical", shape=[*SHAPE[:2], 4])
    labels = {"classes": 3, "label_names": ["a", "b", "c"]}
    save_head(root, "conditional", SHAPE, conditional=True, domain="unit", shape=[*SHAPE], **labels)
    save_head(root, "binary", SHAPE, domain="unit", shape=[*SHAPE], full_scale=1)
    save_head(root, "digits", (28, 28, 1), domain="unit", shape=[28, 28, 1])
    return root


def due(seen):
    """The code of examples as model inputs."""
    flat = np.asarray(seen, np.float32).reshape(len(seen), -1)
    return np.stack([flat[:, 0], flat.sum(axis=1)], axis=1)


@pytest.fixture
def images(tmp_path, random):
    """A folder of 9 images below two labels."""
    return write_images(tmp_path / "images", random, (20, 24))


@pytest.fixture
def few_digits(random, monkeypatch):
    """The digits of mnist_5k are 90 random images, which need no reading."""
    drawn = random.integers(0, 255, (90, 28, 28, 1), dtype=np.uint8), np.arange(90) % 10
    monkeypatch.setattr(mnist, "embedded_digits", lambda: drawn)


@pytest.fixture
def save(tmp_path):
    def save(array=None, **named):
        path = tmp_path / ("x.npz" if named else "x.npy")
        np.savez_compressed(path, **named) if named else np.save(path, array)
        return path

    return save


def test_the_codes_of_an_exported_encoder_are_its_signatures(exported, tmp_path, random, capsys):
    raw = random.integers(0, 255, (23, 12, 12), dtype=np.uint8)
    np.save(tmp_path / "x.npy", raw)
    assert encode(exported, "tiny", tmp_path / "x.npy", "--output", tmp_path / "codes.npy", "--batch", 5) == 0
    loaded = tf.saved_model.load(str(exported / "tiny/encoder/1"))
    seen = tf.constant(raw[..., None] / np.float32(255))
    code = loaded.signatures["serving_default"](inputs=seen)["code"]
    found = np.load(tmp_path / "codes.npy")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, code, atol=1e-6)
    assert "codes.npy: code 23x4 float32, 23 examples in" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["codes.npy", "x.npy"]


@pytest.mark.parametrize("recipe", ["unit", "real"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "bool", "float16", "float32", "float64", "int64"])
def test_values_go_in_as_training_brings_them(models, tmp_path, save, random, recipe, dtype):
    full = {"uint8": 255, "uint16": 65535, "bool": 2, "int64": 2}.get(dtype, 1)
    raw = (
        (random.uniform(size=(23, *SHAPE)) * full).astype("int64" if dtype == "bool" else dtype).astype(dtype)
    )
    file = save(raw)
    encode(models, recipe, file, "--output", tmp_path / "codes.npy", "--batch", 5)
    loaded = ArrayFile(str(file), domain=recipe).load()
    seen = [
        np.asarray(values(split.examples)) * loaded.scale + loaded.offset for split in loaded.splits.values()
    ]
    found, trained = np.load(tmp_path / "codes.npy"), due(np.concatenate(seen))
    np.testing.assert_allclose(np.sort(found, axis=0), np.sort(trained, axis=0), rtol=1e-4)
    own = raw / np.float32(full if recipe == "unit" and dtype in ("uint8", "uint16") else 1)
    np.testing.assert_allclose(found, due(own), rtol=1e-5)


def test_numbers_of_classes_go_in_as_they_are(models, tmp_path, save, random):
    raw = random.integers(0, 4, (23, 6, 5), dtype=np.uint8)
    encode(models, "categorical", save(raw), "--output", tmp_path / "codes.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "codes.npy"), due(raw))


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_of_either_order_is_read_through_a_map(models, tmp_path, save, random, order):
    raw = np.asarray(random.uniform(size=(23, 6, 5)), order=order)
    encode(models, "unit", save(raw), "--output", tmp_path / "codes.npy", "--batch", 4)
    np.testing.assert_allclose(np.load(tmp_path / "codes.npy"), due(raw), rtol=1e-5)


@pytest.mark.parametrize("compressed", [True, False])
def test_an_archive_is_read_from_any_place_on_with_its_labels(tmp_path, random, compressed):
    raw, labels = random.integers(0, 255, (23, 6, 5), dtype=np.uint8), random.integers(0, 9, (23, 1))
    (np.savez_compressed if compressed else np.savez)(tmp_path / "x.npz", x=raw, y=labels, other=np.ones(3))
    stream = open_stream(str(tmp_path / "x.npz"), InputSpec(SHAPE, "unit"))
    parts = list(stream.batches(4, 7, 20))
    assert [len(part) for part in parts] == [4, 4, 4, 1]
    np.testing.assert_array_equal(np.concatenate([part.positions for part in parts]), np.arange(7, 20))
    seen = np.concatenate([part.examples for part in parts])
    np.testing.assert_array_equal(seen, raw[7:20, ..., None] / np.float32(255))
    np.testing.assert_array_equal(np.concatenate([part.labels for part in parts]), labels[7:20, 0])


def test_another_array_of_an_archive_is_named_by_its_key(models, tmp_path, save, random):
    raw = random.uniform(size=(9, *SHAPE))
    file = save(x_train=raw[:5], y_train=np.zeros(5, int), x_test=raw[5:], y_test=np.arange(4) % 3)
    encode(models, "conditional", file, "--key", "x_test", "--output", tmp_path / "codes.npy")
    np.testing.assert_allclose(np.load(tmp_path / "codes.npy"), due(raw[5:]), rtol=1e-5)
    encode(models, "conditional", file, "--output", tmp_path / "classes.npy", "--outputs", "class")
    assert np.load(tmp_path / "classes.npy").tolist() == [0] * 5
    encode(
        models, "conditional", file, "--key", "x_test", "--output", tmp_path / "codes.npy", "--force",
        "--outputs", "class",
    )  # fmt: skip
    assert np.load(tmp_path / "codes.npy").tolist() == [0, 1, 2, 0]


def test_a_named_data_set_is_encoded_split_after_split(models, tmp_path, few_digits):
    splits = mnist.Mnist5k().load().splits
    encode(models, "digits", "mnist_5k", "--output", tmp_path / "all.npy")
    seen = np.concatenate([values(split.examples) for split in splits.values()])
    np.testing.assert_allclose(np.load(tmp_path / "all.npy"), due(seen), rtol=1e-5)
    encode(models, "digits", "mnist_5k", "--split", "test", "--output", tmp_path / "test.npy")
    np.testing.assert_allclose(
        np.load(tmp_path / "test.npy"), due(values(splits["test"].examples)), rtol=1e-5
    )


@pytest.mark.parametrize("domain", ["real", "categorical"])
def test_a_data_set_in_memory_is_read_in_its_original_units(tmp_path, random, domain):
    raw = random.integers(0, 4, (60, 6, 5)) if domain == "categorical" else random.normal(7, 3, (60, 6, 5, 1))
    np.save(tmp_path / "x.npy", raw)
    dataset = ArrayFile(str(tmp_path / "x.npy"), domain=domain)
    input_spec = InputSpec(raw.shape[1:], domain, 4)
    stream = LoadedStream(dataset, input_spec)
    found = np.concatenate([rows.examples for rows in stream.batches(7)])
    assert found.dtype == (np.int64 if domain == "categorical" else np.float32)
    for example in found:
        assert np.abs(raw - example).reshape(60, -1).max(axis=1).min() < 1e-4
    middle = np.concatenate([rows.examples for rows in stream.batches(7, 40, 58)])
    np.testing.assert_array_equal(middle, found[40:58])


def test_images_are_encoded_as_the_folder_loader_brings_them(models, tmp_path, images):
    Image.new("RGBA", (9, 30), (200, 30, 10, 90)).save(images / "b" / "x.png")
    encode(models, "digits", images, "--output", tmp_path / "codes.npy", "--batch", 4)
    found = np.load(tmp_path / "codes.npy")
    loaded = ImageFolder(str(images), size=28, channels=1).load()
    trained = np.concatenate([due(values(split.examples)) for split in loaded.splits.values()])
    # sums of 784 values, which each kernel adds up in an order of its own
    np.testing.assert_allclose(np.sort(found, axis=0), np.sort(trained, axis=0), rtol=1e-5)
    with open(tmp_path / "codes.npy.csv", newline="") as file:
        table = list(csv.DictReader(file))
    names = [f"a/{n}.png" for n in (0, 2, 4, 6, 8)] + [f"b/{n}.png" for n in (1, 3, 5, 7, "x")]
    assert [row["name"] for row in table] == names
    assert [row["index"] for row in table] == list(map(str, range(10)))
    assert [row["label"] for row in table] == ["0"] * 5 + ["1"] * 5
    pixels = np.empty((28, 28, 1), np.uint8)
    assert decode.read_image(images / table[3]["name"], pixels) is None
    np.testing.assert_allclose(found[3], due(pixels[None] / np.float32(255))[0], rtol=1e-5)


def test_images_are_brought_to_a_shape_that_is_no_square(models, tmp_path):
    (tmp_path / "images").mkdir()
    half = np.zeros((12, 40), np.uint8)
    half[:, :20] = 255
    Image.fromarray(half).save(tmp_path / "images" / "half.png")
    encode(models, "unit", tmp_path / "images", "--output", tmp_path / "codes.npy")
    [[first, total]] = np.load(tmp_path / "codes.npy")
    assert first > 0.9
    assert total == pytest.approx(15, abs=1)


def test_broken_images_are_left_out_and_named(models, tmp_path, images, capsys):
    for name in ("a/2.png", "b/1.png"):
        (images / name).write_bytes(b"no image")
    assert encode(models, "digits", images, "--output", tmp_path / "codes.npy", "--batch", 1) == 0
    assert np.load(tmp_path / "codes.npy").shape == (7, 2)
    printed = capsys.readouterr().out
    assert "left out 2 of 9 images: a/2.png (cannot identify image file" in printed
    with open(tmp_path / "codes.npy.csv", newline="") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    assert names == ["a/0.png", "a/4.png", "a/6.png", "a/8.png", "b/3.png", "b/5.png", "b/7.png"]


def test_a_folder_without_one_good_image_is_refused(models, tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(b"no image")
    with pytest.raises(InputError, match="none of the 1 images below .* can be read: a.png"):
        encode(models, "digits", tmp_path / "images", "--output", tmp_path / "codes.npy")
    assert [path.name for path in tmp_path.iterdir()] == ["images"]


def test_a_condition_is_the_class_that_the_folder_stood_for_in_training(models, tmp_path, images):
    words = ["--output", tmp_path / "classes.npy", "--outputs", "class", "--force"]
    encode(models, "conditional", images, *words)
    assert np.load(tmp_path / "classes.npy").tolist() == [0] * 5 + [1] * 4
    (images / "a").rename(images / "c")
    encode(models, "conditional", images, *words)
    assert np.load(tmp_path / "classes.npy").tolist() == [1] * 4 + [2] * 5
    (images / "c").rename(images / "d")
    with pytest.raises(InputError, match="expected folders named a, b, c .*; found d"):
        encode(models, "conditional", images, *words)


def test_a_conditional_encoder_needs_labels_that_it_knows(models, tmp_path, save, random):
    raw = random.uniform(size=(5, *SHAPE))
    with pytest.raises(InputError, match="together with its class; .*x.npy has no labels: put them"):
        encode(models, "conditional", save(raw), "--output", tmp_path / "codes.npy")
    file = save(x=raw, y=np.array([0, 2, 1, 3, -1]))
    with pytest.raises(InputError, match="labels from 0 to 2, .*; example 3 has 3"):
        encode(models, "conditional", file, "--output", tmp_path / "codes.npy")
    assert not (tmp_path / "codes.npy").exists()


def test_labels_of_a_file_are_matched_by_the_names_of_the_classes(models, tmp_path, save, random):
    raw, words = random.uniform(size=(5, *SHAPE)), np.array(["c", "a", "b", "a", "c"])
    output = ["--output", tmp_path / "classes.npy", "--outputs", "class", "--force"]
    for labels in (words, words[:, None], [2, 0, 1, 0, 2], np.eye(3)[[2, 0, 1, 0, 2]]):
        encode(models, "conditional", save(x=raw, y=labels), *output)
        assert np.load(tmp_path / "classes.npy").tolist() == [2, 0, 1, 0, 2]
    with pytest.raises(InputError, match="the classes of the training; y holds 'd', which is no class"):
        encode(models, "conditional", save(x=raw, y=np.array(["d"] * 5)), *output)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int64", "bool", "float32"])
def test_zeros_and_ones_are_encoded_as_they_were_learned(models, tmp_path, save, random, dtype):
    raw = random.integers(0, 2, (5, *SHAPE))
    encode(models, "binary", save(raw.astype(dtype)), "--output", tmp_path / "codes.npy")
    np.testing.assert_allclose(np.load(tmp_path / "codes.npy"), due(raw))
    raw[3] = 255
    with pytest.raises(InputError, match="from 0 to 1 in .*; example 3 holds 255; scale them first"):
        encode(models, "binary", save(raw.astype("uint8")), "--output", tmp_path / "other.npy")


def test_records_hold_every_field(models, tmp_path, images):
    words = ["--output", tmp_path / "codes.tfrecord", "--outputs", "code,whole,square,total"]
    encode(models, "unit", images, *words)
    encode(models, "unit", images, "--output", tmp_path / "codes.npy")
    code = np.load(tmp_path / "codes.npy")
    records = tf.data.TFRecordDataset(str(tmp_path / "codes.tfrecord")).as_numpy_iterator()
    for row, record in enumerate(records):
        features = tf.train.Example.FromString(record).features.feature
        assert features["index"].int64_list.value[:] == [row]
        assert features["label"].int64_list.value[:] == [int(row >= 5)]
        assert features["name"].bytes_list.value[0].startswith(b"ab"[row >= 5 :][:1] + b"/")
        np.testing.assert_array_equal(np.float32(features["code"].float_list.value), code[row])
        np.testing.assert_array_equal(
            np.float32(features["square"].float_list.value), [*code[row], *code[row]]
        )
        assert features["whole"].int64_list.value[:] == code[row].astype(int).tolist()
        assert features["total"].float_list.value[:] == [code[row, 1]]
    assert row == 8


def test_a_table_holds_every_field_in_groups_of_rows(models, tmp_path, images, monkeypatch):
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(typed_rows, "ROW_GROUP", 200)
    (images / "a" / "2.png").write_bytes(b"no image")
    words = ["--output", tmp_path / "codes.parquet", "--outputs", "code whole square total", "--batch", 3]
    encode(models, "unit", images, *words)
    encode(models, "unit", images, "--output", tmp_path / "codes.npy")
    code = np.load(tmp_path / "codes.npy")
    file = parquet.ParquetFile(tmp_path / "codes.parquet")
    assert file.num_row_groups > 1
    table = file.read()
    assert table["index"].to_pylist() == [0, 2, 3, 4, 5, 6, 7, 8]
    assert table["name"].to_pylist()[:2] == ["a/0.png", "a/4.png"]
    assert table["label"].to_pylist() == [0] * 4 + [1] * 4
    assert str(table.schema.field("code").type) == "fixed_size_list<element: float not null>[2]"
    assert json.loads(table.schema.field("square").metadata[b"shape"]) == [2, 2]
    np.testing.assert_allclose(table["code"].to_pylist(), code, rtol=1e-6)  # of other batch sizes
    code = np.array(table["code"].to_pylist(), np.float32)
    np.testing.assert_array_equal(np.reshape(table["square"].to_pylist(), (8, 2, 2))[:, 1], code)
    np.testing.assert_array_equal(table["whole"].to_pylist(), code.astype(np.int32))
    np.testing.assert_array_equal(table["total"].to_pylist(), code[:, 1])


def test_a_table_of_floats_is_smaller_than_their_array(tmp_path, random):
    parquet = pytest.importorskip("pyarrow.parquet")
    path, code = tmp_path / "codes.parquet", random.normal(size=(5000, 8)).astype(np.float32)
    outputs = {"code": ((8,), np.dtype("float32")), "whole": ((), np.dtype("int64"))}
    with open_writer([path], SimpleNamespace(outputs=outputs), RowColumns(False, False)) as writer:
        rows = Batch(np.arange(5000), code)
        writer.add(rows, {"code": code, "whole": random.integers(0, 9, 5000)})
    assert path.stat().st_size < 0.95 * code.nbytes  # the sign and the exponent of each take half their bits
    np.testing.assert_array_equal(parquet.read_table(path)["code"].to_pylist(), code)


def test_a_table_without_pyarrow_is_refused(models, tmp_path, save, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"needs pyarrow: .*pip install 'keras_ae\[parquet\]'"):
        encode(models, "unit", save(np.ones((3, *SHAPE))), "--output", tmp_path / "codes.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]


@pytest.mark.parametrize(
    ("recipe", "array", "message"),
    [
        ("unit", np.full((3, 6, 5), 1.5), r"values in \[0, 1\] in .*x.npy.*; example 2 holds 1.5"),
        ("unit", np.full((3, 6, 5), np.nan), r"values in \[0, 1\] .*; example 2 holds nan"),
        ("unit", np.full((3, 6, 5), -2), r"values in \[0, 1\] .*; example 2 holds -2"),
        ("real", np.full((3, 6, 5), -np.inf), "finite numbers in .*; example 2 holds -inf"),
        ("real", np.full((3, 6, 5), 1e300), "finite numbers in .*; example 2 holds 1e[+]300"),
        ("categorical", np.full((3, 6, 5), 4), "numbers of classes from 0 to 3 in .*; example 2 holds 4"),
        ("categorical", np.full((3, 6, 5), 0.5), "whole numbers, each of a class, in .*; received float64"),
    ],
)
def test_values_that_the_model_does_not_take_are_named_by_their_example(
    models, tmp_path, save, recipe, array, message
):
    array[:2] = 0
    with pytest.raises(InputError, match=message):
        encode(models, recipe, save(array), "--output", tmp_path / "codes.npy", "--batch", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (
            np.ones((3, 7, 7)),
            r"shape \(6, 5, 1\), as the model was trained on, in .*x.npy; received \(7, 7\)",
        ),
        (np.ones(3), r"shape \(6, 5, 1\), .* received \(\)"),
        (np.ones((0, 6, 5)), r"expected examples in .*; received shape \(0, 6, 5\)"),
        (np.full((3, 6, 5), "a"), "expected numbers in .*; received dtype <U1"),
    ],
)
def test_an_array_of_a_wrong_kind_is_refused_before_anything_is_written(
    models, tmp_path, save, array, message
):
    with pytest.raises(InputError, match=message):
        encode(models, "unit", save(array), "--output", tmp_path / "new" / "codes.npy")
    assert not (tmp_path / "new").exists()


def test_data_of_another_domain_or_shape_is_refused(models, tmp_path, images, few_digits):
    with pytest.raises(InputError, match=r"of the real domain, .*; received .*images, a folder of images"):
        encode(models, "real", images, "--output", tmp_path / "codes.npy")
    with pytest.raises(InputError, match="trained on values of the real domain, mnist_5k holds unit ones"):
        encode(models, "real", "mnist_5k", "--output", tmp_path / "codes.npy")
    with pytest.raises(InputError, match=r"shape \(6, 5, 1\), .* in mnist_5k; received \(28, 28, 1\)"):
        encode(models, "unit", "mnist_5k", "--output", tmp_path / "codes.npy")


def test_an_archive_stored_by_columns_is_refused(models, tmp_path, save):
    with pytest.raises(InputError, match="x.npz:x is stored column by column, .*ascontiguousarray"):
        encode(models, "unit", save(x=np.ones((3, *SHAPE), order="F")), "--output", tmp_path / "codes.npy")


@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
def test_a_file_that_is_cut_or_broken_leaves_nothing_behind(models, tmp_path, name):
    """Of the archive only its checksum, at the very end, tells that a byte is another."""
    np.save(tmp_path / "x.npy", np.ones((50, *SHAPE), np.uint8))
    if name == "x.npz":
        np.savez(tmp_path / "x.npz", x=np.load(tmp_path / "x.npy"))
        (tmp_path / "x.npy").unlink()
    file = tmp_path / name
    content = bytearray(file.read_bytes())
    if name == "x.npy":
        del content[-100:]
    else:
        content[1000] += 1
    file.write_bytes(content)
    with pytest.raises(InputError, match=f"{name} cannot be read as a NumPy file"):
        encode(models, "unit", file, "--output", tmp_path / "codes.npy", "--batch", 4)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_archive_that_ends_early_is_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((5, *SHAPE), np.uint8))
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        content = (tmp_path / "x.npy").read_bytes()
        archive.writestr("x.npy", content.replace(b"(5, 6, 5, 1)", b"(9, 6, 5, 1)"))
    with pytest.raises(InputError, match="x ends before its 9 rows"):
        list(open_stream(str(tmp_path / "x.npz"), InputSpec(SHAPE, "unit")).batches(4))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--split", "test"], "x.npy has no splits of its own; leave out --split, received 'test'"),
        (["--key", "y"], "x.npy holds array; received data.key=y"),
        (["--batch", "0"], "--batch of at least 1, received 0"),
        (["--outputs", "code,mode"], "gives no output 'mode' .near it: code.; it gives code, whole"),
        (["--outputs", "code,total"], "an .npy holds one output, received --outputs code,total"),
        (["--head", "decoder"], "unit has no exported decoder .near it: encoder.; it has encoder"),
        (["--head-version", "7"], "no version 7 of its encoder"),
    ],
)
def test_unusable_requests_are_refused(models, tmp_path, save, words, message):
    with pytest.raises(InputError, match=message):
        encode(models, "unit", save(np.ones((3, *SHAPE))), "--output", tmp_path / "codes.npy", *words)
    assert not (tmp_path / "codes.npy").exists()


def test_one_image_is_one_code_and_the_same_as_in_its_folder(models, tmp_path, images):
    first = sorted(images.rglob("*.png"))[0]
    encode(models, "unit", images, "--output", tmp_path / "all.npy")
    for name in (first, os.path.relpath(first)):
        encode(models, "unit", name, "--output", tmp_path / "one.npy", "--force")
        np.testing.assert_array_equal(np.load(tmp_path / "one.npy"), np.load(tmp_path / "all.npy")[:1])
    assert (tmp_path / "one.npy.csv").read_text().splitlines() == ["index,name,label", f"0,{first.name},"]
    (tmp_path / "one.npy").unlink()
    with pytest.raises(InputError, match="one.npy.csv already exists"):
        encode(models, "unit", first, "--output", tmp_path / "one.npy")


def test_a_series_is_encoded_by_its_windows(tmp_path, capsys, random):
    series = {"channels": ["load", "heat"], "step": 3600 * 10**9, "time": "time", "label": "", "group": ""}
    save_head(tmp_path, "series", (4, 2), domain="real", shape=[4, 2], series=series)
    save_head(tmp_path, "older", (4, 2), domain="real", shape=[4, 2])
    values = random.normal(size=(9, 2)).astype(np.float32)
    times = np.datetime64("2024-01-01T00") + np.arange(9)
    rows = [f"{heat!r},{time}:00,{load!r}" for time, (load, heat) in zip(times, values.tolist(), strict=True)]
    file = tmp_path / "load.csv"
    file.write_text("\n".join(["heat,time,load", *rows]) + "\n")
    encode(tmp_path, "series", file, "--output", tmp_path / "codes.npy")
    windows = np.stack([values[at : at + 4] for at in range(6)])
    np.testing.assert_allclose(np.load(tmp_path / "codes.npy"), due(windows), rtol=1e-6)
    told = capsys.readouterr().out
    assert "read as a series: 6 windows of 4 points of load, heat, which begin 1 point apart" in told
    _, first, *_ = (tmp_path / "codes.npy.csv").read_text().splitlines()
    assert first == "0,2024-01-01 00:00:00 to 2024-01-01 03:00:00,"
    encode(tmp_path, "series", file, "--output", tmp_path / "codes.csv", "--batch", "4")
    assert len((tmp_path / "codes.csv").read_text().splitlines()) == 1 + 6
    for name, content, message in (
        (
            "series",
            "time,lod\n2024-01-01,1\n",
            "has no column 'load' .near it: lod.; its columns are time, lod",
        ),
        ("series", "\n".join(["heat,time,load", *rows[:3]]), "expected 4 points in a row without a gap"),
        ("series", "\n".join(["heat,time,load", *rows[::3]]), "expected points .* apart, as in training"),
        ("older", "\n".join(["heat,time,load", *rows]), "of the real domain, load.csv holds table ones"),
    ):
        file.write_text(content + "\n")
        with pytest.raises(InputError, match=message):
            encode(tmp_path, name, file, "--output", tmp_path / "none.npy")
    with pytest.raises(InputError, match="leave out --split and --key"):
        encode(tmp_path, "series", file, "--output", tmp_path / "none.npy", "--split", "test")
    several = series | {"groups": ["a", "b"]}
    save_head(tmp_path, "several", (4, 2), domain="real", shape=[4, 2], series=several)
    with pytest.raises(InputError, match="learned 2 series, each scaled by itself, .* give its windows as"):
        encode(tmp_path, "several", file, "--output", tmp_path / "none.npy")


def test_a_key_of_what_holds_no_arrays_is_refused(models, tmp_path):
    with pytest.raises(InputError, match="mnist_5k holds no arrays by name; leave out --key"):
        encode(models, "digits", "mnist_5k", "--key", "x", "--output", tmp_path / "codes.npy")


def test_an_output_of_unknown_kind_is_refused(models, tmp_path, save):
    with pytest.raises(
        InputError, match=r"named \*.npy or \*.csv or \*.parquet or \*.tfrecord; received .*codes.txt"
    ):
        encode(models, "unit", save(np.ones((3, *SHAPE))), "--output", tmp_path / "codes.txt")


def test_an_output_that_is_there_is_replaced_only_by_force(models, tmp_path, save):
    (tmp_path / "codes.npy").write_text("mine")
    words = ["unit", save(np.ones((3, *SHAPE))), "--output", tmp_path / "codes.npy"]
    with pytest.raises(InputError, match="codes.npy already exists; .* --force"):
        encode(models, *words)
    assert (tmp_path / "codes.npy").read_text() == "mine"
    encode(models, *words, "--force")
    assert np.load(tmp_path / "codes.npy").shape == (3, 2)


def test_a_head_without_a_whole_card_or_without_inputs_is_refused(models, tmp_path):
    folder = tmp_path / "head"
    folder.mkdir()
    with pytest.raises(InputError, match="has no card.json that can be read .*; export it again"):
        Head.of(folder)
    (folder / "card.json").write_text("{}")
    with pytest.raises(
        InputError, match="has no card that describes its signatures and weights .*; export it"
    ):
        Head.of(folder)
    card = json.loads((models / "unit/encoder/1/card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(InputError, match="head cannot be loaded .*; export it again"):
        Head.of(folder).load()
    card["signatures"]["serving_default"]["inputs"] = {"code": {"shape": [None, 2], "dtype": "float32"}}
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(InputError, match="expected a head that takes inputs, or a column .*head takes code"):
        Head.of(folder)
    card["signatures"]["serving_default"]["inputs"] = {
        "inputs": {"shape": [None, None, None, 1], "dtype": "float32"}
    }
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(
        InputError, match="takes images of any size, whose codes have as many sizes; for .*predict"
    ):
        Head.of(folder)


@pytest.mark.parametrize("kind", ["npy", "tfrecord"])
def test_a_full_disk_leaves_nothing_under_the_name(models, tmp_path, save, kind):
    """The limit on a file's size stands for the disk's."""
    file = save(np.ones((60_000, *SHAPE), np.uint8))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        with pytest.raises(OSError, match="File too large"):
            encode(models, "unit", file, "--output", tmp_path / f"codes.{kind}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]


def test_an_interrupt_leaves_nothing_under_the_name(models, tmp_path, save, monkeypatch):
    file = save(np.ones((3000, *SHAPE), np.uint8))

    def bar(options, count):
        return lambda done: os.kill(os.getpid(), signal.SIGINT) if done > 900 else None

    monkeypatch.setattr(verb, "encoding_bar", bar)
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # ignored where tests run in the background
    try:
        with pytest.raises(KeyboardInterrupt):
            encode(models, "unit", file, "--output", tmp_path / "codes.npy", "--batch", 100)
    finally:
        signal.signal(signal.SIGINT, before)
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]


def test_a_bar_is_drawn_on_a_terminal_alone(models, tmp_path, save, capsys, monkeypatch):
    words = [
        "unit",
        save(np.ones((30, *SHAPE))),
        "--output",
        tmp_path / "codes.npy",
        "--batch",
        10,
        "--force",
    ]
    encode(models, *words)
    captured = capsys.readouterr()
    assert captured.err == ""
    assert len(captured.out.splitlines()) == 1
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    encode(models, *words)
    captured = capsys.readouterr()
    assert "30/30" in captured.err
    assert "a second" in captured.err
    assert len(captured.out.splitlines()) == 1


def test_an_input_is_known_by_its_content(images, save, few_digits):
    input_spec = InputSpec((28, 28, 1), "unit")
    before = FolderStream(str(images), input_spec).sha256()
    assert FolderStream(str(images), input_spec).sha256() == before
    (images / "a" / "0.png").rename(images / "a" / "00.png")
    assert FolderStream(str(images), input_spec).sha256() != before
    file = save(x=np.zeros((3, 28, 28)), images=np.ones((3, 28, 28)))
    one, other = (open_stream(str(file), input_spec, key=key).sha256() for key in ("x", "images"))
    assert one != other
    one, other = (open_stream("mnist_5k", input_spec, split).sha256() for split in ("train", "test"))
    assert one != other


def test_a_stream_is_taken_for_no_data_set():
    assert "ArrayStream" not in {kind.__name__ for kind in dataset_kinds()}


@pytest.mark.slow
def test_encoding_is_hardly_slower_than_a_bare_prediction_and_takes_little_memory(tmp_path):
    """60,000 digits (5,000 twelve times over) by the denoising recipe's encoder, untrained."""
    digits = np.tile(mnist.embedded_digits()[0], (12, 1, 1, 1))
    np.save(tmp_path / "digits.npy", digits)
    variant = recipe.load("denoising").variant
    heads = variant.build(Spec((28, 28, 1), (28, 28, 1), "unit"))
    card = {"data": {"domain": "unit", "shape": [28, 28, 1]}}
    units = Scaler("unit", np.float32(0), np.float32(1))
    few = {"inputs": digits[:4] / np.float32(255)}
    export_heads(ServableHeads(heads, units, few), "denoising", card, tmp_path / "models")
    head = Head.of(tmp_path / "models/denoising/encoder/1")
    stream = open_stream(str(tmp_path / "digits.npy"), head.input_spec)
    seen = {"inputs": digits / np.float32(255)}
    rates = {"predict": [], "encode": []}
    for repeat in range(6):  # the first warms up
        started = time.perf_counter()
        bare = heads.encoder.predict(seen, batch_size=head.batch(), verbose=0)["code"]
        seconds = time.perf_counter() - started
        done = encoding.encode(head, stream, tmp_path / "codes.npy", force=True)
        if repeat:
            rates["predict"].append(len(digits) / seconds)
            rates["encode"].append(len(digits) / done.seconds)
    np.testing.assert_allclose(np.load(tmp_path / "codes.npy"), bare, atol=1e-5)
    predicted, encoded = (statistics.median(rates[name]) for name in ("predict", "encode"))
    print(f"\npredict {predicted:,.0f} a second, encode {encoded:,.0f}, ratio {encoded / predicted:.2f}")
    words = ["encode", "denoising", "digits.npy", "--models", "models", "--output", "codes.npy", "--force"]
    code = "import sys; from keras_ae.cli import main; status = main(sys.argv[1:]);"
    code += "print(open('/proc/self/status').read()); sys.exit(status)"
    told = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    largest = int(re.search(r"VmHWM:\s+(\d+) kB", told)[1])  # rusage would count this process's own memory
    print(f"largest resident memory of the whole process: {largest / 1024:.0f} MiB")
    assert largest < 2**20
    assert encoded >= 0.8 * predicted
