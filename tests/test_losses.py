"""Losses and metrics against numbers that one can work out by hand."""

import numpy as np
import pytest
import tensorflow as tf
from skimage.metrics import structural_similarity

from keras_ae import losses
from keras_ae.domains import REAL, UNIT
from keras_ae.errors import InputError
from keras_ae.metrics import reconstruction
from keras_ae.recipe_values import LOSS_ALIASES, LOSS_NAMES, loss_called

HALF = np.full((2, 3, 4), 0.5, "float32")


def test_crossentropy_of_a_coin_is_log_two():
    np.testing.assert_allclose(losses.binary_crossentropy(HALF, HALF), np.log(2) * np.ones(2), rtol=1e-6)


def test_crossentropy_of_a_sure_mistake_is_bounded_by_the_clip():
    value = losses.binary_crossentropy(np.ones((1, 5), "float32"), np.zeros((1, 5), "float32"))
    np.testing.assert_allclose(value, -np.log(1e-7), rtol=1e-3)


def test_squared_error_is_a_mean_over_the_elements_of_each_example():
    target = np.zeros((2, 2, 2), "float32")
    output = np.stack([np.full((2, 2), 3.0), np.array([[1.0, 0], [0, 1]])]).astype("float32")
    np.testing.assert_allclose(losses.squared_error(target, output), [9.0, 0.5])


def test_huber_is_half_the_square_up_to_delta_and_linear_beyond():
    target = np.zeros((1, 3), "float32")
    output = np.array([[0.05, 0.1, -1.1]], "float32")
    expected = (0.05**2 / 2 + 0.1**2 / 2 + 0.1 * (1.1 - 0.05)) / 3
    np.testing.assert_allclose(losses.huber(target, output, delta=0.1), [expected], rtol=1e-5)
    np.testing.assert_allclose(losses.huber(target, output[:, ::-1], delta=0.1), [expected], rtol=1e-5)
    np.testing.assert_allclose(losses.huber(HALF, HALF - 0.2, delta=1.0), [0.02, 0.02], rtol=1e-5)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_the_loss_ssim_is_one_minus_that_of_scikit_image(random, channels):
    target, output = random.uniform(size=(2, 1, 20, 16, channels)).astype("float32")
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}
    expected, full = structural_similarity(target[0], output[0], channel_axis=-1, full=True, **settings)
    # scikit-image averages over positions that are at least 5 from the edge, whose windows are whole
    assert full[5:-5, 5:-5].mean() == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(losses.ssim(target, output), [1 - expected], atol=2e-6)  # of float32
    np.testing.assert_allclose(
        losses.ssim(target, output), 1 - reconstruction.ssim(target, output), atol=1e-6
    )


@pytest.mark.parametrize("side", [2, 5, 10, 28])
def test_the_loss_ssim_has_finite_gradients_also_in_small_and_flat_images(random, side):
    noisy = random.uniform(size=(1, side, side, 1)).astype("float32")
    black = np.zeros_like(noisy)
    for target, output in ((noisy, 0.5 * noisy), (black, noisy), (noisy, black)):
        output = tf.Variable(output)
        with tf.GradientTape() as tape:
            value = losses.ssim(target, output)
        gradient = tape.gradient(value, output)
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() > 0
    step = losses.ssim(noisy, black - 1e-3 * np.asarray(gradient) / np.abs(gradient).max())
    assert step < value  # the gradient leads down


def test_each_loss_has_a_name_without_tensorflow():
    assert set(LOSS_NAMES) - {"auto"} == set(losses.LOSSES)
    assert set(LOSS_ALIASES.values()) <= set(losses.LOSSES)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("mse", "squared_error"),
        ("MeanSquaredError", "squared_error"),
        ("mae", "absolute_error"),
        ("MAE", "absolute_error"),
        ("bce", "binary_crossentropy"),
        ("binary_cross_entropy", "binary_crossentropy"),
        ("Huber", "huber"),
        ("SSIM", "ssim"),
        ("auto", "auto"),
    ],
)
def test_a_loss_has_the_names_that_keras_and_papers_give_it(text, name):
    assert loss_called(text) == name


@pytest.mark.parametrize(("text", "near"), [("mes", "mse"), ("sqared_error", "squared_error"), (3, "")])
def test_a_loss_that_is_none_is_refused_with_those_that_are_near(text, near):
    with pytest.raises(InputError, match=f"loss must be one of auto, .*received {text!r}.*{near}"):
        loss_called(text)


def test_a_loss_that_is_no_more_names_what_takes_its_place():
    with pytest.raises(
        InputError, match="vivid_squared_error is no more: .*loss=color_distance.*vivid_restorer"
    ):
        loss_called("vivid_squared_error")


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
