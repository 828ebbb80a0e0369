"""Losses and metrics against numbers that one can work out by hand."""

import numpy as np
import pytest

from keras_ae import losses
from keras_ae.domains import REAL, UNIT
from keras_ae.metrics import reconstruction

HALF = np.full((2, 3, 4), 0.5, "float32")


def test_a_vivid_color_counts_for_more_than_a_gray_one():
    gray, vivid = np.full((1, 4, 2), 0.5, "float32"), np.full((1, 4, 2), 0.5, "float32")
    vivid[..., 0] += 60 / 256
    plain = losses.squared_error(vivid, vivid + 0.1)
    np.testing.assert_allclose(losses.vivid_squared_error(gray, gray + 0.1), plain, rtol=1e-5)
    np.testing.assert_allclose(losses.vivid_squared_error(vivid, vivid + 0.1), 3 * plain, rtol=1e-5)


def test_crossentropy_of_a_coin_is_log_two():
    np.testing.assert_allclose(losses.binary_crossentropy(HALF, HALF), np.log(2) * np.ones(2), rtol=1e-6)


def test_crossentropy_of_a_sure_mistake_is_bounded_by_the_clip():
    value = losses.binary_crossentropy(np.ones((1, 5), "float32"), np.zeros((1, 5), "float32"))
    np.testing.assert_allclose(value, -np.log(1e-7), rtol=1e-3)


def test_squared_error_is_a_mean_over_the_elements_of_each_example():
    target = np.zeros((2, 2, 2), "float32")
    output = np.stack([np.full((2, 2), 3.0), np.array([[1.0, 0], [0, 1]])]).astype("float32")
    np.testing.assert_allclose(losses.squared_error(target, output), [9.0, 0.5])


def test_the_loss_follows_the_domain():
    assert UNIT.loss is losses.binary_crossentropy
    assert REAL.loss is losses.squared_error


def test_psnr_of_an_error_of_a_tenth_is_twenty_decibels():
    np.testing.assert_allclose(reconstruction.psnr(HALF, HALF + 0.1), [20.0, 20.0], rtol=1e-5)


def test_psnr_of_a_perfect_copy_is_the_ceiling_and_not_infinite():
    np.testing.assert_allclose(reconstruction.psnr(HALF, HALF), [100.0, 100.0], rtol=1e-6)


def test_ssim_is_one_for_equal_images_and_less_for_noisy_ones(random):
    for side in (28, 11, 7, 2):
        image = random.uniform(size=(2, side, side, 3)).astype("float32")
        np.testing.assert_allclose(reconstruction.ssim(image, image), [1.0, 1.0], atol=1e-5)
        noisy = np.clip(image + 0.3 * random.normal(size=image.shape), 0, 1).astype("float32")
        assert (np.asarray(reconstruction.ssim(image, noisy)) < 0.99).all()


def test_excess_crossentropy_is_the_kullback_leibler_divergence():
    target, output = np.full((1, 4), 0.25, "float32"), np.full((1, 4), 0.5, "float32")
    expected = 0.25 * np.log(0.25 / 0.5) + 0.75 * np.log(0.75 / 0.5)
    np.testing.assert_allclose(reconstruction.excess_crossentropy(target, output), [expected], rtol=1e-5)
    np.testing.assert_allclose(reconstruction.excess_crossentropy(target, target), [0.0], atol=1e-7)


def test_mean_absolute_error():
    np.testing.assert_allclose(losses.absolute_error(HALF, HALF - 0.25), [0.25, 0.25])


@pytest.mark.parametrize(
    ("domain", "shape", "expected"),
    [
        ("unit", (28, 28, 1), ["psnr", "ssim", "mse", "crossentropy", "excess_crossentropy"]),
        ("unit", (5,), ["psnr", "mse", "crossentropy", "excess_crossentropy"]),
        ("real", (28, 28, 1), ["mse", "mae"]),
    ],
)
def test_the_measures_fit_the_data(domain, shape, expected):
    assert list(reconstruction.domain_metrics(domain, shape)) == expected


def test_evaluate_weighs_every_example_alike_whatever_the_batches(random):
    targets = random.uniform(size=(7, 5)).astype("float32")
    inputs = random.uniform(size=(7, 5)).astype("float32")
    batches = [(inputs[:4], targets[:4]), (inputs[4:], targets[4:])]
    scores = reconstruction.mean_metrics(lambda x: x, batches, "real")
    assert scores["mse"] == pytest.approx(np.square(inputs - targets).mean(), rel=1e-5)
