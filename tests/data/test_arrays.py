"""One's own .npy and .npz files: what they may hold, and what is said of what they may not."""

import dataclasses
import re

import numpy as np
import pytest

from keras_ae.data import npy
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.find import find_dataset
from keras_ae.errors import InputError


@pytest.fixture
def save(tmp_path):
    def save(array=None, **named):
        path = tmp_path / ("a.npz" if named else "a.npy")
        np.savez(path, **named) if named else np.save(path, array)
        return str(path)

    return save


def test_bytes_stay_bytes_of_the_unit_interval(save, random):
    loaded = ArrayFile(save(random.integers(0, 255, (20, 6, 5), dtype=np.uint8))).load()
    assert loaded.train.shape == (6, 5, 1)
    assert loaded.train.examples.dtype == np.uint8
    assert loaded.domain == "unit"


@pytest.mark.parametrize(
    ("convert", "highest"),
    [(lambda x: x, 1.0), (lambda x: x > 0.5, 1.0), (lambda x: (x * 65535).astype("uint16"), 1.0)],
)
def test_floats_in_the_unit_interval_and_booleans_and_deep_images_are_unit(save, random, convert, highest):
    loaded = ArrayFile(save(convert(random.uniform(size=(30, 4, 4, 3))))).load()
    assert loaded.domain == "unit"
    assert loaded.train.examples.dtype == np.float32
    assert loaded.train.shape == (4, 4, 3)
    assert 0.9 < loaded.train.examples.max() <= highest


def test_real_vectors_are_standardized_by_the_training_split(save, random):
    raw = random.normal(size=(200, 3)) * [1, 10, 0] + [5, -100, 7]
    loaded = ArrayFile(save(raw)).load()
    assert loaded.domain == "real"
    np.testing.assert_allclose(loaded.train.examples.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(loaded.train.examples.std(0), [1, 1, 0], atol=1e-4)
    back = loaded.train.examples * loaded.scale + loaded.offset
    distance = np.abs(back[:, None] - raw[None]).max(-1).min(1)
    assert distance.max() < 1e-3


def test_real_images_are_standardized_per_channel(save, random):
    loaded = ArrayFile(save(random.normal(size=(50, 4, 4, 2)) * [1, 100])).load()
    assert loaded.scale.shape == (2,)
    np.testing.assert_allclose(loaded.train.examples.std((0, 1, 2)), 1, rtol=1e-3)


def test_integers_are_real_numbers(save, random):
    assert ArrayFile(save(random.integers(-5, 500, (30, 4)))).load().domain == "real"


def test_the_domain_can_be_said(save, random):
    path = save(random.uniform(size=(30, 4)))
    assert ArrayFile(path, domain="real").load().domain == "real"
    with pytest.raises(ValueError, match="domain must be one of .*categorical.*received 'gray'"):
        ArrayFile(path, domain="gray")


def test_an_npz_gives_its_examples_and_labels(save, random):
    path = save(images=random.uniform(size=(30, 4, 4)), labels=np.arange(30) % 3, extra=np.zeros(3))
    loaded = ArrayFile(path).load()
    assert loaded.train.shape == (4, 4, 1)
    assert set(loaded.train.labels) == {0, 1, 2}


def test_an_npz_with_a_test_set_keeps_it(save, random):
    path = save(
        x_train=random.integers(0, 255, (40, 4, 4), dtype=np.uint8),
        y_train=np.arange(40) % 10,
        x_test=random.integers(0, 255, (7, 4, 4), dtype=np.uint8),
        y_test=np.arange(7),
    )
    loaded = ArrayFile(path).load()
    assert len(loaded.test) == 7
    assert loaded.test.labels.tolist() == list(range(7))
    assert len(loaded.train) + len(loaded.validation) == 40


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (
            np.eye(7, 10) / 2,
            r"y_test holds float64 of shape \(7, 10\), neither one label .* nor one-hot rows",
        ),
        (np.array(["a"] * 7), r"y_train holds words and numbers \(train int64 .*test words"),
        (np.array(3), r"y_test holds int64 of shape \(\), not one label for each example"),
        (np.full(7, np.nan), "y_test lacks the labels of 7 of 7 examples"),
        (np.full(7, 0.5), "y_test holds numbers such as 0.5, which are no classes"),
    ],
)
def test_labels_that_are_not_used_are_told_with_the_reason(save, random, labels, reason):
    images = random.integers(0, 255, (47, 4, 4), dtype=np.uint8)
    path = save(x_train=images[:40], y_train=np.arange(40), x_test=images[40:], y_test=labels)
    loaded = ArrayFile(path).load()
    assert loaded.test.labels is None
    assert loaded.train.labels is None
    assert re.search(f"labels are not used: {reason}", loaded.notes[0])


