"""Digits that come with a package, and the files that MNIST is published in."""

import gzip
import hashlib
import struct

import numpy as np
import pytest

from keras_ae.data.download import download
from keras_ae.data.find import find_dataset
from keras_ae.data.images.idx import IdxFiles
from keras_ae.data.images.mnist import FashionMnist, Mnist, Mnist5k, read_idx
from keras_ae.domains import UNIT
from keras_ae.errors import InputError


def test_the_embedded_digits_are_five_thousand_real_ones():
    data = Mnist5k().load()
    assert sum(len(split) for split in data.splits.values()) == 5000
    assert data.train.shape == (28, 28, 1)
    labels = np.concatenate([split.labels for split in data.splits.values()])
    assert np.bincount(labels).tolist() == [500] * 10
    assert data.sha256 == Mnist5k().load().sha256


def write_idx(path, array):
    header = b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes()))


def test_an_idx_file_is_read(tmp_path, random):
    array = random.integers(0, 255, (4, 3, 2), dtype=np.uint8)
    write_idx(tmp_path / "a.gz", array)
    np.testing.assert_array_equal(read_idx(tmp_path / "a.gz"), array)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\0\0\x0d\x01\0\0\0\x01a", "expected an idx file of bytes"),
        (b"\0\0", "expected an idx file of bytes"),
        (b"\0\0\x08\x01\0\0\0\x05abc", "expected 5 bytes"),
        (b"\0\0\x08\x01\0\0\0\x02abc", "expected 2 bytes"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "more than the"),
    ],
)
def test_a_broken_idx_file_is_refused(tmp_path, content, message):
    (tmp_path / "a.gz").write_bytes(gzip.compress(content))
    with pytest.raises(InputError, match=message):
        read_idx(tmp_path / "a.gz")


@pytest.fixture
def keras_home(tmp_path, monkeypatch):
    """A Keras cache of its own, so that no test downloads or depends on what is there."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("kind", [Mnist, FashionMnist])
def test_official_files_in_the_cache_are_loaded(keras_home, monkeypatch, random, kind):
    folder = keras_home / "datasets" / kind.folder
    folder.mkdir(parents=True)
    arrays = [(60, 28, 28), (60,), (20, 28, 28), (20,)]
    hashes = {}
    for name, shape in zip(kind.files, arrays, strict=True):
        write_idx(folder / name, random.integers(0, 10, shape, dtype=np.uint8))
        hashes[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    monkeypatch.setattr(kind, "files", hashes)
    data = kind().load()
    assert len(data.train) + len(data.validation) == 60
    assert len(data.test) == 20
    assert data.test.shape == (28, 28, 1)


def test_a_failed_download_says_which_file_goes_where(keras_home):
    with pytest.raises(
        InputError, match=r"could not fetch file:///nowhere/a.gz .* put the file at .*datasets/x/a.gz"
    ):
        download("a.gz", "file:///nowhere/", "x", "0" * 64)


def test_a_download_of_other_content_is_refused(keras_home, tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "a.gz").write_bytes(b"other")
    with pytest.raises(InputError, match="put the file at"):
        download("a.gz", f"file://{tmp_path}/source/", "x", "0" * 64)


def write_set(folder, random, name="{}", compress=True):
    """Files of 40 images to train and 20 to test on, with labels."""
    folder.mkdir()
    for part, count in (("train", 40), ("t10k", 20)):
        for what, shape in (("images-idx3", (count, 8, 6)), ("labels-idx1", (count,))):
            file = folder / f"{name.format(part)}-{what}-ubyte{'.gz' if compress else ''}"
            write_idx(file, random.integers(1, 4, shape, dtype=np.uint8))
            if not compress:
                file.write_bytes(gzip.decompress(file.read_bytes()))


@pytest.mark.parametrize(("name", "compress"), [("{}", True), ("emnist-letters-{}", False)])
def test_a_folder_in_mnists_format_is_data(tmp_path, random, name, compress):
    write_set(tmp_path / "set", random, name, compress)
    dataset = find_dataset(str(tmp_path / "set"))
    assert isinstance(dataset, IdxFiles)
    data = dataset.load()
    assert data.name == "set"
    assert (data.train.shape, data.domain) == ((8, 6, 1), UNIT)
    assert (len(data.train) + len(data.validation), len(data.test)) == (40, 20)
    assert data.label_names == ("1", "2", "3")
    again = dataset.load_like(data.scaler)
    np.testing.assert_array_equal(again.test.examples, data.test.examples)
    assert dataset.sample().train.shape


def test_a_file_of_images_is_data_with_or_without_labels(tmp_path, random):
    write_set(tmp_path / "set", random)
    images = tmp_path / "set" / "t10k-images-idx3-ubyte.gz"
    assert find_dataset(str(images)).load().classes == 3
    images.with_name("t10k-labels-idx1-ubyte.gz").unlink()
    data = IdxFiles(str(images)).load()
    assert data.train.labels is None
    assert len(data.train) + len(data.validation) + len(data.test) == 20


def test_files_of_two_sets_and_broken_ones_are_refused(tmp_path, random):
    write_set(tmp_path / "set", random)
    file = tmp_path / "set" / "train-images-idx3-ubyte.gz"
    file.with_name("kmnist-train-images-idx3-ubyte.gz").write_bytes(file.read_bytes())
    with pytest.raises(InputError, match=r"files of one set .* move the others"):
        IdxFiles(str(tmp_path / "set")).load()
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(InputError, match=r"cannot be decompressed .* fetch it again"):
        IdxFiles(str(file)).load()
