"""Detection in files of sequences: each whole one has a score."""

import csv

import keras
import numpy as np
import pytest
from keras import ops

from keras_ae.apps.detection.detect import check_kind
from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.request import DetectionRequest
from keras_ae.apps.detection.searchers import searcher_for
from keras_ae.apps.detection.searchers.sequences import SequenceSearcher
from keras_ae.errors import InputError
from keras_ae.formats.sequences import Sequences
from keras_ae.recipe import load
from keras_ae.tasks.thresholds import FittedThreshold


class Length(keras.Layer):
    """The length of a sequence as its score, as a detector returns it; values are checked to be scaled."""

    def call(self, inputs):
        score = ops.sum(ops.abs(inputs[..., -1]), axis=1) + ops.max(inputs[..., 0], axis=1) / 100
        return {"score": score, "p_value": 1 / score, "is_anomaly": score > 9, "contributions": inputs}


@pytest.fixture
def detector():
    inputs = keras.Input((8, 3), name="inputs")
    model = keras.Model({"inputs": inputs}, Length()(inputs))
    fitted = FittedThreshold(4.5, "made here", "promised", 10)
    format = Sequences(("x", "y"), 8, "trip")
    offset, scale = np.float32([10, 0]), np.float32([2, 1])
    return Detector(model, fitted, np.linspace(0, 5, 10), None, offset, scale, format=format)


def trips(path, sizes):
    rows = [f"{trip},{14 + step},{-step}" for trip, size in enumerate(sizes) for step in range(size)]
    path.write_text("\n".join(["trip,x,y", *rows]) + "\n")
    return path


def test_each_sequence_of_a_file_has_a_score_and_the_highest_are_told(detector, tmp_path):
    searcher = searcher_for(detector)
    assert isinstance(searcher, SequenceSearcher)
    source = trips(tmp_path / "new.csv", [3, 7, 1, 4, 5])
    check_kind(detector, source, load("digits"))
    count, flagged, fitted, lines = searcher.search(detector, DetectionRequest(source, tmp_path), None, {})
    assert (count, flagged, fitted) == (4, 2, detector.fitted)
    with open(tmp_path / "scored.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["sequence"], row["is_anomaly"]) for row in rows] == [
        ("1", "1"), ("4", "1"), ("3", "0"), ("0", "0")
    ]  # fmt: skip
    assert float(rows[0]["score"]) == pytest.approx(7 + (20 - 10) / 2 / 100)
    assert lines[0] == "2 of 4 sequences are anomalies: scores above 4.5"
    assert any("left out 1 group, such as 2: has fewer than two rows" in line for line in lines)
    scores, flags, overlap = searcher.scores(detector, source, None)
    assert scores.round().tolist() == [3, 7, 4, 5]
    assert (flags.tolist(), overlap) == ([False, True, False, True], 1.0)


def test_a_sequence_that_is_too_long_is_told(detector, tmp_path):
    source = trips(tmp_path / "new.csv", [3, 9])
    with pytest.raises(InputError, match="at most 8 steps.*1 has 9"):
        searcher_for(detector).scores(detector, source, None)
