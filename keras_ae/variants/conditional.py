"""Conditional variational autoencoder: the label enters the encoder and the decoder.

Sohn, Lee and Yan, "Learning Structured Output Representation using Deep Conditional Generative
Models", NeurIPS 2015; the prior does not depend on the label, as in Kingma et al. (2014, M2).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import keras
from keras import layers

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.samplers import Sampler, StandardNormal
from keras_ae.blocks.sampling import Sampling, check_likelihood, kl_divergence, likelihood, posterior
from keras_ae.domains import UNIT
from keras_ae.errors import InputError, check_least
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant


@dataclass(frozen=True)
class Conditional(Variant):
    """The evidence lower bound of log p(x | label): what the label tells, the code need not.

    The encoder sees the label as one more channel of its input, the decoder beside the code.

    backbone: layers between the data and the code.
    latent_dim: numbers in the code, at least 1.
    beta: weight of the divergence from the prior, at least 0.
    likelihood: "auto", "bernoulli", "gaussian" or "categorical", as of the variational autoencoder.
    sampler: where codes to generate from are drawn.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    beta: float = 1.0
    likelihood: str = "auto"
    sampler: Sampler = StandardNormal()

    def __post_init__(self):
        check_least(self, latent_dim=1, beta=0)
        check_likelihood(self.likelihood)

    def build(self, spec: Spec) -> Heads:
        """Raises InputError where the data has no labels."""
        if not spec.condition:
            raise InputError(
                "a conditional autoencoder needs a label 0, 1, ... for each example, found none; "
                "put images into a folder a class, or arrays beside their y"
            )
        inputs = keras.Input(spec.input_shape, name="inputs")
        condition = keras.Input((spec.condition,), name="condition")
        *space, _ = spec.input_shape
        channel = layers.Dense(prod(space) if space else spec.condition, name="encoder_condition")(condition)
        channel = layers.Reshape((*space, 1) if space else (spec.condition,), name="encoder_channel")(channel)
        joined = layers.Concatenate(name="encoder_join")([inputs, channel])
        encoded = posterior(self.backbone.encode(joined), self.latent_dim)
        encoder = keras.Model({"inputs": inputs, "condition": condition}, encoded, name="encoder")

        code = keras.Input((self.latent_dim,), name="code")
        condition = keras.Input((spec.condition,), name="condition")
        joined = layers.Concatenate(name="decoder_join")([code, condition])
        decoded = likelihood(self.backbone, joined, spec, self.likelihood)
        decoder = keras.Model({"code": code, "condition": condition}, decoded, name="decoder")

        return Heads.join(encoder, decoder, Sampling().sample)

    def terms(self) -> tuple[Term, ...]:
        return (Term("kl", kl_divergence, self.beta),)


EXAMPLE = (Conditional(DenseBackbone((16,)), latent_dim=4), Spec((6, 6, 1), (6, 6, 1), UNIT, condition=3))
