"""Metrics against known values: exact likelihoods, distances of normals, separable codes."""

import dataclasses
from functools import partial
from math import log, pi

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.samplers import (
    AggregatePosterior,
    FittedMixture,
    LearnedPrior,
    StandardNormal,
    code_sampler,
    generate,
)
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.data.splits import split_by_content
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.heads import Spec
from keras_ae.metrics import classifier as classifiers
from keras_ae.metrics import likelihood as metrics_likelihood
from keras_ae.metrics import reconstruction
from keras_ae.metrics.classifier import train_classifier
from keras_ae.metrics.codes import active_units, cluster_agreement, linear_probe
from keras_ae.metrics.samples import frechet_distance
from keras_ae.tasks.density import Density
from keras_ae.tasks.generation import Generation
from keras_ae.tensorboard.latent import plane_codes, traversal_codes
from keras_ae.training.train import train
from keras_ae.variants.conditional import Conditional
from keras_ae.variants.variational import Variational
from keras_ae.variants.vector_quantized import VectorQuantized

HALF = log(0.5)


def linear_gaussian(examples, posterior_shift=0.0, posterior_log_var=HALF):
    """x = z + noise with z and noise standard normal: p(x) is N(0, 2), the posterior N(x / 2, 1 / 2)."""

    def encoder(named):
        mean = named["inputs"] / 2 + posterior_shift
        return {"mean": mean, "log_var": tf.fill(tf.shape(mean), tf.constant(posterior_log_var, tf.float32))}

    def likelihood(targets, outputs):
        return tf.reduce_sum(0.5 * (tf.square(targets - outputs["code"]) + log(2 * pi)), axis=-1)

    batches = [({"inputs": part}, part) for part in np.array_split(examples, 3)]
    return partial(
        metrics_likelihood.importance_sampled_nll, encoder, lambda named: named, likelihood, batches
    )


def test_the_likelihood_is_exact_where_the_posterior_is(random):
    examples = random.normal(0, 2**0.5, (30, 2)).astype("float32")
    exact = 0.5 * (np.square(examples) / 2 + log(2) + log(2 * pi)).sum(axis=1)
    found = linear_gaussian(examples)(samples=3, seed=0)
    np.testing.assert_allclose(found["nll"], exact, rtol=1e-4)
    np.testing.assert_allclose(found["bound"], exact, rtol=1e-4)
    kl = 0.5 * (0.5 + np.square(examples / 2) - 1 - log(0.5)).sum(axis=1)
    np.testing.assert_allclose(found["kl"], kl, rtol=1e-4)


def test_the_importance_weighted_bound_grows_with_the_number_of_samples(random):
    examples = random.normal(0, 2**0.5, (300, 2)).astype("float32")
    exact = 0.5 * (np.square(examples) / 2 + log(2) + log(2 * pi)).sum(axis=1).mean()
    estimate = linear_gaussian(examples, posterior_shift=0.7, posterior_log_var=0.3)
    few, some, many = (estimate(samples=count, seed=0)["nll"].mean() for count in (1, 10, 1000))
    assert few > some + 0.05 > many > exact - 0.02
    assert many == pytest.approx(exact, abs=0.02)


def test_the_chunks_of_the_likelihood_make_no_difference(random, monkeypatch):
    examples = random.normal(size=(6, 2)).astype("float32")
    estimate = linear_gaussian(examples, posterior_shift=0.3)
    whole = estimate(samples=2000, seed=0)["nll"]
    monkeypatch.setattr(metrics_likelihood, "MOST_ELEMENTS", 40)
    assert estimate(samples=2000, seed=0)["nll"].mean() == pytest.approx(whole.mean(), abs=0.03)
    with pytest.raises(ValueError, match="samples must be at least 1, received 0"):
        estimate(samples=0, seed=0)


