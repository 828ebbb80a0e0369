"""What is said of metrics that rest on few examples."""

import dataclasses

import numpy as np
import pytest

from keras_ae.data.types import Data, Points, Split
from keras_ae.metrics.uncertainty import FEWEST, caution
from keras_ae.tasks.anomaly import Anomaly
from keras_ae.tasks.reconstruction import Reconstruction


def test_few_examples_are_told_with_the_error_of_their_mean():
    assert caution({"test examples": FEWEST}) == caution({}) == ""
    line = caution({"normal test examples": 400, "anomalies": 4})
    assert line.startswith("these metrics rest on 4 anomalies, so few that they are mostly noise")
    assert "a mean over 4 is uncertain by 50% of the spread" in line


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
