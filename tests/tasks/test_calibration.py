"""Windows that calibrate a threshold are of clips that no window was trained on of."""

import dataclasses

import numpy as np
import pytest

from keras_ae.data.examples import Split
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.tasks.calibration import with_calibration
from keras_ae.tasks.thresholds import Conformal


def windows(first, clips, each, labels=True):
    """Windows of clips numbered from `first`, each window holding its clip's number."""
    groups = np.repeat(np.arange(first, first + clips), each)
    examples = np.broadcast_to(groups[:, None].astype(np.float32), (len(groups), 3))
    return Split(examples, np.zeros(len(groups), np.int64) if labels else None, groups=groups)


def clips(train, validation, each, labels=True):
    splits = windows(0, train, each, labels), windows(train, validation, each, labels)
    return Data("clips", *splits, windows(train + validation, 2, each, labels), "real")


@pytest.mark.parametrize("labels", [True, False])
def test_whole_clips_calibrate(labels):
    prepared = with_calibration(clips(20, 8, 6, labels), Conformal())
    calibration = prepared.calibration
    assert len(calibration) == 4 * 6
    np.testing.assert_array_equal(calibration.groups, calibration.examples[:, 0])
    assert not set(calibration.groups) & set(np.r_[prepared.train.groups, prepared.validation.groups])
    assert len(prepared.train) == 20 * 6


@pytest.mark.parametrize("labels", [True, False])
def test_what_calibrates_for_want_of_others_is_no_longer_trained_on(labels):
    prepared = with_calibration(clips(9, 2, 4, labels), Conformal())
    assert prepared.calibration.groups.tolist() == np.repeat([10, 0, 1, 2, 3], 4).tolist()
    assert np.unique(prepared.train.groups).tolist() == [4, 5, 6, 7, 8]
    assert any("16 training examples" in note for note in prepared.notes)


def test_windows_of_the_only_clip_to_validate_on_calibrate_too():
    prepared = with_calibration(clips(2, 1, 60), Conformal())
    assert len(prepared.calibration) == 30
    assert len(prepared.train) == 120


def test_anomalies_of_the_validation_split_calibrate_with_their_groups():
    data = clips(20, 10, 6)
    labels = data.validation.labels.copy()
    labels[-6:] = 2
    data = dataclasses.replace(data, validation=dataclasses.replace(data.validation, labels=labels))
    calibration = with_calibration(data, Conformal()).calibration
    assert np.bincount(calibration.labels).tolist() == [24, 0, 6]
    np.testing.assert_array_equal(calibration.groups, calibration.examples[:, 0])


def test_too_few_clips_are_refused():
    with pytest.raises(InputError, match="at least 19 normal examples to calibrate on, received 8"):
        with_calibration(clips(3, 2, 4), Conformal())
