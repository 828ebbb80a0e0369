"""Anomaly scores of frames, and their metrics beside the frame before."""

import dataclasses

import keras
import numpy as np
import pytest

from keras_ae.backbones.conv3d import Conv3DBackbone
from keras_ae.blocks.frame_scoring import FrameScores
from keras_ae.data.video.moving_digits import MovingDigits
from keras_ae.errors import InputError
from keras_ae.heads import Heads, Spec, batched
from keras_ae.tasks.anomaly_scores import Reconstruction
from keras_ae.tasks.frame_anomaly import BASELINE, FRAME_SCORES, FrameAnomaly, frame_errors, frame_metrics
from keras_ae.variants.undercomplete import Undercomplete


@pytest.fixture(scope="module")
def data():
    return FrameAnomaly().prepare(MovingDigits(100, frames=10, size=24).load())


@pytest.fixture(scope="module")
def heads(data) -> Heads:
    keras.utils.set_random_seed(0)
    shape = data.train.shape
    backbone = Conv3DBackbone((2,), smallest=12)
    return Undercomplete(backbone, latent_dim=4).build(Spec(shape, shape, "unit"))


def test_scores_of_frames_are_errors_beside_what_there_is_to_see():
    clips = np.zeros((1, 3, 2, 2, 1), np.float32)
    clips[0, 1] = 1.0
    errors = np.array([0.1, 0.2, 0.4], np.float32)
    contributions = np.broadcast_to(errors[:, None, None, None] / 12, (1, 3, 2, 2, 1))
    np.testing.assert_allclose(frame_errors(contributions)[0], errors, rtol=1e-6)
    layer = FrameScores(0.5).fitted(np.full((2, 2, 1), 0.5, np.float32))
    np.testing.assert_allclose(layer(contributions, clips)[0], errors / 0.75, rtol=1e-6)
    again = FrameScores.from_config(layer.get_config())
    assert again.floor == 0.5
    assert layer.compute_output_shape((None, 3, 2, 2, 1), (None, 3, 2, 2, 1)) == (None, 3)


def test_a_detector_of_clips_scores_each_frame(data, heads):
    detector, fitted = FrameAnomaly().detector(heads, data)
    outputs = batched(detector, {"inputs": data.test.numbers})
    assert outputs[FRAME_SCORES].shape == (len(data.test), 10)
    np.testing.assert_array_equal(outputs["score"], outputs[FRAME_SCORES].max(axis=1))
    np.testing.assert_array_equal(outputs["is_anomaly"], outputs["score"] > fitted.value)


def test_frames_are_compared_with_the_frame_before(data, heads):
    rows = FrameAnomaly().further_metrics(heads, data, 0, None)
    clips, normal = data.test.numbers, data.test.labels == 0
    before = np.square(clips[normal, 1:] - clips[normal, :-1]).mean()
    assert rows[BASELINE]["frame_mse"] == pytest.approx(before, rel=1e-5)
    assert {"frame_mse", "frame_mse_unseen", "frame_auroc"} <= rows["model"].keys() & rows[BASELINE].keys()
    assert "auroc" in rows["model"]


def test_frames_that_a_detector_knows_are_ranked_perfectly(data):
    odd = data.test.masks.astype(np.float32)
    frames, size = odd.shape[1], data.test.shape[1]
    contributions = (
        np.broadcast_to(odd[..., None, None, None], (*odd.shape, size, size, 1)) / frames / size**2
    )
    rows = frame_metrics({"contributions": contributions, FRAME_SCORES: odd}, data)
    assert rows["model"]["frame_auroc"] == 1
    assert rows["model"]["frame_mse"] == 0


def test_without_labels_the_error_of_all_frames_is_told(data, heads):
    test = dataclasses.replace(data.test, labels=None, masks=None)
    unlabeled = dataclasses.replace(data, test=test, factors=None)
    rows = FrameAnomaly(score=Reconstruction()).further_metrics(heads, unlabeled, 0, None)
    assert set(rows["model"]) == set(rows[BASELINE]) == {"frame_mse"}


def test_what_is_no_clip_is_refused(data, heads):
    image = dataclasses.replace(
        data,
        **{
            name: dataclasses.replace(split, examples=split.examples[:, 0])
            for name, split in data.splits.items()
        },
        calibration=None,
        factors=None,
    )
    with pytest.raises(InputError, match="expected clips"):
        FrameAnomaly().prepare(image)
