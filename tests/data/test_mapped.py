"""Examples that stay on disk give what examples in memory give, and are read in batches."""

import dataclasses

import numpy as np
import pytest

from keras_ae.data import arrays, mapped
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.examples import Split
from keras_ae.data.mapped import MappedExamples, MappedSplit
from keras_ae.data.memory import Arrays
from keras_ae.data.npy import mapped_array
from keras_ae.data.scaling import Scaler, in_original_units
from keras_ae.data.types import Data
from keras_ae.data.video.arrays import ClipArray
from keras_ae.domains import REAL, UNIT
from keras_ae.errors import InputError


@pytest.fixture
def saved(tmp_path):
    """Saves an array, and gives the examples of its file, which are not read."""

    def save(array):
        np.save(tmp_path / "a.npy", array)
        return mapped_array(str(tmp_path / "a.npy"))

    return save


KINDS = {
    "bytes": lambda random: random.integers(0, 255, (60, 6, 5), dtype=np.uint8),
    "float64 in [0, 1]": lambda random: random.uniform(size=(60, 4, 4, 3)),
    "float16": lambda random: random.normal(size=(60, 7)).astype("f2"),
    "float64 of several sizes": lambda random: random.normal(size=(60, 4)) * [1, 10, 1e3, 0] + 5,
    "12 bits": lambda random: random.integers(0, 4000, (60, 6, 6)).astype("u2"),
    "of another byte order": lambda random: random.normal(size=(60, 6, 6)).astype(">f4"),
    "0 and 1": lambda random: random.integers(0, 2, (60, 8)).astype("f4"),
    "negative whole numbers": lambda random: random.integers(-3, 9, (60, 4)),
    "truth values": lambda random: random.uniform(size=(60, 4)) > 0.5,
}


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_an_array_in_its_file_is_the_data_of_one_in_memory(tmp_path, random, make, monkeypatch):
    monkeypatch.setattr(mapped, "BLOCK", 64)  # so that each statistic is taken over many blocks
    np.save(tmp_path / "a.npy", make(random))
    held, read = (ArrayFile(str(tmp_path / "a.npy"), stream=stream).load() for stream in (False, True))
    assert isinstance(read.train, MappedSplit)
    assert not isinstance(held.train, MappedSplit)
    assert (read.sha256, read.notes, read.domain) == (held.sha256, held.notes, held.domain)
    np.testing.assert_array_equal(read.scale, held.scale)
    np.testing.assert_array_equal(read.offset, held.offset)
    for name, split in held.splits.items():
        assert read.splits[name].examples.dtype == split.examples.dtype
        np.testing.assert_array_equal(np.asarray(read.splits[name].examples), split.examples)
        np.testing.assert_array_equal(np.asarray(read.splits[name].numbers), split.numbers)
        np.testing.assert_array_equal(
            in_original_units(read.splits[name], read.scaler), in_original_units(split, held.scaler)
        )


def test_a_large_array_stays_in_its_file_and_a_small_one_does_not(tmp_path, random, monkeypatch):
    np.save(tmp_path / "a.npy", random.uniform(size=(60, 4)))
    assert type(ArrayFile(str(tmp_path / "a.npy")).load().train) is Split
    monkeypatch.setattr(arrays, "MOST_IN_MEMORY", 60 * 4 * 8 - 1)  # float64, as it is held
    assert type(ArrayFile(str(tmp_path / "a.npy")).load().train) is MappedSplit


def test_categories_stay_in_their_file(tmp_path, random):
    np.save(tmp_path / "a.npy", random.integers(0, 3, (60, 5)))
    held, read = (
        ArrayFile(str(tmp_path / "a.npy"), domain="categorical", stream=stream).load()
        for stream in (False, True)
    )
    assert read.train.shape == (5, 3)
    assert read.sha256 == held.sha256


def test_an_array_that_cannot_be_read_row_by_row_is_refused_with_what_to_do(tmp_path, random, monkeypatch):
    x = random.uniform(size=(60, 4))
    np.save(tmp_path / "f.npy", np.asfortranarray(x))
    np.savez(tmp_path / "a.npz", x=x)
    for name, advice in (("f.npy", "numpy.ascontiguousarray"), ("a.npz", "numpy.save")):
        assert type(ArrayFile(str(tmp_path / name)).load().train) is Split
        with pytest.raises(InputError, match=f"data.stream=true.*{advice}"):
            ArrayFile(str(tmp_path / name), stream=True).load()
    monkeypatch.setattr("keras_ae.data.npy.LARGEST", 100)
    for name, advice in (("f.npy", "numpy.ascontiguousarray"), ("a.npz", "numpy.save")):
        with pytest.raises(InputError, match=f"at most 0 are held in memory; .*{advice}"):
            ArrayFile(str(tmp_path / name)).load()
    np.save(tmp_path / "c.npy", x)
    with pytest.raises(InputError, match="leave data.stream=false out"):
        ArrayFile(str(tmp_path / "c.npy"), stream=False).load()