def test_the_frechet_distance_of_normals_is_that_of_their_moments(random):
    first = random.normal(0, 1, (200_000, 1))
    second = random.normal(3, 2, (200_000, 1))
    assert frechet_distance(first, second) == pytest.approx(9 + 1, rel=0.02)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-9)
    wide = random.normal(size=(5000, 6)) @ random.normal(size=(6, 6))
    moved = wide @ np.linalg.qr(random.normal(size=(6, 6)))[0]
    assert frechet_distance(wide, wide + 1) == pytest.approx(6)
    assert frechet_distance(wide, moved) == pytest.approx(frechet_distance(moved, wide))
    with pytest.raises(ValueError, match=r"two sets of 2 or more features.*received \(1, 6\)"):
        frechet_distance(wide[:1], wide)


def test_active_units_are_those_whose_means_vary(random):
    means = np.c_[random.normal(size=(500, 2)), 0.01 * random.normal(size=(500, 3)), np.ones(500)]
    assert active_units(means) == 2


def test_codes_that_tell_classes_apart_score_high_and_noise_scores_low(random):
    labels = np.arange(300) % 3
    telling = np.eye(3)[labels] + 0.05 * random.normal(size=(300, 3))
    noise = random.normal(size=(300, 3))
    assert linear_probe((telling, labels), (telling, labels)) > 0.99
    assert linear_probe((noise, labels), (random.normal(size=(300, 3)), labels)) < 0.5
    assert cluster_agreement(telling, labels) > 0.95
    assert cluster_agreement(noise, labels) < 0.1


def test_accuracy_of_classes_is_the_share_of_right_positions():
    target = np.eye(3, dtype="float32")[[[0, 1], [2, 2]]]
    output = np.array([[[0.6, 0.2, 0.2], [0.5, 0.3, 0.2]], [[0, 0, 1], [0.1, 0.2, 0.7]]], "float32")
    np.testing.assert_allclose(reconstruction.accuracy(target, output), [0.5, 1.0])


@pytest.fixture(scope="module")
def heads():
    keras.utils.set_random_seed(0)
    return Variational(DenseBackbone((8,)), 3).build(Spec((4, 4, 1), (4, 4, 1), "unit"))


@pytest.mark.parametrize("sampler", [StandardNormal(), FittedMixture(2), AggregatePosterior()])
def test_a_sampler_gives_the_same_samples_only_for_the_same_seed(sampler, heads, random):
    codes = {"code": random.normal(size=(50, 3)).astype("float32")}
    codes["log_var"] = np.full((50, 3), -2.0, "float32")
    draw = code_sampler(sampler.fit(heads, codes))
    assert draw(7, 1)["code"].shape == (7, 3)
    assert draw(7, 1)["code"].dtype == np.float32
    np.testing.assert_allclose(draw(7, 1)["code"], draw(7, 1)["code"], rtol=1e-5)  # within rounding
    assert not np.allclose(draw(7, 1)["code"], draw(7, 2)["code"], rtol=1e-3)


def test_a_fitted_mixture_draws_from_where_the_codes_are(heads, random):
    codes = np.concatenate([random.normal(-5, 0.1, (200, 3)), random.normal(5, 0.2, (200, 3))])
    drawn = code_sampler(FittedMixture(2).fit(heads, {"code": codes.astype("float32")}))(1000, 0)["code"]
    assert np.abs(np.abs(drawn) - 5).max() < 1.5
    assert (drawn[:, 0] > 0).mean() == pytest.approx(0.5, abs=0.06)
    with pytest.raises(ValueError, match="components must be at least 1, received 0"):
        FittedMixture(0)


@pytest.mark.parametrize("width", [2, 600])
def test_a_fitted_mixture_draws_with_the_shares_and_spreads_of_its_components(width, heads, random):
    """Three of four codes in one component, with correlated units where there are few of them."""
    cloud = random.normal(size=(900, width))
    cloud[:, 1] = 0.9 * cloud[:, 0] + 0.1 * cloud[:, 1]
    cloud[:300] += 20.0
    drawn = code_sampler(FittedMixture(2).fit(heads, {"code": cloud.astype("float32")}))(4000, 3)["code"]
    far = drawn[:, 0] > 10
    assert far.mean() == pytest.approx(1 / 3, abs=0.03)
    assert drawn[~far].std(axis=0)[:2] == pytest.approx(cloud[300:].std(axis=0)[:2], rel=0.06)
    correlation = np.corrcoef(drawn[~far][:, 0], drawn[~far][:, 1])[0, 1]
    assert (correlation > 0.98) == (width == 2)


