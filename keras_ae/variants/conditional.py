"""Conditional variational autoencoder: both the encoder and the decoder take the example's label.

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

__all__ = ["Conditional"]


@dataclass(frozen=True)
class Conditional(Variant):
    """The evidence lower bound of log p(x | label), so that the code need not contain the label.

    The label is an additional input channel of the encoder, and is appended to the decoder's code.

    Attributes:
        backbone: Layers between the data and the code.
        latent_dim: Size of a code, at least 1.
        beta: Weight of the divergence from the prior, at least 0.
        likelihood: "auto", "bernoulli", "gaussian" or "categorical", as in `Variational`.
        sampler: The source of codes to generate from.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    beta: float = 1.0
    likelihood: str = "auto"
    sampler: Sampler = StandardNormal()

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1, beta=0)
        check_likelihood(self.likelihood)

    def build(self, spec: Spec) -> Heads:
        """The heads for a spec of labeled data.

        Raises:
            InputError: If the data has no labels.
        """
        if not spec.condition:
            raise InputError(
                "a conditional autoencoder needs a label 0, 1, ... for each example, found none; "
                "put the images of each class into a folder of their own, or pass arrays with their y"
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
        decoded = likelihood(self.backbone, joined, spec, self.likelihood, encoder)
        decoder = keras.Model({"code": code, "condition": condition}, decoded, name="decoder")

        return Heads.join(encoder, decoder, Sampling().sample)

    def terms(self) -> tuple[Term, ...]:
        return (Term("kl", kl_divergence, self.beta),)


EXAMPLE = (Conditional(DenseBackbone((16,)), latent_dim=4), Spec((6, 6, 1), (6, 6, 1), UNIT, condition=3))
