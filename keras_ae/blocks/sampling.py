"""Gaussian posteriors and likelihoods: encoder and decoder outputs, sampling, and terms of the bound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import log, pi
from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

from keras_ae.blocks.table_output import output_layer
from keras_ae.errors import InputError
from keras_ae.heads import Backbone, Heads, Spec
from keras_ae.losses import LIKELIHOODS, gaussian_kl, likelihoods_for
from keras_ae.replicas import replicas

__all__ = [
    "PriorSampling",
    "Sampling",
    "SeededMasking",
    "check_likelihood",
    "kl_divergence",
    "kl_per_dimension",
    "likelihood",
    "likelihood_decoder",
    "log_normal",
    "normal",
    "posterior",
    "posterior_encoder",
    "variational_heads",
]

BOUND = 7.0
"""Log-variances of reconstructions are smoothly limited to [-BOUND, BOUND], so that no density explodes."""

Tensor = Any
"""A tensor of Keras or TensorFlow, symbolic or not."""


def posterior(features: Tensor, latent_dim: int) -> dict[str, Tensor]:
    """The encoder's outputs for a Gaussian posterior.

    Args:
        features: (batch, n).
        latent_dim: Size of a code.

    Returns:
        "mean", "log_var" and "code", which equals the mean: (batch, latent_dim) each.
    """
    mean = layers.Dense(latent_dim, name="encoder_mean")(features)
    log_var = layers.Dense(latent_dim, name="encoder_log_var")(features)
    return {"code": mean, "mean": mean, "log_var": log_var}


def likelihood(
    backbone: Backbone, code: Tensor, spec: Spec, name: str, encoder: keras.Model | None = None
) -> dict[str, Tensor]:
    """The decoder's outputs: the reconstruction and, for a Gaussian likelihood, its log-variance.

    Args:
        backbone: Layers between the code and the data.
        code: (batch, n).
        spec: Shapes and domain of the data.
        name: The likelihood's name; "auto" chooses the one that fits the domain.
        encoder: The encoder of the codes, for a backbone whose decoder shares its weights.

    Returns:
        "reconstruction" (batch, *target_shape), and "reconstruction_log_var" of the same shape.

    Raises:
        InputError: If the likelihood does not fit the domain.
    """
    fitting = likelihoods_for(spec.domain)
    if name != "auto" and name not in fitting:
        raise InputError(
            f"the likelihood of {spec.domain.kind} values must be {' or '.join(fitting)}, received {name!r}"
        )
    activation = output_layer(spec)
    if not LIKELIHOODS[spec.domain.likelihood if name == "auto" else name].log_var:
        return {"reconstruction": activation(backbone.decode_with(encoder, code, spec.target_shape))}
    channels = spec.target_shape[-1]
    both = backbone.decode_with(encoder, code, (*spec.target_shape[:-1], 2 * channels))
    log_var = BOUND * ops.tanh(both[..., channels:] / BOUND)
    return {"reconstruction": activation(both[..., :channels]), "reconstruction_log_var": log_var}


def check_likelihood(name: str) -> None:
    """Checks the name of a likelihood.

    Args:
        name: "auto", or a likelihood's name.

    Raises:
        InputError: If the likelihood does not exist.
    """
    known = ("auto", *LIKELIHOODS)
    if name not in known:
        raise InputError(f"likelihood must be one of {', '.join(known)}; received {name!r}")


@keras.saving.register_keras_serializable("keras_ae")
class Sampling(layers.Layer):
    """Samples a Gaussian posterior: mean + exp(log_var / 2) * noise.

    The reparametrization of Kingma and Welling (2014, arXiv:1312.6114). The noise is a pure function of
    the batch's seeds, so that repeated and resumed runs get the same samples.

    Args:
        samples: Number of samples per example, at least 1.
    """

    def __init__(self, samples: int = 1, **kwargs: Any):
        super().__init__(**kwargs)
        self.samples = samples

    def call(self, mean: Tensor, log_var: Tensor, seeds: Tensor) -> Tensor:
        """Samples codes.

        Args:
            mean: (batch, n).
            log_var: (batch, n).
            seeds: (batch, 2), int64.

        Returns:
            (batch * samples, n), with the samples of an example in consecutive rows.
        """
        mean, log_var = (tf.repeat(part, self.samples, axis=0) for part in (mean, log_var))
        return mean + ops.exp(0.5 * log_var) * normal(tf.shape(mean), seeds)

    def sample(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Bottleneck for `Heads.join` that replaces the mean by a sampled code.

        Args:
            tensors: "mean", "log_var" and "seeds".

        Returns:
            The sampled "code".
        """
        return {"code": self(tensors["mean"], tensors["log_var"], tensors["seeds"])}

    def compute_output_shape(self, mean_shape, log_var_shape, seeds_shape):
        return mean_shape

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"samples": self.samples}


def normal(shape: Any, seeds: Tensor, stream: int = 1) -> Tensor:
    """Standard normal noise for a batch, a pure function of its seeds.

    Args:
        shape: Shape of the noise.
        seeds: (batch, 2), int64.
        stream: Streams with different numbers are independent.

    Returns:
        The noise, float32.
    """
    seed = tf.random.experimental.stateless_fold_in(seeds[0], stream)
    return replicas().own_noise(lambda shape: tf.random.stateless_normal(shape, seed), shape)


