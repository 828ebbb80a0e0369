"""Patterns that a person has marked as normal, taken out of residuals."""

import keras
import numpy as np
import pytest

from keras_ae.blocks.expected_points import PointScores
from keras_ae.blocks.marked_patterns import MarkedPatterns

BUMP = 8 * np.hanning(12)[:, None].astype(np.float32)


def layer_of(patterns, spread=1.0):
    length, channels = max(map(len, patterns)), patterns[0].shape[1]
    layer = MarkedPatterns(length, len(patterns))
    layer.build((None, None, channels))
    weights = np.zeros((2, length, channels, len(patterns)), np.float32)
    for index, pattern in enumerate(patterns):
        weights[0, : len(pattern), :, index] = pattern / spread
        weights[1, : len(pattern), :, index] = 1
    layer.set_weights([*weights, np.full(channels, spread, np.float32)])
    return layer


@pytest.fixture
def noise(random):
    return random.normal(0, 1, (1, 200, 1)).astype(np.float32)


@pytest.mark.parametrize("at", [0, 57, 188])
@pytest.mark.parametrize("height", [0.8, 1.0, 1.3])
def test_a_pattern_is_taken_out_wherever_it_is(noise, at, height):
    residual = noise.copy()
    residual[0, at : at + 12] += height * BUMP
    left = np.asarray(layer_of([BUMP])(residual))
    assert np.abs(left - noise)[0, at : at + 12].max() < 3  # the noise tilts the height a little
    outside = np.ones(200, bool)
    outside[max(0, at - 3) : at + 15] = False
    np.testing.assert_allclose(left[0, outside], residual[0, outside], atol=1e-4)


def test_noise_and_what_is_unlike_a_pattern_stay(noise):
    layer = layer_of([BUMP])
    np.testing.assert_allclose(layer(noise), noise, atol=1e-5)
    for other in (-BUMP, 3 * BUMP, 8 * np.ones((1, 1)), 6 * np.sin(np.arange(12))[:, None]):
        residual = noise.copy()
        residual[0, 60 : 60 + len(other)] += other
        np.testing.assert_allclose(layer(residual), residual, atol=1e-4)


def test_equal_patterns_are_taken_out_once(noise):
    residual = noise.copy()
    residual[0, 60:72] += BUMP

    once, twice = (np.asarray(layer_of(patterns)(residual)) for patterns in ([BUMP], [BUMP, BUMP]))
    np.testing.assert_allclose(twice, once, atol=1e-4)


def test_channels_count_in_their_own_spread(random):
    residual = random.normal(0, 0.1, (2, 150, 2)).astype(np.float32)
    pattern = np.stack([0.8 * np.hanning(12), np.zeros(12)], axis=1).astype(np.float32)
    changed = residual.copy()
    changed[1, 40:52] += pattern
    left = np.asarray(layer_of([pattern], 0.1)(changed))
    np.testing.assert_allclose(left[0], residual[0], atol=1e-5)
    assert np.abs(left - residual)[1].max() < 0.3


def test_what_is_taken_out_makes_no_other_alarms(tmp_path, random):
    """In noise three times as large as that of the normal part, of which marked patterns fill most."""
    scores = PointScores(16)
    scores.build((None, None, 1))
    residual = random.normal(0, 3, (1, 64, 1)).astype(np.float32)
    inputs = keras.Input((64, 1))
    marked = layer_of([residual[0, :16], residual[0, 16:32], residual[0, 32:48]])
    model = keras.Model(inputs, scores(marked(inputs), inputs))
    whole = [np.asarray(output) for output in scores(residual)]
    score, deviation, _, noise = (np.asarray(output) for output in model(residual))
    np.testing.assert_allclose(noise, whole[3], rtol=1e-6)
    assert (np.abs(deviation[0, :40]) < 0.1).all()
    np.testing.assert_allclose(score[0, 60:], whole[0][0, 60:], rtol=1e-5)
    assert (np.asarray(scores(marked(residual))[0])[0, 60:] > 1.5 * whole[0][0, 60:]).any()
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")(residual)
    np.testing.assert_allclose(np.asarray(again[0]), score, rtol=1e-6)
