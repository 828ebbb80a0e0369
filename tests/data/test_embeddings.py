"""Embeddings: matrices that stay in their file, and patches of photographs."""

import tracemalloc

import numpy as np
import pytest

from keras_ae.data import embeddings
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.embeddings import files
from keras_ae.data.embeddings.files import Embeddings
from keras_ae.data.embeddings.patches import NaturalPatches, whitened
from keras_ae.data.embeddings.stored import Matrix
from keras_ae.data.find import find_dataset
from keras_ae.data.pipeline import Autoencoding, PairedData
from keras_ae.errors import InputError


@pytest.fixture
def matrix(random):
    """200 rows of 6 features of very different means and sizes, with each row twice."""
    rows = random.normal(size=(100, 6)) * [1, 2, 3, 4, 5, 100] + [0, 10, -10, 3, 50, 1000]
    return np.repeat(rows, 2, axis=0)


def saved(folder, array, name="x.npy"):
    np.save(folder / name, array)
    return str(folder / name)


def rows_of(split):
    """All rows of a split, as training reads them."""
    read = split.reader()
    return np.asarray(read(np.arange(len(split)), None))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", ">f4"])
def test_rows_are_read_from_the_file_and_standardized_by_one_scale(matrix, tmp_path, dtype):
    matrix = matrix.astype(dtype)
    data = Embeddings(saved(tmp_path, matrix)).load()
    train = rows_of(data.train)
    assert train.dtype == np.float32
    index = data.train.index
    np.testing.assert_allclose(data.scaler.inverse_transform(train), matrix[index], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-4)
    assert train.std() == pytest.approx(1, rel=1e-3)
    assert data.scale.shape == ()
    # features keep their sizes relative to each other
    spread = matrix[index].astype(np.float64).std(axis=0)
    np.testing.assert_allclose(train.std(axis=0) / train.std(axis=0)[0], spread / spread[0], rtol=1e-3)


def test_equal_rows_are_in_one_split_and_each_row_in_one(matrix, tmp_path):
    data = Embeddings(saved(tmp_path, matrix)).load()
    parts = [data.scaler.inverse_transform(rows) for rows in
             (rows_of(data.train), data.validation.numbers, data.test.numbers)]  # fmt: skip
    assert sum(map(len, parts)) == len(matrix)
    together = np.concatenate([np.unique(part.round(2), axis=0) for part in parts])
    assert len(np.unique(together, axis=0)) == len(together) == 100