def test_labels_of_one_split_alone_are_not_used(save, random):
    images = random.integers(0, 255, (47, 4, 4), dtype=np.uint8)
    loaded = ArrayFile(save(x_train=images[:40], y_train=np.arange(40), x_test=images[40:])).load()
    assert loaded.train.labels is None
    assert loaded.notes[0] == "labels are not used: the file has none for x_test"


def test_labels_of_another_number_are_refused(save, random):
    path = save(x=random.uniform(size=(30, 4)), y=np.arange(29))
    with pytest.raises(InputError, match="each of the 30 examples in x; received 29 in y; .*rename y"):
        ArrayFile(path).load()


def test_an_array_without_a_name_need_not_hold_labels(save, random):
    path = save(arr_0=random.uniform(size=(30, 4)), arr_1=np.arange(7))
    assert ArrayFile(path).load().train.labels is None
    labeled = save(arr_0=random.uniform(size=(30, 4)), arr_1=np.arange(30) % 2)
    assert ArrayFile(labeled).load().classes == 2


@pytest.mark.parametrize(
    ("labels", "names", "numbers"),
    [
        (np.arange(30) % 3, (), {0, 1, 2}),
        (np.arange(30)[:, None] % 3.0, (), {0, 1, 2}),
        (np.arange(30) % 3 + 1, ("1", "2", "3"), {0, 1, 2}),
        (np.arange(30) % 2 * 2 - 1, ("-1", "1"), {0, 1}),
        (np.array(["no", "so"])[np.arange(30) % 2], ("no", "so"), {0, 1}),
        (np.array([b"no", b"so"])[np.arange(30) % 2], ("no", "so"), {0, 1}),
        (np.arange(30) % 2 == 0, (), {0, 1}),
        (np.eye(4)[np.arange(30) % 3], (), {0, 1, 2}),
        ((np.arange(30) % 3).astype(">i4"), (), {0, 1, 2}),
    ],
)
def test_labels_of_many_kinds_are_classes_without_a_gap(save, random, labels, names, numbers):
    loaded = ArrayFile(save(x=random.uniform(size=(30, 4)), y=labels)).load()
    assert loaded.label_names == names
    assert loaded.classes == len(numbers)
    assert set(np.concatenate([split.labels for split in loaded.splits.values()])) == numbers
    assert loaded.notes[0].startswith(f"labels from y: {len(numbers)} classes")


def test_words_stay_with_their_examples(save):
    x, words = np.arange(60.0)[:, None] * [1, 2], np.where(np.arange(60) < 30, "low", "high")
    loaded = ArrayFile(save(x=x, y=words)).load()
    original = loaded.scaler.inverse_transform(loaded.train.examples)[:, 0]
    assert ((original > 29.5) == (loaded.train.labels == loaded.label_names.index("high"))).all()


