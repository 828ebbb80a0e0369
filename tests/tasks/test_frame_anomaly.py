"""Anomaly scores of frames, and their metrics beside the frame before."""

import dataclasses

import keras
import numpy as np
import pytest

from keras_ae.backbones.conv3d import Conv3DBackbone
from keras_ae.blocks.frame_scoring import FrameScores, coarse
from keras_ae.data.video.moving_digits import MovingDigits
from keras_ae.errors import InputError
from keras_ae.heads import Heads, Spec, batched
from keras_ae.tasks.anomaly_scores import Reconstruction
from keras_ae.tasks.frame_anomaly import (
    BASELINE,
    FRAME_SCORES,
    CoarseFrames,
    FrameAnomaly,
    frame_metrics,
)
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
    layer = FrameScores(0.5).fitted(np.full((2, 2, 1), 0.5, np.float32))
    np.testing.assert_allclose(layer(contributions, clips)[0], errors / 0.75, rtol=1e-6)
    again = FrameScores.from_config(layer.get_config())
    assert again.floor == 0.5
    assert layer.compute_output_shape((None, 3, 2, 2, 1), (None, 3, 2, 2, 1)) == (None, 3)


def test_a_coarse_frame_holds_the_means_of_its_cells(random):
    clips = random.random((2, 3, 8, 12, 1)).astype(np.float32)
    means = clips.reshape(2, 3, 4, 2, 4, 3, 1).mean(axis=(3, 5))
    expected = means.repeat(2, axis=2).repeat(3, axis=3)
    np.testing.assert_allclose(coarse(clips), expected, rtol=1e-5)
    uneven = coarse(clips[:, :, :3, :10])
    np.testing.assert_allclose(
        np.mean(uneven, axis=(2, 3)), clips[:, :, :3, :10].mean(axis=(2, 3)), rtol=1e-5
    )


def test_in_training_neighboring_frames_are_coarse(random):
    clips = random.random((64, 10, 8, 8, 1)).astype(np.float32)
    seeds = np.stack([np.arange(64), np.zeros(64, int)], axis=1)
    given = np.asarray(CoarseFrames(longest=3, rate=0.5)(clips, seeds, "unit"))
    changed = (given != clips).any(axis=(2, 3, 4))
    np.testing.assert_allclose(given[changed], coarse(clips).numpy()[changed], rtol=1e-6)
    assert 20 <= changed.any(axis=1).sum() <= 44  # 32 on average, three standard deviations of 4
    assert set(changed.sum(axis=1).tolist()) == {0, 1, 2, 3}
    assert np.abs(np.diff(np.pad(changed.astype(int), ((0, 0), (1, 1))), axis=1)).sum(axis=1).max() == 2
    np.testing.assert_array_equal(CoarseFrames(3, 0.5)(clips[5:6], seeds[5:6], "unit")[0], given[5])
    np.testing.assert_array_equal(CoarseFrames(rate=0.0)(clips, seeds, "unit"), clips)


@pytest.mark.parametrize("fields", [{"longest": 0}, {"rate": 1.5}])
def test_settings_of_coarse_frames_outside_their_ranges_are_refused(fields):
    with pytest.raises(InputError, match="received"):
        CoarseFrames(**fields)


def test_images_have_no_coarse_frames(random):
    with pytest.raises(InputError, match='for clips alone.*SET="task.corruption=Unchanged"'):
        CoarseFrames()(random.random((2, 8, 8, 1)), np.zeros((2, 2), int), "unit")


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
    flags = np.zeros(len(data.test), bool)
    flags[np.flatnonzero((data.test.labels == 0) & (data.factors["test"][:, 0] == 8))[0]] = True
    rows = frame_metrics(odd, {FRAME_SCORES: odd, "is_anomaly": flags}, data)
    assert rows["model"]["frame_auroc"] == 1
    assert rows["model"]["frame_mse"] == 0
    unseen = (data.test.labels == 0) & (data.factors["test"][:, 0] >= 8)  # neither trained on nor calibrating
    assert rows["model"]["false_alarms_unseen"] == pytest.approx(1 / unseen.sum())


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