def test_a_file_that_ends_too_early_is_refused(tmp_path, random):
    np.save(tmp_path / "a.npy", random.uniform(size=(60, 4)))
    whole = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(whole[:-8])
    with pytest.raises(InputError, match="ends before its 60 examples: it holds 1,912 of 1,920 bytes"):
        ArrayFile(str(tmp_path / "a.npy"), stream=True).load()


def test_a_file_that_becomes_shorter_while_it_is_read_is_told(tmp_path, random):
    np.save(tmp_path / "a.npy", random.uniform(size=(60, 4)))
    data = ArrayFile(str(tmp_path / "a.npy"), stream=True).load()
    np.save(tmp_path / "a.npy", random.uniform(size=(6, 4)))
    with pytest.raises(InputError, match="a.npy has become shorter since it was opened; start again"):
        np.asarray(data.train.examples)


def test_the_first_number_that_is_not_finite_is_told_wherever_it_is(tmp_path, random, monkeypatch):
    monkeypatch.setattr(mapped, "BLOCK", 64)
    x = random.normal(size=(60, 4))
    x[50, 2] = x[51, 3] = np.nan
    np.save(tmp_path / "a.npy", x)
    with pytest.raises(InputError, match=r"2 are NaN or infinite, the first at index \(50, 2\)"):
        ArrayFile(str(tmp_path / "a.npy"), stream=True).load()


def test_clips_stay_in_their_file_unless_they_are_cut(tmp_path, random):
    np.save(tmp_path / "a.npy", random.uniform(size=(40, 4, 6, 6)))
    whole = ClipArray(str(tmp_path / "a.npy"), stream=True).load()
    assert isinstance(whole.train, MappedSplit)
    assert whole.sha256 == ClipArray(str(tmp_path / "a.npy")).load().sha256
    with pytest.raises(InputError, match="windows of clips are cut in memory; leave data.window out"):
        ClipArray(str(tmp_path / "a.npy"), window=2, stream=True).load()


def test_a_map_that_a_user_gives_stays_on_disk_if_it_is_large(tmp_path, random, monkeypatch):
    x = random.integers(0, 255, (60, 6, 5), dtype=np.uint8)
    np.save(tmp_path / "a.npy", x)
    given = np.load(tmp_path / "a.npy", mmap_mode="r")[1:]
    in_memory, small = (Arrays(array, np.arange(59) % 3).load() for array in (x[1:], given))
    monkeypatch.setattr(mapped, "MOST_IN_MEMORY", 100)
    large = Arrays(given, np.arange(59) % 3).load()
    assert [type(data.train) for data in (in_memory, small, large)] == [Split, Split, MappedSplit]
    assert in_memory.sha256 == small.sha256 == large.sha256
    assert str(Arrays(given)) == str(Arrays(x[1:]))


def test_indexing_reads_nothing_and_one_example_is_an_array(saved, random):
    x = random.integers(0, 255, (30, 3, 2), dtype=np.uint8)
    examples = saved(x)
    for index in (slice(3, 20, 4), np.array([9, 2, 2]), np.arange(30) % 3 == 1):
        assert isinstance(examples[index], MappedExamples)
        np.testing.assert_array_equal(np.asarray(examples[index]), x[index])
        np.testing.assert_array_equal(np.asarray(examples[::-1][index]), x[::-1][index])
    assert isinstance(examples[4], np.ndarray)
    np.testing.assert_array_equal(examples[-1], x[-1])
    np.testing.assert_array_equal(list(examples), x)
    assert examples.nbytes == x.nbytes


def test_statistics_are_taken_some_examples_at_a_time(saved, random, monkeypatch):
    monkeypatch.setattr(mapped, "BLOCK", 100)
    x = random.normal(size=(50, 3, 4)) + 7
    examples = saved(x)
    assert (examples.min(), examples.max()) == (x.min(), x.max())
    assert max(block.nbytes for block in examples.blocks()) <= 100
    # the sums of another order differ in the last of 16 digits
    np.testing.assert_allclose(np.mean(examples, axis=0, dtype=np.float64), x.mean(0), rtol=1e-14)
    np.testing.assert_allclose(examples.mean((0, 1)), x.mean((0, 1)), rtol=1e-14)
    np.testing.assert_allclose(examples.std((0, 1)), x.std((0, 1)), rtol=1e-13)


