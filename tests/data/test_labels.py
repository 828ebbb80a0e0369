"""Labels of later inputs, by the classes of the training; `test_arrays` has those to train on."""

import numpy as np
import pytest

from keras_ae.data.labels import Unusable, in_classes, numbered, plain_labels


@pytest.mark.parametrize(
    ("labels", "names", "numbers"),
    [
        ([0, 2, 1], (), [0, 2, 1]),
        ([1, 10, 2], ("1", "2", "10"), [0, 2, 1]),
        ([-1.0, 1.0], ("-1", "1"), [0, 1]),
        (["so", "no"], ("no", "so"), [1, 0]),
        ([1, 0], ("no", "so"), [1, 0]),
        ([[0, 1, 0], [1, 0, 0]], (), [1, 0]),
        (np.array(["so"], object), ("no", "so"), [1]),
    ],
)
def test_labels_are_matched_by_the_names_of_the_classes(labels, names, numbers):
    assert in_classes(plain_labels(labels), names, len(names) or 3).tolist() == numbers


@pytest.mark.parametrize(
    ("labels", "names", "reason"),
    [
        ([0, 3], (), "holds 3; the classes of the training are numbered from 0 to 2"),
        ([0], ("1", "2", "3"), "holds '0', which is no class of the training: 1, 2, 3"),
        (["up"], ("no", "so", "we"), "holds 'up', which is no class"),
        (["0"], (), "holds words such as '0'; the classes of the training are numbers"),
        ([-1], ("no", "so", "we"), "holds -1"),
    ],
)
def test_labels_of_no_class_are_refused(labels, names, reason):
    with pytest.raises(Unusable, match=reason):
        in_classes(plain_labels(labels), names, 3)


def test_many_numbers_are_no_classes():
    ids = np.arange(2000) * 7
    numbers, names = numbered({"train": ids})
    np.testing.assert_array_equal(numbers["train"], ids)
    assert names == ()


def test_a_class_of_one_split_alone_has_the_same_number_in_all():
    numbers, names = numbered({"train": np.array([3, 5]), "test": np.array([4, 5])})
    assert names == ("3", "4", "5")
    assert [part.tolist() for part in numbers.values()] == [[0, 2], [1, 2]]
    assert numbered({}) == ({}, ())
