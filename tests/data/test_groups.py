"""Groups stay together when examples are split."""

import numpy as np
import pytest

from keras_ae.data.groups import by_group
from keras_ae.errors import InputError


def test_a_group_keeps_its_split_when_others_join(random):
    groups = random.integers(0, 30, 500)
    few, many = by_group(groups, "patient"), by_group(np.append(groups, np.arange(30, 90)), "patient")
    for name, rows in few.indices.items():
        assert set(rows) <= set(many.indices[name])
        assert set(groups[rows]).isdisjoint(np.delete(groups, rows))
    assert few.rule.startswith("by patient: none of its 30 groups is in two splits (")


def test_numbers_and_words_of_groups_split_alike(random):
    groups = random.integers(0, 30, 200)
    numbers, words = by_group(groups, "a"), by_group(groups.astype(str), "a")
    for name in numbers.indices:
        np.testing.assert_array_equal(numbers.indices[name], words.indices[name])


def test_too_few_groups_are_refused():
    with pytest.raises(InputError, match="at least 3 groups in ward, .*; received a, b; group by"):
        by_group(np.array(["a", "b", "a"]), "ward")
