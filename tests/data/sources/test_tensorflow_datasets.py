"""Data sets of TensorFlow Datasets by name."""

import sys
from pathlib import Path

import numpy as np
import pytest

from keras_ae.data.find import find_dataset
from keras_ae.data.sources.local import local, local_copy, title_of
from keras_ae.errors import InputError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))
    return tmp_path


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(InputError, match=r"tfds:mnist needs tensorflow_datasets: .*keras_ae\[tfds\]"):
        local_copy("tfds:mnist")


def test_titles_of_names():
    assert title_of("tfds:fashion_mnist/plain:1.0.0") == "fashion_mnist-plain-1.0.0"


@pytest.mark.extras
@pytest.mark.filterwarnings("ignore")  # of the package and what it imports
def test_a_prepared_data_set_is_read(folder):
    import tensorflow as tf
    import tensorflow_datasets as tfds

    pixels = np.random.default_rng(0).integers(0, 255, (20, 6, 6, 1), dtype=np.uint8)
    examples = tf.data.Dataset.from_tensor_slices({"image": pixels, "label": np.arange(20) % 2})
    features = tfds.features.FeaturesDict({
        "image": tfds.features.Image(shape=(6, 6, 1)),
        "label": tfds.features.ClassLabel(names=["stop", "go"]),
    })  # fmt: skip
    splits = {"train": examples.take(20), "test": examples.take(6)}
    tfds.dataset_builders.store_as_tfds_dataset(
        "tiny_signs", "1.0.0", features=features, split_datasets=splits, data_dir=folder / "tfds"
    )
    data = local(find_dataset("tfds:tiny_signs")).load()
    assert data.label_names == ("go", "stop")
    assert len(data.test) == 6
    assert len(list(Path(local_copy("tfds:tiny_signs")).rglob("*.png"))) == 26
    with pytest.raises(InputError, match="has no data set called 'no_such_signs'"):
        local_copy("tfds:no_such_signs")