def test_a_sampler_survives_a_keras_file(heads, tmp_path, random):
    codes = {"code": random.normal(size=(50, 3)).astype("float32"), "log_var": np.zeros((50, 3), "float32")}
    for sampler in (StandardNormal(), FittedMixture(2), AggregatePosterior()):
        fitted = sampler.fit(heads, codes)
        fitted.save(tmp_path / "sampler.keras")
        loaded = keras.models.load_model(tmp_path / "sampler.keras", safe_mode=True)
        for weight, other in zip(fitted.weights, loaded.weights, strict=True):
            np.testing.assert_array_equal(other, weight)
        drawn, again = (code_sampler(model)(9, 5)["code"] for model in (fitted, loaded))
        np.testing.assert_allclose(again, drawn, rtol=1e-5, atol=1e-6)  # of two models: within rounding


def test_the_aggregate_posterior_draws_around_the_means(heads):
    codes = {"code": np.full((20, 3), 4.0, "float32"), "log_var": np.full((20, 3), log(0.25), "float32")}
    drawn = code_sampler(AggregatePosterior().fit(heads, codes))(5000, 0)["code"]
    assert drawn.mean() == pytest.approx(4.0, abs=0.03)
    assert drawn.std() == pytest.approx(0.5, rel=0.05)


def test_a_learned_prior_is_drawn_from(heads):
    noise = keras.Input((3,), name="noise")
    prior = keras.Model({"noise": noise}, {"code": 2.0 * noise + 1.0})
    with_prior = type(heads)(heads.encoder, heads.decoder, heads.end_to_end, prior=prior)
    drawn = code_sampler(LearnedPrior().fit(with_prior, {}))(5000, 0)["code"]
    assert drawn.mean() == pytest.approx(1.0, abs=0.1)
    assert drawn.std() == pytest.approx(2.0, rel=0.05)


def test_samples_of_a_conditional_decoder_follow_their_labels():
    keras.utils.set_random_seed(0)
    heads = Conditional(DenseBackbone((8,)), 3).build(Spec((4, 4, 1), (4, 4, 1), "unit", condition=2))
    made = generate(heads, {"code": np.zeros((600, 3), "float32")}, np.arange(600) % 2, 2)
    assert made.shape == (600, 4, 4, 1)
    np.testing.assert_allclose(made[0], made[2], rtol=1e-5)
    assert np.abs(made[0] - made[1]).max() > 1e-3


def test_a_traversal_changes_one_unit_at_a_time_over_its_range(random):
    codes = random.normal(size=(500, 4)) * [0.1, 3.0, 1.0, 2.0] + 5
    walked = traversal_codes(codes)
    assert walked.shape == (4, 9, 4)
    for row, unit in enumerate([1, 3, 2, 0]):
        others = np.delete(walked[row], unit, axis=1)
        assert np.ptp(others, axis=0).max() == 0
        span = walked[row, -1, unit] - walked[row, 0, unit]
        assert span == pytest.approx(6 * codes[:, unit].std(), rel=1e-6)
        assert walked[row, 4, unit] == pytest.approx(codes[:, unit].mean())


def test_the_plane_of_two_units_covers_the_prior_or_the_codes(random):
    normal = plane_codes(random.normal(size=(10, 2)), normal=True)
    assert normal.shape == (15, 15, 2)
    np.testing.assert_allclose(normal[7, 7], 0, atol=1e-6)
    assert normal[0, 0, 1] > normal[-1, 0, 1]
    spread = plane_codes(np.c_[np.linspace(0, 1, 101), np.linspace(10, 20, 101)], normal=False)
    assert spread[..., 0].min() > 0 < spread[..., 0].max() < 1
    assert spread[..., 1].min() > 10 < spread[..., 1].max() < 20