def test_a_file_of_keras_and_one_of_medmnist_keep_their_splits(save, random):
    images = random.integers(0, 255, (60, 4, 4), dtype=np.uint8)
    labels = (np.arange(60) % 4)[:, None]
    path = save(
        train_images=images[:40], train_labels=labels[:40],
        val_images=images[40:45], val_labels=labels[40:45],
        test_images=images[45:], test_labels=labels[45:],
    )  # fmt: skip
    loaded = ArrayFile(path).load()
    assert {name: len(split) for name, split in loaded.splits.items()} == {
        "train": 40, "validation": 5, "test": 15
    }  # fmt: skip
    np.testing.assert_array_equal(loaded.test.examples[..., 0], images[45:])
    assert loaded.test.labels.tolist() == labels[45:, 0].tolist()
    assert loaded.rule == "val_images is the validation split; test_images is the test split"
    assert loaded.notes[-1] == f"split {loaded.rule}"


def test_no_group_is_in_two_splits(save, random):
    groups = random.integers(0, 12, 200)
    x = random.normal(size=(200, 3)) + groups[:, None]
    x[:, 2] = groups
    loaded = ArrayFile(save(x=x, groups=groups)).load()
    found = [
        set(np.round(loaded.scaler.inverse_transform(one.examples)[:, 2])) for one in loaded.splits.values()
    ]
    assert sum(map(len, found)) == len(set.union(*found)) == 12
    assert loaded.rule.startswith("by groups: none of its 12 groups is in two splits")


def test_a_group_that_is_in_two_splits_of_a_file_is_refused(save, random):
    x, groups = random.uniform(size=(60, 4)), np.arange(60) // 10
    same = {"x_train": x[:45], "groups_train": groups[:45], "x_test": x[45:]}
    with pytest.raises(InputError, match="1 of them are in x_train and in x_test, such as '4'; take"):
        ArrayFile(save(**same, groups_test=groups[45:])).load()
    assert ArrayFile(save(**same)).load().rule.startswith("x_test is the test split; the others by groups")


def test_groups_of_another_number_are_refused(save, random):
    with pytest.raises(
        InputError, match=r"expected groups of shape \(30,\).*received int64 of shape \(29,\)"
    ):
        ArrayFile(save(x=random.uniform(size=(30, 4)), groups=np.arange(29))).load()


def test_a_test_set_of_another_shape_is_refused(save):
    path = save(x_train=np.ones((40, 4, 4)), x_test=np.ones((7, 5, 5)))
    with pytest.raises(InputError, match=r"x_train and x_test .* differ: \(40, 4, 4, 1\)"):
        ArrayFile(path).load()


def test_a_key_is_asked_for_when_none_is_known(save, random):
    path = save(alpha=random.uniform(size=(9, 3)), beta=random.uniform(size=(9, 3)))
    with pytest.raises(InputError, match="alpha, beta, none of them named"):
        ArrayFile(path).load()
    assert ArrayFile(path, key="beta").load().train.shape == (3,)
    with pytest.raises(InputError, match="holds alpha, beta; received data.key=gamma"):
        ArrayFile(path, key="gamma").load()


def test_a_single_array_of_any_name_is_taken(save, random):
    assert ArrayFile(save(whatever=random.uniform(size=(9, 3)))).load().train.shape == (3,)


@pytest.mark.parametrize("shape", [(5,), (), (2, 2, 2, 2, 2, 2), (0, 4), (4, 0, 3)])
def test_a_wrong_rank_or_an_empty_array_is_refused(save, shape):
    with pytest.raises(InputError, match="received shape"):
        ArrayFile(save(np.zeros(shape))).load()


def test_nan_is_refused_with_its_place(save):
    array = np.zeros((6, 4, 4))
    array[3, 1, 2] = np.nan
    array[5, 0, 0] = np.inf
    with pytest.raises(InputError, match=r"2 are NaN or infinite, the first at index \(3, 1, 2\)"):
        ArrayFile(save(array)).load()


def test_records_are_refused_with_a_way_to_join_them(save):
    with pytest.raises(InputError, match="records of a, b; join the fields"):
        ArrayFile(save(np.zeros(9, [("a", "f4"), ("b", "i4")]))).load()


