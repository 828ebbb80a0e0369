"""The names of arrays in an .npz: which are examples, labels and groups, of which split."""

import pytest

from keras_ae.data.array_names import EXAMPLES, first_of, parsed, roles_of


@pytest.mark.parametrize(
    ("name", "word", "split"),
    [
        ("x", "x", ""), ("X", "x", ""), ("x_train", "x", "train"), ("train_images", "images", "train"),
        ("images_test", "images", "test"), ("val_labels", "labels", "validation"),
        ("X_valid", "x", "validation"),
        ("arr_0", "arr_0", ""), ("test", "test", ""), ("latents_values", "latents_values", ""),
    ],
)  # fmt: skip
def test_names_have_a_word_and_a_split(name, word, split):
    assert parsed(name) == (word, split)


@pytest.mark.parametrize(
    ("names", "key", "examples", "labels"),
    [
        (["x", "y"], "x", {"train": "x"}, {"train": "y"}),
        (["X", "labels", "y"], "X", {"train": "X"}, {"train": "y"}),
        (["x_train", "y_train", "x_test", "y_test"], "x_train", {"train": "x_train", "test": "x_test"},
         {"train": "y_train", "test": "y_test"}),
        (["x_train", "y_train", "x_test", "y_test"], "x_test", {"train": "x_test"}, {"train": "y_test"}),
        (["x_train", "labels_train", "test_x"], "x_train", {"train": "x_train", "test": "test_x"},
         {"train": "labels_train"}),
        (["alpha", "y"], "alpha", {"train": "alpha"}, {"train": "y"}),
        (["imgs", "latents_classes", "latents_values", "metadata"], "imgs", {"train": "imgs"}, {}),
        (["labels"], "labels", {"train": "labels"}, {}),
    ],
)  # fmt: skip
def test_examples_have_their_own_labels(names, key, examples, labels):
    arrays = roles_of(names, key)
    assert arrays.examples == examples
    assert arrays.labels == labels


def test_the_first_of_the_usual_names_is_taken():
    assert first_of(["data", "images", "y"], EXAMPLES, ("", "train")) == "images"
    assert first_of(["train_images", "test_images"], EXAMPLES, ("", "train")) == "train_images"
    assert first_of(["alpha"], EXAMPLES, ("",)) is None
