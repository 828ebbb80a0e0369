"""What is said of a series that has drifted from its normal part, and of as many alarms as by chance."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from keras_ae.apps.detection.cautions import by_chance, cautions
from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.scored_rows import ScoredRows
from keras_ae.data.series.resample import Series
from keras_ae.tasks.point_detection import FittedPoints
from keras_ae.tasks.thresholds import BestF1, Conformal, FittedThreshold

COUNT = 400
FITTED = FittedThreshold(5.0, "", "", 20)


@pytest.fixture(scope="module")
def detector():
    inputs = keras.Input((40, 2))
    points = FittedPoints(keras.Model(inputs, inputs), FITTED, 10)
    return Detector(None, FITTED, np.zeros(1), None, np.array([5.0, 0.0]), np.ones(2), points=points)


def lines_of(detector, values, noise, flags=None, scores=1.0):
    times = (np.datetime64("2026-03-01T00", "h") + np.arange(COUNT)).astype("datetime64[ns]").astype(np.int64)
    names = ("load", "speed")
    series = Series(times, values, names, None, np.arange(COUNT))
    flags = np.zeros(COUNT, bool) if flags is None else flags
    each = np.full(COUNT, scores)
    scored = ScoredRows(each, each, flags, values, names, each[:0], values, noise=noise)
    return list(cautions(detector, scored, {"": scored}, {"": series}))


@pytest.mark.parametrize(("calibrating", "advice"), [(98, ""), (99, 'alpha=0.01)"')])
def test_as_many_flags_as_by_chance_are_told(detector, calibrating, advice):
    fitted = FittedThreshold(5.0, "", "", calibrating)
    tried = replace(detector, rule=Conformal(0.05), fitted=fitted)
    [line] = by_chance(tried, np.arange(400) < 40)
    assert line.startswith("were all 400 normal, about 20 would be flagged: look at the most unlike first")
    assert line.endswith(advice or "first")
    assert not list(by_chance(tried, np.arange(400) < 41))
    assert not list(by_chance(tried, np.zeros(400, bool)))
    assert not list(by_chance(replace(tried, rule=BestF1()), np.arange(400) < 40))


def test_a_series_that_goes_on_as_it_was_needs_none(detector):
    values = np.tile([5.0, 0.0], (COUNT, 1))
    values[::7, 0] = np.nan
    assert lines_of(detector, values, np.ones((COUNT, 2))) == []


def test_grown_noise_and_a_moved_level_are_told_by_channel(detector):
    values, noise = np.tile([5.0, 0.0], (COUNT, 1)), np.ones((COUNT, 2))
    noise[200:, 1] = 2.1
    values[240:, 0] = 2.0
    level, grown = lines_of(detector, values, noise)
    assert grown.startswith(
        "speed: noise 2.1 times the largest of the normal part, first about 2026-03-09 08:00"
    )
    assert level == (
        "load: level 3.0 standard deviations below that of the normal part, first about 2026-03-11 00:00:00"
    )
    noise[270:], values[270:] = 1, [5, 0]
    assert lines_of(detector, values, noise) == []  # less than a fifth of the points


def test_many_flagged_points_and_series_without_scores_are_told(detector):
    values = np.tile([5.0, 0.0], (COUNT, 1))
    [line] = lines_of(detector, values, np.ones((COUNT, 2)), np.arange(COUNT) < 100)
    assert line.startswith("25% of the points are flagged, more than anomalies would be")
    [line] = lines_of(detector, values, np.full((COUNT, 2), np.nan), scores=np.nan)
    assert line.startswith("no scores for")