def test_complex_numbers_are_refused_with_what_to_make_of_them(save):
    with pytest.raises(InputError, match="received dtype complex128; stack x.real and x.imag as channels"):
        ArrayFile(save(np.zeros((9, 4), complex))).load()


def test_text_is_refused(save):
    with pytest.raises(InputError, match="expected numbers .* received dtype <U1"):
        ArrayFile(save(np.array([["a", "b"]] * 5))).load()


def test_pickled_objects_are_refused_and_not_run(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}, None], object), allow_pickle=True)
    with pytest.raises(InputError, match="plain numbers"):
        ArrayFile(str(tmp_path / "a.npy")).load()


def test_channels_first_is_refused(save):
    with pytest.raises(InputError, match=r"channels first; move the axis"):
        ArrayFile(save(np.zeros((9, 3, 32, 32)))).load()


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_a_file_that_is_no_array_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"no array at all")
    with pytest.raises(InputError, match="cannot be read as a NumPy file"):
        ArrayFile(str(tmp_path / name)).load()


def test_a_corrupt_archive_is_refused(save, random, tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, x=random.uniform(size=(50, 20)))
    content = bytearray(path.read_bytes())
    content[300:340] = b"\xff" * 40
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read as a NumPy file"):
        ArrayFile(str(path)).load()


def test_members_that_are_not_wanted_stay_unread(save, monkeypatch, random):
    monkeypatch.setattr(npy, "LARGEST", 1000)
    path = save(x=random.uniform(size=(20, 4)), huge=np.zeros((500, 4)))
    assert ArrayFile(path).load().train.shape == (4,)


def test_a_constant_column_is_left_in_its_own_scale(save, random):
    raw = np.c_[random.normal(size=50) * 9, np.full(50, 0.1)]
    loaded = ArrayFile(save(raw)).load()
    assert loaded.scale[1] == 1
    np.testing.assert_allclose(loaded.train.examples[:, 1], 0, atol=1e-6)


def test_columns_that_float32_would_blur_are_refused(save, random):
    raw = np.c_[random.normal(size=(400, 2)), 1e6 + 1e-3 * random.normal(size=400)]
    with pytest.raises(
        InputError, match=r"x\[..., 2\] varies by less .*origin such as (\S+) from it"
    ) as refusal:
        ArrayFile(save(raw)).load()
    origin = float(re.search(r"such as (\S+) from", str(refusal.value))[1])
    loaded = ArrayFile(save(raw - [0, 0, origin])).load()  # the advice works
    assert len(np.unique(loaded.train.examples[:, 2])) == len(loaded.train)


def test_what_is_learned_is_what_is_served(save, random):
    raw = 1e5 + random.normal(size=(200, 1)) * [1, 1e4]
    loaded = ArrayFile(save(raw)).load()
    served = (raw.astype(np.float32) - loaded.scale.dtype.type(0) - loaded.offset) / loaded.scale
    assert {row.tobytes() for row in loaded.train.examples} <= {row.tobytes() for row in served}


def test_outliers_that_flatten_a_column_are_told_with_number_and_value(save, random):
    raw = random.normal(size=(400, 2))
    raw[:9, 1] = -9999
    notes = ArrayFile(save(raw)).load().notes
    assert re.match(r"x\[..., 1\] holds \d values of -9999 so far away .* leave those examples out", notes[0])
    raw[:9, 1] = 2.0**63
    with pytest.raises(InputError, match=r"x\[..., 1\] holds \d values of 9.22337e\+18 .* cannot tell"):
        ArrayFile(save(raw)).load()