def test_some_rows_of_a_split_are_read_alone(matrix, tmp_path):
    train = Embeddings(saved(tmp_path, matrix)).load().train
    whole = rows_of(train)
    np.testing.assert_array_equal(train.take([5, 0, 7]).examples, whole[[5, 0, 7]])
    np.testing.assert_array_equal(train.take(slice(3, 9)).examples, whole[3:9])
    np.testing.assert_array_equal(train.thin(50).examples, whole[:: -(-len(whole) // 50)])
    mask = np.arange(len(whole)) % 3 == 0
    np.testing.assert_array_equal(train.take(mask).examples, whole[mask])


def test_a_file_in_another_place_and_order_of_columns_is_the_same_data(matrix, tmp_path):
    data = Embeddings(saved(tmp_path, matrix)).load()
    other = Embeddings(saved(tmp_path, np.asfortranarray(matrix), "fortran.npy")).load()
    assert data.sha256 == other.sha256
    changed = matrix.copy()
    changed[data.train.index[0], 0] += 1
    assert Embeddings(saved(tmp_path, changed, "changed.npy")).load().sha256 != data.sha256


@pytest.mark.parametrize("standardize", ["columns", "none"])
def test_standardization_is_a_choice(matrix, tmp_path, standardize):
    data = Embeddings(saved(tmp_path, matrix), standardize=standardize).load()
    train = rows_of(data.train)
    if standardize == "none":
        np.testing.assert_array_equal(train, matrix[data.train.index].astype(np.float32))
    else:
        np.testing.assert_allclose(train.std(axis=0), 1, rtol=1e-3)
    with pytest.raises(InputError, match="standardize must be one of overall, columns, none; received 'x'"):
        Embeddings("x.npy", standardize="x")


def test_other_rows_are_read_with_the_scale_of_the_training(matrix, tmp_path):
    data = Embeddings(saved(tmp_path, matrix)).load()
    other = Embeddings(saved(tmp_path, 5 * matrix + 1, "other.npy")).load_like(data.scaler)
    expected = (5 * matrix[other.train.index] + 1 - data.offset) / data.scale
    np.testing.assert_allclose(rows_of(other.train), expected, rtol=1e-4, atol=1e-4)
    assert other.rescaled(data.scaler) is other


def test_an_archive_keeps_its_labels_and_splits_and_has_one_scale(matrix, tmp_path):
    path = str(tmp_path / "x.npz")
    np.savez(path, x_train=matrix[:160], y_train=np.arange(160) % 3, x_test=matrix[160:],
             y_test=np.arange(40) % 3)  # fmt: skip
    data = Embeddings(path).load()
    assert data.classes == 3
    assert len(data.test) == 40
    assert data.scale.shape == ()
    np.testing.assert_allclose(
        data.scaler.inverse_transform(data.test.numbers), matrix[160:], rtol=1e-3, atol=0.1
    )
    assert data.train.numbers.std() == pytest.approx(1, rel=1e-3)


def test_held_back_rows_are_few_where_there_are_many(random, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MOST_AT_ONCE_BACK", 100)
    data = Embeddings(saved(tmp_path, random.normal(size=(5000, 3)))).load()
    assert 60 < len(data.test) < 150  # a fraction of 2 % by hashes, which is not exact
    assert 60 < len(data.validation) < 150
    assert len(data.train) + len(data.validation) + len(data.test) == 5000


def test_a_file_is_never_in_memory_as_a_whole(random, tmp_path):
    path, count, width = str(tmp_path / "x.npy"), 200_000, 256
    stored = np.lib.format.open_memmap(path, "w+", np.float16, (count, width))
    some = random.normal(size=(20_000, width)).astype(np.float16)
    for number, start in enumerate(range(0, count, 20_000)):
        stored[start : start + 20_000] = np.roll(some, number, axis=1)
    del stored
    tracemalloc.start()
    data = Embeddings(path).load()
    batches, _ = PairedData(data, Autoencoding()).training_batches(512)
    for tensors, _ in batches.take(3):
        assert tensors["inputs"].shape == (512, width)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # two copies of a sample of the training rows as float64, and 20,000 held-back rows of each kind
    assert peak < 2.5 * 2**24 * 8 + 2**27
    assert len(data.test) < 22_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (np.full((5000, 3), 2.0), "expected at least 3 different examples"),
        (np.where(np.arange(60).reshape(20, 3) == 31, np.nan, 1.0), "finite numbers .* example 10 holds nan"),
        (np.array([["a", "b"]] * 5), "expected numbers in .*; received dtype <U1"),
        (np.zeros((5, 2, 3)), r"expected a matrix \(n, features\) in .*, received shape \(5, 2, 3\)"),
        (np.zeros((0, 3)), r"received shape \(0, 3\)"),
        (np.zeros(7), r"expected a matrix .* received shape \(7,\)"),
        (np.arange(40.0).reshape(20, 2) * 1e300, "of which float32 holds up to 3.4e38"),
    ],
    ids=range(7),
)
def test_what_is_no_matrix_of_finite_numbers_is_refused(content, message, tmp_path):
    with pytest.raises(InputError, match=message):
        Embeddings(saved(tmp_path, content)).load()


def test_a_truncated_file_is_told_before_it_is_read(matrix, tmp_path):
    path = saved(tmp_path, matrix)
    with open(path, "r+b") as file:
        file.truncate(1000)
    with pytest.raises(InputError, match=r"ends before its 200 rows: it holds 872 of 9,600 bytes; write"):
        Embeddings(path).load()


def test_a_large_matrix_column_by_column_is_refused(tmp_path, monkeypatch, matrix):
    monkeypatch.setattr(embeddings.stored, "PIECE", 1000)
    with pytest.raises(InputError, match="stored column by column, .* numpy.ascontiguousarray"):
        Matrix.of(saved(tmp_path, np.asfortranarray(matrix)))


def test_a_path_is_read_as_embeddings_for_a_recipe_of_such(matrix, tmp_path):
    path = saved(tmp_path, matrix)
    assert isinstance(find_dataset(path, NaturalPatches()), Embeddings)
    assert isinstance(find_dataset(path), ArrayFile)
    images = saved(tmp_path, matrix.reshape(-1, 2, 3), "images.npy")
    assert isinstance(find_dataset(images, NaturalPatches()), ArrayFile)
    with pytest.raises(InputError, match="holds one array without a name; leave data.key=x out"):
        Embeddings(path, key="x").load()


def test_patches_are_the_same_in_each_run_and_have_one_scale():
    data = NaturalPatches().sample()
    assert data.train.shape == (12, 12, 1)
    assert data.train.examples.std() == pytest.approx(1, rel=1e-3)
    assert abs(data.train.examples.mean()) < 1e-3
    assert NaturalPatches().sample().sha256 == data.sha256
    assert NaturalPatches(whitened=False).sample().sha256 != data.sha256
    with pytest.raises(InputError, match="size must be at most 32, received 40"):
        NaturalPatches(40)


def test_whitening_makes_frequencies_equally_strong(random):
    # an image whose amplitudes fall as 1 / f, as those of natural ones do
    noise = np.fft.fft2(random.normal(size=(128, 128)))
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(128), np.fft.fftfreq(128)))
    natural = np.fft.ifft2(noise / np.maximum(frequency, 1 / 128)).real.astype(np.float32)
    power = np.abs(np.fft.fft2(whitened(natural))) ** 2
    low = power[(frequency > 0.02) & (frequency < 0.1)].mean()
    middle = power[(frequency > 0.1) & (frequency < 0.2)].mean()
    high = power[frequency > 0.6].mean()
    assert middle == pytest.approx(low, rel=0.2)
    assert high < 0.01 * low