def test_a_classifier_reads_digits_it_has_not_seen(monkeypatch):
    monkeypatch.setattr(classifiers, "MOST_EPOCHS", 30)
    data = Mnist5k().sample()
    classifier = train_classifier(data)
    assert classifier.accuracy > 0.6
    read = classifier(np.asarray(data.test.examples, np.float32) / 255)
    assert read["features"].shape == (len(data.test), 64)
    found = np.mean(read["classes"].argmax(-1) == data.test.labels)
    # in batches of another size one of two classes all but as likely may come first
    assert found == pytest.approx(classifier.accuracy, abs=1.01 / len(data.test))
    assert train_classifier(Mnist5k().sample()) is classifier


def test_data_without_classes_has_no_classifier(random):
    data = Data("x", **split_by_content(random.uniform(size=(40, 4)).astype("float32")), domain="unit")
    assert data.classes == 0
    with pytest.raises(ValueError, match="needs a label 0, 1, ..."):
        train_classifier(data)


@pytest.mark.parametrize(
    ("labels", "classes"), [([0, 1, 2], 3), ([0, 0, 0], 0), ([-1, 0, 1], 0), ([0, 5000, 1], 0)]
)
def test_classes_are_small_whole_numbers(random, labels, classes):
    labels = np.tile(labels, 20)
    data = Data(
        "x", **split_by_content(random.uniform(size=(60, 4)).astype("float32"), labels), domain="unit"
    )
    assert data.classes == classes


def test_binary_pixels_are_white_as_often_as_they_are_bright():
    gray = tf.fill((50, 20, 20, 1), 0.3)
    seeds = tf.stack([tf.zeros(50, tf.int64), tf.range(50, dtype=tf.int64)], axis=1)
    inputs, targets = Density().pair(gray, seeds, "unit")
    assert set(np.unique(inputs)) == {0.0, 1.0}
    assert float(tf.reduce_mean(inputs)) == pytest.approx(0.3, abs=0.01)
    np.testing.assert_array_equal(inputs, targets)
    np.testing.assert_array_equal(Density(binarized=False).pair(gray, seeds, "unit")[0], gray)
    with pytest.raises(InputError, match="binarization samples black or white .* received real values"):
        Density().pair(gray, seeds, "real")


def test_a_task_refuses_too_few_samples():
    with pytest.raises(ValueError, match="samples must be at least 1, received 0"):
        Density(samples=0)
    with pytest.raises(ValueError, match="samples must be at least 10, received 9"):
        Generation(samples=9)
    with pytest.raises(ValueError, match="importance_samples must be at least 0, received -1"):
        Generation(importance_samples=-1)


def test_what_does_not_generate_has_no_figures_of_samples():
    assert Generation().further_metrics(None, Mnist5k().sample(), 0, None) == {}


def test_a_sampler_that_does_not_fit_a_variant_is_refused_before_training(tiny_recipe, tmp_path):
    recipe = dataclasses.replace(
        tiny_recipe, variant=Variational(DenseBackbone(()), 2, sampler=LearnedPrior())
    )
    with pytest.raises(InputError, match="LearnedPrior samples from a prior .* this one learns none"):
        train(recipe, tmp_path / "a", report=lambda _: None)
    quantized = VectorQuantized(DenseBackbone(()), 2, sampler=StandardNormal())
    with pytest.raises(InputError, match="StandardNormal samples real numbers, .* code is of integers"):
        train(dataclasses.replace(recipe, variant=quantized), tmp_path / "b", report=lambda _: None)


def test_other_labels_are_other_data():
    data = Mnist5k().sample()
    train_split = dataclasses.replace(data.train, labels=data.train.labels[::-1])
    assert dataclasses.replace(data, train=train_split).sha256 != data.sha256
