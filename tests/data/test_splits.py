"""Splits that never move, and batches whose order and noise follow from seed, epoch and index alone."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from keras_ae.data import pipeline
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.dataset import Sample
from keras_ae.data.examples import Split
from keras_ae.data.find import dataset_kinds, find_dataset
from keras_ae.data.pipeline import Autoencoding, PairedData, without_names
from keras_ae.data.scaling import Scaler
from keras_ae.data.splits import assign, digests, split_by_content
from keras_ae.data.tables.tables import TableFile
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.heads import inference_batch
from keras_ae.tasks.corruption import Gaussian
from keras_ae.tasks.restoration import Denoising

PLAIN = Autoencoding()
NOISY = Denoising(Gaussian(0.1))


def numbered(count):
    return Split(np.arange(count, dtype=np.float32)[:, None].repeat(3, 1))


def paired(split, task, seed=0):
    return PairedData(Data("numbers", split, split, split, "real"), task, seed)


def epochs_of(split, task, first_epoch=0, epochs=1, seed=7, batch_size=4):
    batches, steps = paired(split, task, seed).training_batches(batch_size, first_epoch)
    seen = [
        (inputs.numpy(), targets.numpy()) for inputs, targets in without_names(batches).take(steps * epochs)
    ]
    inputs, targets = (np.concatenate(part) for part in zip(*seen, strict=True))
    return inputs.reshape(epochs, -1, 3), targets.reshape(epochs, -1, 3)


def test_an_example_keeps_its_split_when_others_join(random):
    few = random.integers(0, 255, (200, 5), dtype=np.uint8)
    many = np.concatenate([random.integers(0, 255, (300, 5), dtype=np.uint8), few])
    before, after = assign(digests(few)), assign(digests(many))
    for name in before:
        assert {few[i].tobytes() for i in before[name]} <= {many[i].tobytes() for i in after[name]}


def test_the_shares_are_about_a_tenth_each(random):
    parts = assign(digests(random.normal(size=(5000, 2))))
    assert len(parts["validation"]) == pytest.approx(500, rel=0.2)
    assert len(parts["test"]) == pytest.approx(500, rel=0.2)
    assert sorted(np.concatenate(list(parts.values()))) == list(range(5000))


def test_equal_examples_share_a_split(random):
    examples = random.integers(0, 255, (100, 4), dtype=np.uint8).repeat(3, 0)
    splits = split_by_content(examples)
    contents = [{row.tobytes() for row in split.examples} for split in splits.values()]
    assert not contents[0] & contents[1]
    assert not contents[0] & contents[2]
    assert not contents[1] & contents[2]


@pytest.mark.parametrize("count", [3, 4, 7, 12])
def test_no_split_of_a_small_set_is_empty(count):
    for start in range(20):
        parts = assign(digests(np.arange(start, start + count)))
        assert all(len(index) for index in parts.values())
        assert sum(len(index) for index in parts.values()) == count


def test_no_split_of_repeated_examples_is_empty(random):
    for number in range(200):
        repeated = np.repeat(np.arange(3) + 10 * number, [20, 3, 1])
        assert all(len(index) for index in assign(digests(repeated)).values())


def test_too_few_different_examples_are_refused():
    with pytest.raises(InputError, match="at least 3 different examples.*received 2"):
        assign(digests(np.array([1, 1, 2])))


def test_no_test_share_leaves_the_test_split_to_the_official_one():
    parts = assign(digests(np.arange(50)), test=0)
    assert len(parts["test"]) == 0
    assert len(parts["validation"]) > 0


def test_every_epoch_has_each_example_once_in_a_new_order():
    _, targets = epochs_of(numbered(12), PLAIN, epochs=3)
    for epoch in targets:
        assert sorted(epoch[:, 0]) == list(range(12))
    assert not np.array_equal(targets[0], targets[1])
    assert not np.array_equal(targets[1], targets[2])


def test_every_epoch_has_new_noise_and_a_repeat_has_the_same():
    inputs, targets = epochs_of(numbered(12), NOISY, epochs=2)
    noise = [epoch[np.argsort(clean[:, 0])] for epoch, clean in zip(inputs - targets, targets, strict=True)]
    assert np.abs(noise[0] - noise[1]).min() > 0
    again, _ = epochs_of(numbered(12), NOISY, epochs=2)
    np.testing.assert_array_equal(inputs, again)


def test_a_resumed_epoch_is_that_of_an_unbroken_run():
    unbroken, _ = epochs_of(numbered(13), NOISY, epochs=4)
    resumed, _ = epochs_of(numbered(13), NOISY, first_epoch=2, epochs=2)
    np.testing.assert_array_equal(unbroken[2:], resumed)


def test_another_seed_gives_another_order_and_noise():
    one, two = epochs_of(numbered(12), NOISY, seed=1), epochs_of(numbered(12), NOISY, seed=2)
    assert not np.array_equal(one[1], two[1])
    assert not np.array_equal(np.sort(one[0], 1), np.sort(two[0], 1))


def test_noise_does_not_depend_on_the_batch_size():
    small, large = epochs_of(numbered(12), NOISY, batch_size=3), epochs_of(numbered(12), NOISY, batch_size=6)
    np.testing.assert_allclose(small[0], large[0], rtol=1e-6)  # but for the last digits


def test_a_batch_larger_than_the_split_is_the_split():
    batches, steps = paired(numbered(5), PLAIN).training_batches(64)
    assert steps == 1
    assert next(iter(without_names(batches)))[0].shape == (5, 3)


def test_held_back_examples_come_in_order_with_the_same_noise_each_time(monkeypatch):
    monkeypatch.setattr(pipeline, "inference_batch", lambda shape: 4)
    batches = paired(numbered(10), NOISY, 3).test_batches()
    first, second = ([x.numpy() for x, _ in without_names(batches)] for _ in range(2))
    assert [len(batch) for batch in first] == [4, 4, 2]
    np.testing.assert_array_equal(np.concatenate(first), np.concatenate(second))
    clean = np.concatenate([targets.numpy() for _, targets in batches])
    np.testing.assert_array_equal(clean[:, 0], np.arange(10))


@pytest.mark.parametrize(("shape", "size"), [((28, 28, 1), 256), ((256, 256, 3), 5), ((3000, 3000, 3), 1)])
def test_batches_that_are_not_trained_on_hold_a_bounded_number_of_values(shape, size):
    assert inference_batch(shape) == size


def test_each_split_has_noise_of_its_own_and_none_of_training():
    data = ArrayFile("unused.npy").sample()
    same = np.zeros((4, 6), np.float32)
    splits = [dataclasses.replace(split, examples=same) for split in data.splits.values()]
    noisy = paired(splits[0], NOISY)
    noises = [next(iter(noisy.held_back_batches(split)))[0]["inputs"].numpy() for split in splits]
    noises.append(next(iter(noisy.training_batches(4)[0]))[0]["inputs"].numpy())
    rows = np.concatenate(noises)
    assert len({row.tobytes() for row in rows}) == 16


def test_data_is_brought_into_a_models_own_units(random):
    raw = random.normal(size=(50, 3)) * 5 + 3
    splits = split_by_content(raw.astype(np.float32))
    parts = {
        name: dataclasses.replace(split, examples=(split.examples - 3) / 5) for name, split in splits.items()
    }
    data = Data("a", **parts, domain="real", offset=np.float32(3), scale=np.float32(5))
    moved = data.rescaled(Scaler("real", np.float32(1), np.float32(2)))
    np.testing.assert_allclose(moved.train.examples, (splits["train"].examples - 1) / 2, rtol=1e-5)
    assert data.rescaled(data.scaler) is data
    with pytest.raises(InputError, match="trained on values of the unit domain, received values of the real"):
        data.rescaled(Scaler("unit", np.float32(0), np.float32(1)))


def test_a_table_is_brought_to_a_model_of_columns_alike():
    rows = Split(np.zeros((4, 7), np.float32))
    data = Data("t", rows, rows, rows, domain="table(n,w3)")
    assert data.overview.startswith("examples of 7 values (table): ")
    assert data.rescaled(Scaler("table(n0.5~0.2,w3)", np.float32(0), np.float32(1))) is data
    expected = "a table of 2 numbers and 1 words, 2 different ones, received one of 1 numbers and 1 words, 3"
    with pytest.raises(InputError, match=expected):
        data.rescaled(Scaler("table(n*2,w2)", np.float32(0), np.float32(1)))
    older = Scaler("real", np.float32(0), np.float32(1), preprocessor=object())
    with pytest.raises(InputError, match="trained by an earlier version, .* train it again"):
        data.rescaled(older)


def test_a_thinned_split_is_evenly_spaced():
    assert numbered(10).thin(4).examples[:, 0].tolist() == [0, 3, 6, 9]
    assert len(numbered(10).thin(10)) == len(numbered(10).thin(99)) == 10


def test_bytes_become_the_unit_interval():
    np.testing.assert_array_equal(values(np.array([[0, 255]], np.uint8)), np.array([[0, 1]], "float32"))
    assert values(np.zeros((1, 2), np.float32)).dtype == tf.float32


def test_each_kind_of_data_has_a_name_or_a_priority_of_its_own():
    names = [kind.name for kind in dataset_kinds() if kind.name]
    assert len(set(names)) == len(names)
    paths = [kind for kind in dataset_kinds() if kind.priority]
    assert [kind.__name__ for kind in paths] == [
        "ArrayFile", "ClipArray", "IdxFiles", "SoundFolder", "ImageFolder", "LevelFolder", "MidiFolder",
        "ClipFolder", "PhotoFolder", "TableFile", "SeriesFile", "SequenceFile", "Embeddings", "TextFiles",
    ]  # fmt: skip
    assert len({kind.priority for kind in paths}) == len(paths)
    assert not any(kind.name for kind in paths)


def test_a_table_is_tried_before_a_series(tmp_path):
    assert isinstance(find_dataset(str(tmp_path / "values.csv")), TableFile)


@pytest.mark.parametrize("kind", dataset_kinds(), ids=lambda kind: kind.__name__)
def test_every_kind_has_a_sample_of_its_schema_without_a_file(kind):
    try:
        dataset = kind()
    except InputError:
        dataset = kind("no/such/path")
    loaded = Sample(dataset).load()
    for split in loaded.splits.values():
        assert len(split) > 0
        assert split.shape == loaded.train.shape
        wanted = (np.bool_,) if loaded.domain == "categorical" else (np.uint8, np.float32)
        assert split.examples.dtype in wanted
    assert len(loaded.sha256) == 64
    assert loaded.sha256 == dataset.sample().sha256


def test_an_unknown_data_set_is_refused_with_those_that_are_near(tmp_path):
    with pytest.raises(
        InputError,
        match=r"data set called 'minst' \(near it: mnist, mnist_5k\); keras-ae data",
    ):
        find_dataset("minst")
    (tmp_path / "table.xyz").touch()
    with pytest.raises(InputError, match="table.xyz is of no known kind; expected a folder"):
        find_dataset(str(tmp_path / "table.xyz"))
    (tmp_path / "one.PNG").touch()
    with pytest.raises(InputError, match="put it into a folder, or give it to keras-ae predict"):
        find_dataset(str(tmp_path / "one.PNG"))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, bool])
def test_examples_that_are_read_in_a_graph_are_once_in_memory(dtype):
    examples = np.arange(24).reshape(6, 4).astype(dtype)
    split = Split(examples)
    for _ in range(2):
        read = split.reader()
        index = tf.constant([4, 1], tf.int64)
        np.testing.assert_array_equal(read(index, None), values(examples[[4, 1]]))
        assert not np.shares_memory(split.examples, examples)
    np.testing.assert_array_equal(split.examples, examples)
    assert np.shares_memory(split.examples, np.asarray(split._tensor))
    assert split.take(slice(2)).examples.dtype == dtype