def test_more_than_memory_has_room_for_is_never_read_at_once(saved, random, monkeypatch):
    examples = saved(random.normal(size=(50, 4)))
    monkeypatch.setattr(mapped, "LARGEST", 1000)
    with pytest.raises(InputError, match="50 examples take .* at most 0 are held in memory at once"):
        np.asarray(examples)
    held = MappedSplit(examples, np.arange(50)).in_memory(10 * 4 * 4)
    assert type(held) is Split
    np.testing.assert_array_equal(held.labels, np.arange(0, 50, 5))
    np.testing.assert_array_equal(held.examples, np.asarray(examples[::5]))


def test_parts_of_one_file_are_joined_without_reading_them(saved, random):
    x = random.integers(0, 255, (30, 4), dtype=np.uint8)
    whole = MappedSplit(saved(x), np.arange(30))
    joined = whole.take([3, 1]).joined(whole.take([20]))
    assert isinstance(joined.examples, MappedExamples)
    np.testing.assert_array_equal(np.asarray(joined.examples), x[[3, 1, 20]])
    np.testing.assert_array_equal(joined.labels, [3, 1, 20])
    np.testing.assert_array_equal(saved(x)[:2].joined(x[:1]), x[[0, 1, 0]])


def test_data_on_disk_are_rescaled_for_another_model(saved, random):
    x = random.normal(size=(30, 4)).astype(np.float32)
    examples = saved(x)

    def data(kind, values):
        parts = {name: kind(values[rows]) for name, rows in ROWS.items()}
        return Data("x", **parts, domain=REAL, offset=np.float32(3), scale=np.float32(2))

    scaler = Scaler(REAL, np.full(4, 1, np.float32), np.full(4, 0.5, np.float32))
    held, read = data(Split, x).rescaled(scaler), data(MappedSplit, examples).rescaled(scaler)
    assert isinstance(read.test, MappedSplit)
    assert held.sha256 == read.sha256


ROWS = {"train": slice(0, 20), "validation": slice(20, 25), "test": slice(25, 30)}


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_batches_and_their_static_shapes_are_those_of_memory(saved, random, kind):
    from keras_ae.data.pipeline import Autoencoding, PairedData

    x = random.integers(0, 255, (30, 4, 4, 1)).astype(kind) / kind(1)
    x = x.astype(kind)
    labels = {name: np.arange(30)[rows] % 2 for name, rows in ROWS.items()}
    held, read = (
        PairedData(
            Data(
                "x", **{name: split(values[rows], labels[name]) for name, rows in ROWS.items()}, domain=UNIT
            ),
            Autoencoding(),
            3,
        )
        for split, values in ((Split, x), (MappedSplit, saved(x)))
    )
    assert held.spec == read.spec
    pairs = [
        (held.training_batches(8)[0].take(5), read.training_batches(8)[0].take(5)),
        (held.test_batches(), read.test_batches()),
    ]
    for one, other in pairs:
        # equal shapes are compiled into equal graphs, and so give equal losses to the last digit
        assert one.element_spec == other.element_spec
        for (tensors, _), (others, _) in zip(one, other, strict=True):
            assert tensors.keys() == others.keys()
            for name in tensors:
                np.testing.assert_array_equal(tensors[name], others[name])


def test_simple_detectors_score_a_test_split_on_disk_some_examples_at_a_time(saved, random, monkeypatch):
    from keras_ae.tasks.anomaly_metrics import detection_metrics

    x = random.uniform(size=(60, 6)).astype(np.float32)
    x[40:50] += 2
    outputs = {"score": x.sum(axis=1), "is_anomaly": x.sum(axis=1) > 5}
    outputs = {name: value[30:] for name, value in outputs.items()}
    labels = (np.arange(30, 60) >= 40) & (np.arange(30, 60) < 50)
    tables = []
    monkeypatch.setattr(mapped, "BLOCK", 100)
    for split, values in ((Split, x), (MappedSplit, saved(x))):
        test = split(values[30:], labels.astype(np.int64))
        data = Data("x", split(values[:30]), split(values[:10]), test, domain=UNIT)
        tables.append(detection_metrics(outputs, 5.0, data, 2, seed=0))
    assert tables[0].keys() == tables[1].keys()
    for name, row in tables[0].items():
        # ranks may change where products of other shapes differ in the last digit
        assert tables[1][name] == pytest.approx(row, abs=1e-6)


@pytest.mark.slow
def test_a_run_from_disk_has_the_losses_of_one_from_memory(tmp_path, random, tiny_recipe):
    from keras_ae.training.train import train

    np.save(tmp_path / "a.npy", random.integers(0, 255, (200, 12, 12), dtype=np.uint8))
    histories = []
    for stream in (False, True):
        data = ArrayFile(str(tmp_path / "a.npy"), stream=stream)
        run = train(
            dataclasses.replace(tiny_recipe, data=data),
            tmp_path / str(stream),
            report=lambda _: None,
            verbose=0,
        )
        histories.append(
            [{name: value for name, value in epoch.items() if name != "seconds"} for epoch in run.history]
        )
    assert histories[0] == histories[1]
