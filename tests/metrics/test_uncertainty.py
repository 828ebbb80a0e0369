"""What is said of metrics that rest on few examples."""

import dataclasses

import numpy as np
import pytest

from keras_ae.data.examples import Split
from keras_ae.data.series.points import Points
from keras_ae.data.types import Data
from keras_ae.metrics.uncertainty import FEWEST, caution, validation_caution
from keras_ae.tasks.anomaly import Anomaly
from keras_ae.tasks.reconstruction import Reconstruction


def test_few_examples_are_told_with_the_error_of_their_mean():
    assert caution({"test examples": FEWEST}) == caution({}) == ""
    line = caution({"normal test examples": 400, "anomalies": 4})
    assert line.startswith("the test metrics rest on 4 anomalies, so few that they are mostly noise")
    assert "a mean over 4 is uncertain by 50% of the spread" in line
    assert "on 1 anomaly and 1 test example, so" in caution({"anomalies": 1, "test examples": 1})


@pytest.mark.parametrize(
    ("count", "line"),
    [
        (0, ""),  # a test set
        (
            1,
            "the best epoch is selected by a single validation example, and may be the best for that one",
        ),
        (
            2,
            "the best epoch is selected by 2 validation examples, so few that it is partly chance: a mean",
        ),
        (FEWEST - 1, "the best epoch is selected by 29 validation examples"),
        (FEWEST, ""),
    ],
)
def test_few_validation_examples_are_told_with_what_helps(count, line):
    told = validation_caution(count)
    assert told.startswith(line)
    assert bool(told) == bool(line)
    if told:
        assert told.endswith('or train with SET="checkpoint=last" to keep the last epoch')


def test_few_validation_examples_that_select_nothing_are_told_of_their_losses():
    told = validation_caution(1, selects=False)
    assert told.startswith("the validation losses rest on 1 validation example, so few")
    assert "checkpoint" not in told
    assert validation_caution(FEWEST, selects=False) == ""


@pytest.mark.parametrize(
    ("labels", "counts"),
    [
        ([0, 0, 0, 1, 2], {"normal test examples": 3, "anomalies": 2}),
        ([0, 0, 0, 0, 0], {}),
        (None, {}),
    ],
)
def test_metrics_of_anomalies_rest_on_both_kinds(labels, counts):
    split = Split(np.zeros((5, 2), np.float32), None if labels is None else np.array(labels))
    data = Data("a", split, split, split, "real")
    assert Anomaly().tested(data) == counts
    assert Reconstruction().tested(data) == {"test examples": 5}


def test_metrics_of_a_series_rest_on_its_anomalies():
    split = Split(np.zeros((5, 2), np.float32))
    flags = np.array([0, 1, 1, 0, 0, 1], bool)
    data = Data("a", split, split, split, "real", points=Points(np.arange(5), 6, flags))
    assert Anomaly().tested(data) == {"anomalies": 2}
    unlabeled = dataclasses.replace(data, points=Points(np.arange(5), 6))
    assert Anomaly().tested(unlabeled) == {}
