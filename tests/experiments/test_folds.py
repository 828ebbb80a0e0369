"""Repeated cross-validation: folds of rows, and the interval of a mean over them."""

import numpy as np
import pytest

from keras_ae.data.split_rules import fold_parts
from keras_ae.experiments.sweep import interval, summary


def test_each_example_is_tested_once_in_a_partition():
    content = [b"%d" % (number // 2) for number in range(400)]  # each twice
    for repeat in (0, 1):
        parts = [fold_parts(content, 5 * repeat + fold).indices for fold in range(5)]
        tested = np.concatenate([part["test"] for part in parts])
        assert sorted(tested.tolist()) == list(range(400))
        for part in parts:
            assert sorted(np.concatenate(list(part.values())).tolist()) == list(range(400))
            assert {content[row] for row in part["test"]}.isdisjoint({content[row] for row in part["train"]})
            assert 40 < len(part["test"]) < 130
    assert fold_parts(content, 0).indices["test"].tolist() != fold_parts(content, 5).indices["test"].tolist()


def test_the_interval_of_folds_counts_that_their_training_examples_overlap():
    values = [0.9, 0.92, 0.94, 0.88, 0.91]
    deviation = np.std(values, ddof=1)
    plain = 2.7764 * deviation / 5**0.5  # Student's t with 4 degrees of freedom
    np.testing.assert_allclose(interval(values), plain * (1 + 5 / 4) ** 0.5, rtol=1e-4)
    tables = {str(fold): {"model": {"useful": value}} for fold, value in enumerate(values)}
    assert summary(tables, "useful", "data.fold")["+-"]["model"] == pytest.approx(interval(values))
    assert "+-" not in summary(tables, "useful", "data.normal")