def uniform_noise(shape: Any, seed: Tensor) -> Tensor:
    """Uniform noise in [0, 1) for a batch, a pure function of a seed and of a row's position in the batch.

    Args:
        shape: Shape of the noise.
        seed: (2,), int64.

    Returns:
        The noise, float32.
    """
    return replicas().own_noise(lambda shape: tf.random.stateless_uniform(shape, seed), shape)


def kl_per_dimension(outputs: Mapping[str, Tensor]) -> Tensor:
    """KL(N(mean, exp(log_var)) || N(0, 1)) of each dimension of the code.

    Args:
        outputs: "mean" and "log_var", (batch, latent_dim) each.

    Returns:
        Nats, (batch, latent_dim).
    """
    return gaussian_kl(outputs["mean"], outputs["log_var"])


def kl_divergence(outputs: Mapping[str, Tensor]) -> Tensor:
    """KL(q(code | x) || N(0, 1)) of each example.

    Args:
        outputs: "mean" and "log_var", (batch, latent_dim) each.

    Returns:
        Nats per example, (batch,).
    """
    return ops.sum(kl_per_dimension(outputs), axis=-1)


def log_normal(value: Tensor, mean: Tensor, log_var: Tensor) -> Tensor:
    """log N(value; mean, exp(log_var)), summed over the last axis.

    Args:
        value: (..., n).
        mean: (..., n), or broadcastable to it.
        log_var: (..., n), or broadcastable to it.

    Returns:
        Nats, (...).
    """
    square = ops.square(value - mean) * ops.exp(-log_var)
    return -0.5 * ops.sum(square + log_var + log(2 * pi), axis=-1)


class SeededMasking(layers.Layer):
    """Sets a random fraction of the elements to zero, as a pure function of the batch's seeds.

    Args:
        rate: The fraction, at least 0 and below 1.
    """

    def __init__(self, rate: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.rate = rate

    def call(self, features: Tensor, seeds: Tensor) -> Tensor:
        """Masks features.

        Args:
            features: (batch, ...).
            seeds: (batch, 2), int64.

        Returns:
            Features of the same shape.
        """
        seed = tf.random.experimental.stateless_fold_in(seeds[0], 1)
        uniform = uniform_noise(tf.shape(features), seed)
        return tf.where(uniform >= self.rate, features, tf.zeros_like(features))

    def compute_output_shape(self, features_shape, seeds_shape):
        return features_shape


@keras.saving.register_keras_serializable("keras_ae", name="PriorDraws")
class PriorSampling(layers.Layer):
    """Samples N(0, 1) in the shape of the codes, for terms that compare codes with the prior."""

    def call(self, code: Tensor, seeds: Tensor) -> Tensor:
        """Samples the prior.

        Args:
            code: (batch, n); only the shape is used.
            seeds: (batch, 2), int64.

        Returns:
            (batch, n).
        """
        return normal(tf.shape(code), seeds, stream=1000)

    def sample(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Bottleneck for `Heads.join` that adds samples of the prior as an output.

        Args:
            tensors: "code" and "seeds".

        Returns:
            The samples, as "prior".
        """
        return {"prior": self(tensors["code"], tensors["seeds"])}

    def compute_output_shape(self, code_shape, seeds_shape):
        return code_shape


def posterior_encoder(spec: Spec, backbone: Backbone, latent_dim: int) -> keras.Model:
    """Builds an encoder with a Gaussian posterior.

    Args:
        spec: Shapes and domain of the data.
        backbone: Layers between the data and the code.
        latent_dim: Size of a code.

    Returns:
        {"inputs": (batch, *input_shape)} -> "code", "mean" and "log_var", (batch, latent_dim) each.
    """
    inputs = keras.Input(spec.input_shape, name="inputs")
    encoded = posterior(backbone.encode(inputs), latent_dim)
    return keras.Model({"inputs": inputs}, encoded, name="encoder")


def likelihood_decoder(
    spec: Spec, backbone: Backbone, latent_dim: int, name: str, encoder: keras.Model | None = None
) -> keras.Model:
    """Builds a decoder that returns the parameters of a likelihood.

    Args:
        spec: Shapes and domain of the data.
        backbone: Layers between the code and the data.
        latent_dim: Size of a code.
        name: The likelihood's name, or "auto".
        encoder: The encoder of the codes, for a backbone whose decoder shares its weights.

    Returns:
        {"code": (batch, latent_dim)} -> the outputs of `likelihood`.
    """
    code = keras.Input((latent_dim,), name="code")
    return keras.Model({"code": code}, likelihood(backbone, code, spec, name, encoder), name="decoder")


def variational_heads(
    spec: Spec,
    backbone: Backbone,
    latent_dim: int,
    likelihood_name: str,
    bottleneck: Callable[[dict], dict] | None = None,
    samples: int = 1,
) -> Heads:
    """Builds the heads of a variational autoencoder, also for variants that differ only in a term.

    Args:
        spec: Shapes and domain of the data.
        backbone: Layers between the data and the code.
        latent_dim: Size of a code.
        likelihood_name: The likelihood's name, or "auto".
        bottleneck: See `Heads.join`; None samples the posterior.
        samples: Number of samples per example.

    Returns:
        The heads.
    """
    encoder = posterior_encoder(spec, backbone, latent_dim)
    decoder = likelihood_decoder(spec, backbone, latent_dim, likelihood_name, encoder)
    return Heads.join(encoder, decoder, bottleneck or Sampling(samples).sample, samples)
