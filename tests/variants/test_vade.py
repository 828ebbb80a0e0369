"""VaDE's objective and prior by hand, and its training from a plain autoencoder."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.mixture_prior import LearnedMixture, mixture_kl
from keras_ae.blocks.sampling import log_normal
from keras_ae.errors import InputError
from keras_ae.heads import Spec, apply
from keras_ae.variants.vade import VaDE

SMALL = VaDE(DenseBackbone((8,)), latent_dim=2, clusters=3, pretraining_epochs=1)


def test_the_divergence_equals_its_estimate_from_samples():
    """E_q[log q(z) + log q(c) - log p(z | c) - log p(c)], where z and c are independent under q."""
    random = np.random.default_rng(0)
    mean, log_var = random.normal(size=(2, 2)), random.normal(size=(2, 2))
    layer = LearnedMixture(3, 2)
    layer.assign(np.array([0.5, 0.3, 0.2]), random.normal(size=(3, 2)), random.uniform(0.5, 2, (3, 2)))
    mean, log_var = mean.astype(np.float32), log_var.astype(np.float32)
    codes = mean + np.exp(0.5 * log_var) * random.normal(size=(100_000, 2, 2)).astype(np.float32)
    outputs = {"mean": mean, "log_var": log_var, **layer(mean)}
    log_q = log_normal(codes, mean, log_var)
    cluster = np.asarray(outputs["cluster_probabilities"], np.float64)
    log_p = np.stack(
        [log_normal(codes, m, v) for m, v in zip(layer.mean.numpy(), layer.log_var.numpy(), strict=True)], -1
    )
    each = np.asarray(log_q)[..., None] + np.log(cluster) - log_p - np.log([0.5, 0.3, 0.2])
    estimate = (cluster * each).sum(axis=-1).mean(axis=0)
    # the deviation of one sample is about 2, so of the mean of 100,000 below .01
    np.testing.assert_allclose(mixture_kl(outputs), estimate, atol=0.03)


def test_components_that_are_all_the_standard_normal_give_the_variational_bound():
    layer = LearnedMixture(2, 2)
    layer.assign(np.full(2, 0.5), np.zeros((2, 2)), np.ones((2, 2)))
    mean = tf.constant([[1.0, 0.0]])
    outputs = {"mean": mean, "log_var": tf.zeros((1, 2)), **layer(mean)}
    np.testing.assert_allclose(mixture_kl(outputs), [0.5], atol=1e-6)  # KL of a mean of one


def test_the_prior_is_sampled_as_often_as_its_components_weigh():
    heads = SMALL.build(Spec((6, 6, 1), (6, 6, 1), "unit"))
    mixture = heads.encoder.get_layer("mixture")
    mixture.assign(np.array([0.6, 0.3, 0.1]), np.array([[0, 0], [50, 0], [0, 50]]), np.ones((3, 2)))
    noise = np.random.default_rng(0).standard_normal((5000, 3)).astype(np.float32)
    codes = np.asarray(apply(heads.prior, {"noise": noise})["code"])
    nearest = np.square(codes[:, None] - mixture.mean.numpy()).sum(axis=-1).argmin(axis=1)
    # 4 standard deviations of a fraction of 5,000
    np.testing.assert_allclose(np.bincount(nearest) / 5000, [0.6, 0.3, 0.1], atol=0.03)


def test_pretraining_leaves_the_variances_alone_and_ends_with_a_fitted_mixture():
    keras.utils.set_random_seed(0)
    heads = SMALL.build(Spec((6, 6, 1), (6, 6, 1), "unit"))
    (stage,) = SMALL.stages(heads)
    assert "encoder_mean" in stage.layers
    assert "decoder" in stage.layers
    assert not {"encoder_log_var", "mixture"} & set(stage.layers)
    inputs = {"inputs": np.random.default_rng(0).uniform(size=(4, 6, 6, 1)).astype(np.float32)}
    decoded = apply(stage.model, inputs)["reconstruction"]
    np.testing.assert_allclose(decoded, apply(heads.end_to_end, inputs)["reconstruction"], rtol=1e-5)
    examples = np.zeros((30, 6, 6, 1), np.float32)
    examples[10:20, 0], examples[20:, -1] = 1, 1
    stage.finish(lambda: examples + np.random.default_rng(0).uniform(0, 0.01, examples.shape))
    sure = np.asarray(apply(heads.encoder, {"inputs": examples})["cluster_probabilities"])
    assert len({*sure[::10].argmax(axis=1)}) == 3
    assert sure.max(axis=1).min() > 0.9


@pytest.mark.parametrize(("field", "least"), [("clusters", 2), ("pretraining_epochs", 1), ("latent_dim", 1)])
def test_settings_that_cannot_be_are_refused(field, least):
    with pytest.raises(InputError, match=f"{field} must be at least {least}, received 0"):
        dataclasses.replace(SMALL, **{field: 0})
