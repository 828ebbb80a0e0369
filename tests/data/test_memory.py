"""Arrays and data frames in memory: the same data as those of a file, and what is said of unfit ones."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from keras_ae.data.arrays import ArrayFile
from keras_ae.data.find import as_dataset
from keras_ae.data.images.one_class import OneClass
from keras_ae.data.memory import Arrays, content_of
from keras_ae.data.tables.frames import Frame
from keras_ae.data.tables.tables import TableFile
from keras_ae.errors import InputError
from keras_ae.recipe import flat
from keras_ae.runs.rebuild import Unavailable, recipe_from_settings
from keras_ae.runs.settings import settings_of


@pytest.fixture
def frame(random):
    return pd.DataFrame(
        {
            "size": random.normal(5, 2, 40).round(3),
            "kind": np.array(["a", "b c", "", "d"] * 10),
            "day": pd.date_range("2026-01-01", periods=40),
            "status": ["normal", "normal", "normal", "broken"] * 10,
        }
    )


@pytest.mark.parametrize(
    ("make", "domain"),
    [
        (lambda random: random.integers(0, 255, (30, 4, 4), dtype=np.uint8), None),
        (lambda random: random.normal(size=(30, 5)) * 9, None),
        (lambda random: random.normal(size=(30, 5)) > 0, None),
        (lambda random: random.integers(0, 3, (30, 6)), "categorical"),
    ],
)
def test_arrays_in_memory_are_the_data_of_their_file(tmp_path, random, make, domain):
    array = make(random)
    np.save(tmp_path / "a.npy", array)
    from_file, in_memory = (
        ArrayFile(str(tmp_path / "a.npy"), domain=domain).load(),
        Arrays(array, None, domain).load(),
    )
    assert in_memory.sha256 == from_file.sha256
    assert in_memory.domain == from_file.domain
    np.testing.assert_array_equal(in_memory.scale, from_file.scale)


def test_series_in_memory_have_channels(random):
    assert Arrays(random.uniform(size=(20, 8)), series=True).load().train.shape == (8, 1)
    with pytest.raises(InputError, match=r"expected series \(n, time\) .* in x; received \(20, 8, 2, 2\)"):
        Arrays(random.uniform(size=(20, 8, 2, 2)), series=True)


def test_labels_may_be_words(random):
    words = np.array(["dog", "cat"] * 15)
    loaded = Arrays(random.uniform(size=(30, 3)), words).load()
    assert loaded.label_names == ("cat", "dog")
    assert loaded.classes == 2
    numbers = Arrays(random.uniform(size=(30, 3)), list(range(3)) * 10).load()
    assert numbers.classes == 3
    assert numbers.label_names == ()


def test_labels_of_several_kinds_are_refused(random):
    x = random.uniform(size=(30, 3))
    with pytest.raises(InputError, match="labels of one kind; y holds words and numbers"):
        Arrays(x, ["a", "b"] * 15, test=(x[:4], [0, 1, 0, 1])).load()


def test_no_group_of_examples_is_in_two_splits(random):
    patients = np.array([f"p{number}" for number in random.integers(0, 9, 90)])
    x = np.c_[random.uniform(size=(90, 2)), np.unique(patients, return_inverse=True)[1] / 8]
    loaded = Arrays(x, groups=patients).load()
    found = [set(split.examples[:, 2]) for split in loaded.splits.values()]
    assert sum(map(len, found)) == len(set.union(*found)) == 9
    validated = Arrays(x, groups=patients, test=x[:5]).load()
    assert len(validated.test) == 5
    assert validated.rule.startswith("test is the test split; the others by groups: none of its 9 groups")


def test_examples_to_validate_and_to_test_on_may_be_given(random):
    x, y = random.uniform(size=(30, 3)), np.arange(30) % 2
    loaded = Arrays(x, y, validation=(x[:4], y[:4]), test=(x[4:9], y[4:9])).load()
    assert {name: len(split) for name, split in loaded.splits.items()} == {
        "train": 30, "validation": 4, "test": 5
    }  # fmt: skip
    np.testing.assert_array_equal(loaded.test.labels, y[4:9])
    np.testing.assert_allclose(loaded.validation.examples, x[:4], rtol=1e-6)
    assert len(Arrays(x, validation=x[:4]).load().test) > 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"x": np.zeros((0, 3))}, r"received shape \(0, 3\)"),
        (
            {"x": np.array([[1, None]], object)},
            r"of objects, such as 1; convert it with numpy.asarray\(x, float",
        ),
        (
            {"x": np.array([["a", 1]], object)},
            "such as 'a'; give numbers; rows of numbers and words go into a",
        ),
        (
            {"x": np.array([[1, 2], [3]], object)},
            r"such as \[1, 2\]; bring all examples to one shape, by cut",
        ),
        (
            {"x": [[1, 2], [3]]},
            "received list .*; bring all examples to one shape, by cutting or padding them",
        ),
        ({"x": "mine.npy"}, r"received str 'mine.npy'; give an array \(n, ...\) of n examples"),
        (
            {"y": [0.5] * 9},
            "expected labels of y, whole numbers or words; it holds numbers such as 0.5, .* no classes",
        ),
        ({"y": [0, 1]}, "a label for each example of y, 9 in all; received 2"),
        ({"y": [[0], [1, 2]]}, "it holds rows of different lengths; give one label for each example"),
        ({"y": [None] * 9}, r"it holds objects of shape \(9,\), not one label for each example"),
        ({"groups": range(8)}, r"expected groups of shape \(9,\), .*; received int64 of shape \(8,\)"),
        ({"domain": "gray"}, "domain must be one of"),
        (
            {"validation": np.zeros((3, 4))},
            r"expected validation like x, \(n, 3\) of float64; received \(3, 4\) .*; bring both to one shape",
        ),
        (
            {"test": (np.zeros((3, 3)), [0, 1, 2])},
            "labels of both x and test, or of neither.*; give y and test=",
        ),
        (
            {"test": (np.zeros((3, 3)), [0], [0])},
            r"expected test as examples or \(examples, labels\), received 3 values; give labels as one array",
        ),
    ],
)
def test_unfit_arrays_are_refused_when_they_are_given(settings, message):
    with pytest.raises(InputError, match=message):
        Arrays(**{"x": np.ones((9, 3)), **settings})


def test_a_data_frame_is_the_data_of_its_file(tmp_path, frame):
    frame.iloc[3, 0] = np.nan
    frame.to_csv(tmp_path / "a.csv", index=False)
    settings = {"label": "status", "words": ("kind",)}
    from_file = TableFile(str(tmp_path / "a.csv"), **settings).load()
    in_memory = Frame(frame, **settings).load()
    assert in_memory.sha256 == from_file.sha256
    assert in_memory.label_names == from_file.label_names == ("normal", "broken")
    assert in_memory.notes[-1] == from_file.notes[-1]


def test_features_of_a_table_become_its_columns_again(frame):
    loaded = Frame(frame.assign(skewed=np.exp(np.arange(40) / 3)), left_out=("status",)).load()
    columns = loaded.preprocessor.columns_of(loaded.test.examples)
    assert columns.keys() == loaded.raw.keys()
    np.testing.assert_allclose(columns["size"], loaded.raw["size"], rtol=1e-5)
    np.testing.assert_allclose(columns["skewed"], loaded.raw["skewed"], rtol=1e-4)
    words = ["(missing)" if word is np.nan else word for word in columns["kind"]]
    assert words == loaded.raw["kind"].tolist()


def test_rows_to_validate_on_may_be_given(frame):
    loaded = Frame(frame, "status", validation=frame[:6]).load()
    assert len(loaded.validation) == 6
    assert len(loaded.train) + len(loaded.test) == 40


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (lambda f: f[:0], {}, r"and columns, received one of shape \(0, 4\); check what"),
        (lambda f: f.to_numpy(), {}, "pandas.DataFrame as frame, received ndarray; give pandas.Data"),
        (lambda f: pd.concat([f, f], axis=1), {}, "one column of each name, received 'size' twice"),
        (lambda f: f.assign(size=[[1]] * 40), {}, "column 'size', row 0 holds a list"),
        (lambda f: f, {"numbers": ("kind",)}, "numbers in column 'kind', row 0 holds 'a'"),
        (
            lambda f: f,
            {"words": ("color",)},
            "the data frame has no column 'color'; its columns are size, kind",
        ),
        (lambda f: f, {"scaling": "log"}, "scaling must be one of spread, range; received 'log'"),
        (
            lambda f: f,
            {"validation": pd.DataFrame({"size": [1]})},
            "validation of the columns size, .*received size.*; give both the same",
        ),
    ],
)
def test_unfit_data_frames_are_refused_when_they_are_given(frame, change, settings, message):
    with pytest.raises(ValueError, match=message):
        Frame(change(frame), **settings)


def test_an_unknown_label_of_a_data_frame_is_refused(frame):
    with pytest.raises(
        InputError, match="data frame has no column 'state' .near it: status.; its columns are size"
    ):
        Frame(frame, label="state").load()


def test_what_stands_for_data_is_made_a_data_set(random, frame):
    assert isinstance(as_dataset(random.uniform(size=(9, 3))), Arrays)
    assert isinstance(as_dataset(frame), Frame)
    assert as_dataset("mnist_5k").name == "mnist_5k"
    around = as_dataset(random.uniform(size=(9, 3)), OneClass())
    assert isinstance(around, OneClass)
    assert isinstance(around.of, Arrays)
    with pytest.raises(InputError, match="received the class OneClass; write OneClass()"):
        as_dataset(OneClass)


def test_a_recipe_holds_the_hash_of_arrays_and_not_their_values(tiny_recipe, random, frame):
    x = random.uniform(size=(1000, 3)).astype("float32")
    recipe = dataclasses.replace(tiny_recipe, data=x)
    text = flat(recipe)["data.x"]
    assert text.startswith("float32 (1000, 3) sha256 ")
    assert flat(dataclasses.replace(recipe, data=x + 1))["data.x"] != text
    assert len(repr(recipe)) < 1000  # its 3000 values would take more
    framed = settings_of(dataclasses.replace(recipe, data=frame))
    assert framed["data.frame"].startswith("DataFrame (40, 4) sha256 ")
    assert content_of(frame) != content_of(frame.rename(columns={"size": "height"}))
    pair = flat(dataclasses.replace(recipe, data=Arrays(x, validation=x[:5])))
    assert pair["data.validation"].startswith("float32 (5, 3) sha256 ")


def test_a_recipe_is_rebuilt_from_its_settings(tiny_recipe, random):
    assert recipe_from_settings(settings_of(tiny_recipe)) == tiny_recipe
    in_memory = dataclasses.replace(tiny_recipe, data=random.uniform(size=(9, 3)))
    rebuilt = recipe_from_settings(settings_of(in_memory))
    assert isinstance(rebuilt.data, Unavailable)
    assert rebuilt.variant == tiny_recipe.variant
    with pytest.raises(InputError, match=r"trained on Arrays \(float64 \(9, 3\) sha256"):
        rebuilt.data.load()
    with pytest.raises(InputError, match="task of the run is Mine, which is no class of keras_ae"):
        recipe_from_settings({**settings_of(tiny_recipe), "task": "Mine"})
    with pytest.raises(InputError, match="variant.depth of the run is no setting of this version"):
        recipe_from_settings({**settings_of(tiny_recipe), "variant.depth": "3"})
