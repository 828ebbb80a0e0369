"""Names of columns: whatever a spreadsheet's header holds, as a served signature can have it."""

import random
import unicodedata

import numpy as np
import pytest
import tensorflow as tf

from keras_ae.client.rows import in_batches
from keras_ae.column_names import find_columns, is_servable, served_names
from keras_ae.errors import InputError

HOSTILE = (
    *"x X -x _x a-b a.b a_b a/b 1st 2 self Self class None inputs condition together code _ __ °C C".split(),
    *"=1+2 naïve m² Δp p 温度 湿度 Давление Ветер ℵ 🌡 🌡🌡 a→b ﬁt column_1 keras_ae training name args".split(),
    *("", " ", "x ", "a b", "% rel", "T (C)", "温度 (°C)", "T[C]", "w, gust", 'say "hi"', "T\n(C)"),
    *("x" * 5000, "x" * 4999 + "y"),
)


def test_a_name_that_can_be_served_stays():
    names = ("speed", "Speed_2", "a__b", "args", "code", "name", "None_", "x" * 5000)
    assert served_names(names) == dict(zip(names, names, strict=True))


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("km/h", "km_h"), ("-x", "x"), ("% rel", "rel"), ("1st", "column_1st"), ("class", "class_"),
        ("self", "self_"), ("inputs", "inputs_"), ("T (C)", "T__C_"), ("naïve", "naive"), ("m²", "m2"),
        ("°C", "C"), ("_kind", "kind"), ("a→b", "a_b"), ("ﬁt", "fit"),
    ],
)  # fmt: skip
def test_a_name_keeps_its_letters_and_digits(column, name):
    assert served_names([column]) == {name: column}


def test_lost_letters_are_discrimination_by_a_hash():
    first, second, third = served_names(["温度", "湿度", "温度 (C)"])
    assert first.startswith("column_")
    assert second.startswith("column_")
    assert third.startswith("C_")
    assert len({first, second}) == 2


def check(columns):
    names = served_names(columns)
    assert list(names.values()) == list(columns)
    assert all(map(is_servable, names))
    assert len({name.lower() for name in names}) == len(columns)
    assert served_names(columns) == names
    servable = [column for column in columns if is_servable(column)]
    once = [column for column in servable if [*map(str.lower, servable)].count(column.lower()) == 1]
    assert all(names[column] == column for column in once)
    return names


def test_served_names_are_words_and_differ_for_any_header():
    check(HOSTILE)
    source, letters = random.Random(0), "aAbB1_ -./°é温Д🌡\n,"
    for _ in range(300):
        columns = {"".join(source.choices(letters, k=source.randint(0, 4))) for _ in range(30)}
        names = check(source.sample(sorted(columns), len(columns)))
        whole = {"".join(source.choices(letters, k=5)) for _ in range(3)} - columns
        assert find_columns(names, [*whole, *columns], names) == names


def test_tensorflow_serves_them_all(tmp_path):
    names = served_names(HOSTILE)
    specs = {name: tf.TensorSpec((None,), tf.float32, name=name) for name in names}
    module = tf.Module()
    module.run = tf.function(
        lambda columns: {"sum": tf.add_n(list(columns.values()))}, input_signature=[specs]
    )
    tf.saved_model.save(module, str(tmp_path), signatures={"serving_default": module.run})
    served = tf.saved_model.load(str(tmp_path)).signatures["serving_default"]
    assert served.structured_input_signature[1].keys() == names.keys()
    found = served(**{name: tf.constant([1.0, 2.0]) for name in names})["sum"]
    assert found.numpy().tolist() == [len(names), 2 * len(names)]


def test_columns_are_found_by_their_own_names_without_a_card():
    columns = [name for name in HOSTILE if name.strip(" _")]
    names = served_names(columns)
    assert find_columns(names, columns) == names
    assert find_columns(names, [*reversed(columns)]) == names
    assert find_columns(names, list(names), names) == dict(zip(names, names, strict=True))


def test_a_column_that_was_not_trained_on_is_not_taken_for_another():
    trained = served_names(["-x", "湿度"])
    assert find_columns(trained, ["标签", "湿度", "温度", "-x"]) == trained
    with pytest.raises(
        InputError, match=r"one column for the head's input x in f.csv, it could be '-x' or 'x'; leave"
    ):
        find_columns(trained, ["-x", "x", "湿度"], where="f.csv")
    assert find_columns(trained, ["-x", "x", "湿度"], trained) == trained
    with pytest.raises(InputError, match=r"in f.csv, it lacks 湿度; add it, or rename one$"):
        find_columns(trained, ["-x", "温度"], trained, "f.csv")


def test_exports_of_former_versions_are_found_too():
    assert find_columns(["temp_rature", "km_h"], ["température", "km/h"]) == {
        "temp_rature": "température", "km_h": "km/h",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["a\0b", "a\ud800"])
def test_a_name_that_cannot_be_written_is_refused(name):
    with pytest.raises(InputError, match="cannot be written as UTF-8; rename it"):
        served_names([name])


def test_a_client_takes_columns_by_their_own_names():
    names = served_names(["温度", "-x"])
    tensors = {
        "inputs": {name: {"shape": [None], "dtype": "float32"} for name in names},
        "outputs": {name: {"shape": [None], "dtype": "float32"} for name in names},
    }
    rows = {"温度": np.arange(3.0), "-x": -np.arange(3.0)}
    answers = in_batches(lambda part: part, tensors, rows, 2)
    assert {names[name]: values.tolist() for name, values in answers.items()} == {
        name: values.tolist() for name, values in rows.items()
    }
    for wrong in ({"温度": [1]}, rows | {"y": [1]}, rows | {"x": [1]}, {1: [1], "-x": [1]}):
        with pytest.raises(InputError, match=r"^expected column_\w+, x; received "):
            in_batches(lambda part: part, tensors, wrong, 2)


def test_composed_and_decomposed_letters_are_two_names():
    composed, decomposed = (unicodedata.normalize(form, "é") for form in ("NFC", "NFD"))
    assert len(served_names([composed, decomposed])) == 2