def test_a_file_is_read_as_the_training_data_was(save, random):
    bytes_of_0_and_1 = random.integers(0, 2, (20, 4, 4), dtype=np.uint8)
    learned = ArrayFile(save(bytes_of_0_and_1)).load().scaler
    dark = np.zeros((20, 4, 4), np.uint8)
    dark[:, 0] = np.arange(20)[:, None] >> np.arange(4) & 1
    assert ArrayFile(save(dark)).load_like(learned).train.examples.max() == 1
    as_bytes = ArrayFile(save(bytes_of_0_and_1)).load_like(dataclasses.replace(learned, full_scale=None))
    assert as_bytes.train.examples.dtype == np.uint8  # of which 255 stands for 1
    with pytest.raises(InputError, match="whole numbers from 0 to 1, which stands for 1; received 0 to 25"):
        ArrayFile(save(random.integers(0, 256, (20, 4, 4), dtype=np.uint8))).load_like(learned)


def test_a_file_of_real_numbers_is_standardized_as_the_training_data_was(save, random):
    learned = ArrayFile(save(random.normal(size=(200, 3)) * 5 + 2)).load().scaler
    narrow = 0.5 + random.normal(size=(200, 3)) * 1e-9  # within [0, 1], and too sharp for a scale of its own
    loaded = ArrayFile(save(narrow)).load_like(learned)
    assert loaded.domain == "real"
    np.testing.assert_allclose(
        loaded.test.examples,
        np.tile((0.5 - learned.offset) / learned.scale, (len(loaded.test), 1)),
        atol=1e-5,
    )
    assert loaded.rescaled(learned) is loaded


@pytest.mark.parametrize("named", [{}, {"x": True}])
def test_an_array_that_would_not_fit_is_refused_by_its_header(save, monkeypatch, named):
    monkeypatch.setattr(npy, "LARGEST", 1000)
    path = save(x=np.zeros((200, 4))) if named else save(np.zeros((200, 4)))
    with pytest.raises(InputError, match="are held in memory"):
        ArrayFile(path).load()


def test_files_are_found_by_their_suffix(save):
    path = save(np.zeros((3, 3)))
    assert find_dataset(path) == ArrayFile(path)


def test_numbers_of_classes_become_one_hot(tmp_path, random):
    numbers = random.integers(0, 3, (60, 4, 5))
    numbers[0, 0, 0] = 3
    np.save(tmp_path / "a.npy", numbers)
    data = ArrayFile(str(tmp_path / "a.npy"), domain="categorical").load()
    assert data.domain == "categorical"
    assert data.train.shape == (4, 5, 4)
    assert data.train.examples.dtype == bool
    assert (data.train.examples.sum(-1) == 1).all()


@pytest.mark.parametrize(("values", "found"), [([[0.5, 1]], "float64 from"), ([[-1, 2]], "int64 from -1")])
def test_what_are_no_numbers_of_classes_is_refused(tmp_path, values, found):
    np.save(tmp_path / "a.npy", np.array(values) + np.arange(9)[:, None] % 3)
    with pytest.raises(InputError, match=f"whole numbers from 0, .*; received {found}"):
        ArrayFile(str(tmp_path / "a.npy"), domain="categorical").load()


def test_too_many_classes_are_refused_before_they_are_spread_out(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(200).reshape(20, 10) * 10**8)
    with pytest.raises(InputError, match="GiB with .* classes one-hot, at most 4"):
        ArrayFile(str(tmp_path / "a.npy"), domain="categorical").load()


def test_series_keep_their_time_axis(tmp_path, random):
    np.save(tmp_path / "one.npy", random.normal(size=(30, 12)))
    np.save(tmp_path / "two.npy", random.normal(size=(30, 12, 2)))
    np.save(tmp_path / "four.npy", random.normal(size=(30, 6, 4, 5)))
    assert ArrayFile(str(tmp_path / "one.npy"), series=True).load().train.shape == (12, 1)
    assert ArrayFile(str(tmp_path / "two.npy"), series=True).load().train.shape == (12, 2)
    with pytest.raises(InputError, match=r"expected series \(n, time\).*received \(30, 6, 4, 5\)"):
        ArrayFile(str(tmp_path / "four.npy"), series=True).load()
