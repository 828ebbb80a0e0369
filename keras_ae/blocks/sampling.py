"""Gaussian posteriors: their heads, draws from them, and the divergences that variational terms use."""

from __future__ import annotations

from math import log, pi

import keras
import tensorflow as tf
from keras import layers, ops

from keras_ae.heads import Backbone, Heads, Spec
from keras_ae.losses import LIKELIHOODS, gaussian_kl, likelihoods_for

BOUND = 7.0
"""Log-variances of reconstructions are kept within this of 0, smoothly, so that no density explodes."""


def posterior(features, latent_dim: int) -> dict:
    """The encoder's outputs for a Gaussian posterior: features (batch, n) -> code, mean, log_var.

    Each (batch, latent_dim); the code that is served is the mean.
    """
    mean = layers.Dense(latent_dim, name="encoder_mean")(features)
    log_var = layers.Dense(latent_dim, name="encoder_log_var")(features)
    return {"code": mean, "mean": mean, "log_var": log_var}


def likelihood(backbone, code, spec, name: str) -> dict:
    """The decoder's outputs: the reconstruction and, of a Gaussian likelihood, its log-variance.

    code: (batch, n). name: "auto" takes the one that fits the targets' domain.
    Raises ValueError for a likelihood that does not go with the domain.
    """
    fitting = likelihoods_for(spec.domain)
    if name != "auto" and name not in fitting:
        raise ValueError(
            f"the likelihood of {spec.domain} values is {' or '.join(fitting)}, received {name!r}"
        )
    activation = layers.Activation(spec.activation, name="reconstruction")
    if not LIKELIHOODS[spec.domain.likelihood if name == "auto" else name].log_var:
        return {"reconstruction": activation(backbone.decode(code, spec.target_shape))}
    channels = spec.target_shape[-1]
    both = backbone.decode(code, (*spec.target_shape[:-1], 2 * channels))
    log_var = BOUND * ops.tanh(both[..., channels:] / BOUND)
    return {"reconstruction": activation(both[..., :channels]), "reconstruction_log_var": log_var}


def check_likelihood(name: str) -> None:
    """Raises ValueError for a name that is no likelihood."""
    known = ("auto", *LIKELIHOODS)
    if name not in known:
        raise ValueError(f"likelihood is one of {', '.join(known)}; received {name!r}")


@keras.saving.register_keras_serializable("keras_ae")
class Sampling(layers.Layer):
    """mean + exp(log_var / 2) * noise, with noise that is a pure function of the batch's seeds.

    The reparametrization of Kingma and Welling (2014, arXiv:1312.6114). No state: a repeat, and a
    run resumed, draw what was drawn before.

    samples: draws for each example, at least 1.
    """

    def __init__(self, samples: int = 1, **kwargs):
        super().__init__(**kwargs)
        self.samples = samples

    def call(self, mean, log_var, seeds):
        """mean, log_var: (batch, n), seeds (batch, 2) -> (batch * samples, n), example by example."""
        mean, log_var = (tf.repeat(part, self.samples, axis=0) for part in (mean, log_var))
        return mean + ops.exp(0.5 * log_var) * normal(tf.shape(mean), seeds)

    def sample(self, named: dict) -> dict:
        """A code drawn in the place of the mean, as a bottleneck of heads."""
        return {"code": self(named["mean"], named["log_var"], named["seeds"])}

    def compute_output_shape(self, mean_shape, log_var_shape, seeds_shape):
        return mean_shape

    def get_config(self):
        return super().get_config() | {"samples": self.samples}


def normal(shape, seeds, stream: int = 1):
    """Standard normal draws for a batch; other streams are independent. seeds: (batch, 2) int64."""
    seed = tf.random.experimental.stateless_fold_in(seeds[0], stream)
    return tf.random.stateless_normal(shape, seed)


def kl_per_dimension(outputs) -> object:
    """KL(N(mean, exp(log_var)) || N(0, 1)) of each unit of the code, in nats: (batch, latent_dim)."""
    return gaussian_kl(outputs["mean"], outputs["log_var"])


def log_normal(value, mean, log_var):
    """log N(value; mean, exp(log_var)), summed over the last axis."""
    square = ops.square(value - mean) * ops.exp(-log_var)
    return -0.5 * ops.sum(square + log_var + log(2 * pi), axis=-1)


class SeededMasking(layers.Layer):
    """Sets a share of the elements to zero; which ones is a pure function of the batch's seeds.

    rate: share, at least 0 and below 1.
    """

    def __init__(self, rate: float, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate

    def call(self, features, seeds):
        """features (batch, ...), seeds (batch, 2) -> features of the same shape."""
        seed = tf.random.experimental.stateless_fold_in(seeds[0], 1)
        kept = tf.random.stateless_uniform(tf.shape(features), seed) >= self.rate
        return tf.where(kept, features, tf.zeros_like(features))

    def compute_output_shape(self, features_shape, seeds_shape):
        return features_shape


@keras.saving.register_keras_serializable("keras_ae", name="PriorDraws")
class PriorSampling(layers.Layer):
    """Draws from N(0, 1), as many as there are codes, for terms that compare the two."""

    def call(self, code, seeds):
        """code (batch, n), seeds (batch, 2) -> (batch, n)."""
        return normal(tf.shape(code), seeds, stream=1000)

    def sample(self, named: dict) -> dict:
        """Draws as a further output "prior" of what is trained."""
        return {"prior": self(named["code"], named["seeds"])}

    def compute_output_shape(self, code_shape, seeds_shape):
        return code_shape


def posterior_encoder(spec: Spec, backbone: Backbone, latent_dim: int) -> keras.Model:
    """{"inputs": (batch, *input_shape)} -> "code", "mean" and "log_var", (batch, latent_dim) each."""
    inputs = keras.Input(spec.input_shape, name="inputs")
    encoded = posterior(backbone.encode(inputs), latent_dim)
    return keras.Model({"inputs": inputs}, encoded, name="encoder")


def likelihood_decoder(spec: Spec, backbone: Backbone, latent_dim: int, name: str) -> keras.Model:
    """{"code": (batch, latent_dim)} -> the outputs of `likelihood`, whose name it takes."""
    code = keras.Input((latent_dim,), name="code")
    return keras.Model({"code": code}, likelihood(backbone, code, spec, name), name="decoder")


def variational_heads(
    spec: Spec, backbone: Backbone, latent_dim: int, likelihood_name: str, bottleneck=None, samples: int = 1
) -> Heads:
    """The heads of a variational autoencoder, for those variants that differ from it by a term alone.

    bottleneck: as of `Heads.join`; None draws one code an example from the posterior.
    """
    encoder = posterior_encoder(spec, backbone, latent_dim)
    decoder = likelihood_decoder(spec, backbone, latent_dim, likelihood_name)
    return Heads.join(encoder, decoder, bottleneck or Sampling(samples).sample, samples)
