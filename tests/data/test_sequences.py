"""Files of sequences: groups of rows and .ts files, what is left out of them, and what is refused."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from keras_ae.data.find import examples_like, find_dataset
from keras_ae.data.sequences.arrays import padded, sequence_values
from keras_ae.data.sequences.digit_paths import DigitPaths
from keras_ae.data.sequences.files import SequenceFile
from keras_ae.data.types import Data
from keras_ae.errors import InputError


def trips(path, sizes, **columns):
    """A file of trips of so many rows, with values that tell which is which."""
    rows = [
        {"trip": f"trip {trip}", "time": step / 10, "speed": 100 * trip + step, "height": -step * (trip + 1)}
        for trip, size in enumerate(sizes)
        for step in range(size)
    ]
    frame = pd.DataFrame(rows)
    for name, values in columns.items():
        frame[name] = np.repeat(values, sizes)
    frame.to_csv(path, index=False)
    return SequenceFile(str(path))


def lengths(data):
    """The length of each example, by its first speed."""
    whole = np.concatenate([data.scaler.inverse_transform(split.examples) for split in data.splits.values()])
    return {round(float(one[0, 0])): int((~np.isnan(one[:, 0])).sum()) for one in whole}


def test_each_group_is_an_example_of_its_own_length(tmp_path):
    sizes = [5, 9, 12, 7, 8, 6]
    data = trips(tmp_path / "trips.csv", sizes).load()
    assert data.train.shape == (12, 3)
    assert lengths(data) == {100 * trip: size for trip, size in enumerate(sizes)}
    assert "6 sequences of 5 to 12 steps (median 7.5) of speed, height" in data.notes
    one = data.scaler.inverse_transform(data.train.examples[:1])[0]
    np.testing.assert_allclose(np.diff(one[~np.isnan(one[:, 0]), 0]), 1, rtol=1e-4)


def test_statistics_leave_out_what_does_not_exist(tmp_path):
    data = trips(tmp_path / "trips.csv", [5, 30, 12, 7, 8, 6]).load()
    values = data.train.examples[data.train.examples[..., -1] != 0][:, :-1]
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(values.std(axis=0), 1, rtol=1e-5)


@pytest.mark.parametrize("name", ["trip", "leg", "kept in words"])
def test_groups_without_times_are_rows_in_their_order(tmp_path, name):
    """Of blocks of rows the column is found where it holds text or is called so, and else it is named."""
    file = trips(tmp_path / "trips.csv", [5, 9, 12, 7])
    frame = pd.read_csv(file.path)[["trip", "speed", "height"]]
    number = frame.pop("trip").str.removeprefix("trip ").astype(int) + 7
    frame.insert(0, name, number.astype(str) + "/b" if " " in name else number)
    frame.to_csv(file.path, index=False)
    found = SequenceFile(file.path)
    if name == "leg":
        with pytest.raises(InputError, match=r'no column parts .*SET="data.group=..."'):
            found.load()
        found = dataclasses.replace(found, group="leg")
    data = found.load()
    assert lengths(data) == {0: 5, 100: 9, 200: 12, 300: 7}
    assert (data.format.group, data.format.time) == (name, "")
    mixed = frame.sample(frac=1, random_state=0)
    mixed.to_csv(file.path, index=False)
    of_group = dataclasses.replace(found, group=name).sequences()
    assert not of_group.left_out
    for one in of_group.sequences:
        own = mixed[mixed[name].astype(str) == one.name]
        np.testing.assert_array_equal(one.values, own[["speed", "height"]])


def test_longer_ones_are_told_and_cut_by_choice_alone(tmp_path):
    file = dataclasses.replace(trips(tmp_path / "trips.csv", [5, 9, 20, 7, 8, 6]), max_length=10)
    data = file.load()
    assert lengths(data) == {0: 5, 100: 9, 300: 7, 400: 8, 500: 6}
    assert "1 sequence of more than 10 steps left out (data.max_length, data.longer)" in data.notes
    data = dataclasses.replace(file, longer="cut").load()
    assert lengths(data)[200] == 10
    assert "1 sequence cut after 10 steps, of up to 20" in data.notes
    with pytest.raises(InputError, match="at most 10 steps.*1 sequence of more, up to 20"):
        dataclasses.replace(file, longer="refuse").load()
    with pytest.raises(InputError, match="at most 3 steps.*none"):
        dataclasses.replace(file, max_length=3).load()


def test_a_column_of_labels_is_of_whole_sequences(tmp_path):
    file = trips(tmp_path / "trips.csv", [5, 9, 12, 7], kind=["walk", "ride", "walk", "normal"])
    data = dataclasses.replace(file, label="kind").load()
    assert data.label_names == ("normal", "ride", "walk")
    frame = pd.read_csv(file.path)
    frame.loc[1, "kind"] = "ride"
    frame.to_csv(file.path, index=False)
    with pytest.raises(InputError, match="one entry of kind in all rows of trip trip 0, received"):
        dataclasses.replace(file, label="kind").load()
    with pytest.raises(InputError, match="no column 'sort'"):
        dataclasses.replace(file, label="sort").load()


def test_groups_with_gaps_or_single_rows_are_left_out_and_short_gaps_bridged(tmp_path):
    file = trips(tmp_path / "trips.csv", [9, 20, 12, 7, 8, 1])
    frame = pd.read_csv(file.path)
    frame = frame.drop(index=[3, *range(14, 20)])
    frame.to_csv(file.path, index=False)
    data = file.load()
    assert lengths(data) == {0: 9, 200: 12, 300: 7, 400: 8}
    notes = " / ".join(data.notes)
    assert "left out 1 group, such as trip 1: has a gap of more than 3 steps" in notes
    assert "left out 1 group, such as trip 5: has fewer than two rows" in notes
    assert "missing steps bridged by straight lines in 1 group" in notes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n1,2\n3,4\n5,6\n", "no column parts the rows"),
        ("trip,a\n1,2\n1,4\n2,6\n2,7\n", "at least 3 different sequences in .*; received 2"),
    ],
)
def test_a_file_without_sequences_is_refused(tmp_path, text, expected):
    path = tmp_path / "rows.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=expected):
        SequenceFile(str(path), group="trip" if text.startswith("trip") else "").load()


def test_a_path_is_read_as_sequences_for_recipes_of_them(tmp_path):
    file = trips(tmp_path / "trips.csv", [5, 9, 12])
    assert isinstance(find_dataset(file.path, DigitPaths()), SequenceFile)
    assert not isinstance(find_dataset(file.path), SequenceFile)


def test_files_are_read_for_a_trained_model_by_their_groups(tmp_path):
    data = trips(tmp_path / "trips.csv", [5, 9, 12, 7]).load()
    path = tmp_path / "new.csv"
    trips(path, [4, 6])
    names, examples, _ = examples_like([path], data.format)
    assert names == ["trip 0", "trip 1"]
    assert examples.shape == (2, 12, 2)
    assert (~np.isnan(examples[..., 0])).sum(axis=1).tolist() == [4, 6]
    [written] = data.format.write(examples[1], tmp_path / "one")
    assert written.read_text().splitlines()[:2] == ["speed,height", "100,0"]
    names, again, _ = examples_like([written], data.format)
    assert names == ["one"]
    np.testing.assert_array_equal(again[0], examples[1])
    names, both, _ = examples_like([path, written], data.format)
    assert names == [f"{path}: trip 0", f"{path}: trip 1", str(written)]
    assert len(both) == 3
    trips(path, [13])
    with pytest.raises(InputError, match="at most 12 steps.*13"):
        examples_like([path], data.format)
    with pytest.raises(InputError, match="expected sequences.*in .*readme"):
        examples_like([tmp_path / "readme"], data.format)


def test_other_data_are_brought_to_the_length_and_the_scale_of_a_model(tmp_path):
    data = trips(tmp_path / "trips.csv", [5, 9, 12, 7]).load()
    other = trips(tmp_path / "others.csv", [4, 6, 15, 8])
    loaded = other.load_like(data.scaler).rescaled(data.scaler)
    assert loaded.train.shape == data.train.shape
    assert lengths(loaded) == {0: 4, 100: 6, 300: 8}
    everything = np.concatenate([split.examples for split in loaded.splits.values()])
    assert not everything[everything[..., -1] == 0].any()


TS = """# lines of comments
@problemName Gestures
@univariate {univariate}
@equalLength false
@classLabel true up down
@data
{rows}
"""


def ts_file(path, rows, univariate="true"):
    path.write_text(TS.format(rows="\n".join(rows), univariate=univariate))
    return str(path)


def test_a_file_of_the_ucr_archive_may_hold_sequences_of_unequal_lengths(tmp_path):
    rows = ["1,2,3:up", "4,5,6,7,8:down", "9,1:up", "2,3,4,?,?:down", "7,7,1,2:up"]
    path = ts_file(tmp_path / "G_TRAIN.ts", rows)
    data = find_dataset(path).load()
    assert isinstance(data, Data)
    assert sorted(lengths(data).items()) == [(1, 3), (2, 3), (4, 5), (7, 4), (9, 2)]
    assert data.label_names == ("down", "up")
    ts_file(tmp_path / "G_TEST.ts", ["5,5,6:up", "8,6:down"])
    data = find_dataset(path).load()
    assert len(data.test) == 2
    assert "G_TEST.ts is the test split" in data.notes


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["1,2:3,4:up", "1,2:3,5:down", "5,6:7,8:up"], ""),
        (["1,2:3,4:up", "1,2:down"], "as many channels each"),
        (["1,2:3:up"], "gaps"),
        (["1,?,3:up"], "gaps"),
        (["1,x:up"], "expected numbers in .*, line 7"),
        (["?:up"], "gaps"),
        ([], "received none"),
    ],
)
def test_channels_of_a_ts_file(tmp_path, rows, expected):
    file = SequenceFile(ts_file(tmp_path / "g.ts", rows, "false"))
    if expected:
        with pytest.raises(InputError, match=expected):
            file.load()
    else:
        assert file.load().train.shape == (2, 3)


def test_paths_of_digits_have_different_lengths_and_labels():
    data = DigitPaths(digits=60).load()
    assert data.classes == 10
    assert data.format.plane
    assert len(set(lengths(data).values())) > 5
    image = data.format.render(data.scaler.inverse_transform(data.train.examples[:1])[0])
    assert image.shape == (96, 96, 3)
    assert (image != 255).any()


def test_arrays_of_different_lengths_become_one_with_nan_after_their_ends():
    whole = padded([[[1, 2]], [[3, 4], [5, 6]]], 3, "x")
    assert np.isnan(whole[..., 0]).tolist() == [[False, True, True], [False, False, True]]
    np.testing.assert_array_equal(sequence_values(whole, "x"), whole.astype(np.float32))
    with pytest.raises(InputError, match="at most 1 steps in x.*number 2 has 2"):
        padded([[[1, 2]], [[3, 4], [5, 6]]], 1, "x")
    with pytest.raises(InputError, match=r"sequences \(steps, channels\) of numbers in x"):
        padded([[[1, 2]], [[3]]], 3, "x")
    for bad in ([0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 2, 2]):
        broken = whole.copy()
        broken[tuple(bad[:2])] = np.nan if bad[2] == 0 else [1, np.nan] if bad[2] == 1 else [1, np.inf]
        with pytest.raises(InputError, match="example . is none"):
            sequence_values(broken, "x")


def test_groups_that_a_model_cannot_take_are_told(tmp_path):
    data = trips(tmp_path / "trips.csv", [5, 9, 12, 7]).load()
    file = trips(tmp_path / "new.csv", [4, 1, 6])
    found = examples_like([tmp_path / "new.csv"], data.format)
    assert found.names == ["trip 0", "trip 2"]
    assert found.notes == (f"{file.path}: left out 1 group, such as trip 1: has fewer than two rows",)
