"""Wasserstein autoencoder: the codes together, and not each for itself, resemble the prior.

Tolstikhin, Bousquet, Gelly and Schoelkopf, "Wasserstein Auto-Encoders", 2018, arXiv:1711.01558, in
its form with the maximum mean discrepancy.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import layers

from keras_ae.blocks.dense import DenseBackbone
from keras_ae.blocks.discrepancy import mmd
from keras_ae.blocks.sampling import PriorDraws
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.samplers import Sampler, StandardNormal


@dataclass(frozen=True)
class Wasserstein:
    """Reconstruction + weight * MMD(codes, N(0, 1)), with a deterministic encoder.

    backbone: layers between the data and the code.
    latent_dim: numbers in the code, at least 1.
    weight: of the discrepancy, at least 0.
    sampler: where codes to generate from are drawn.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    weight: float = 1.0
    sampler: Sampler = StandardNormal()

    def __post_init__(self):
        if self.latent_dim < 1:
            raise ValueError(f"latent_dim is at least 1, received {self.latent_dim}")
        if not self.weight >= 0:
            raise ValueError(f"weight is at least 0, received {self.weight}")

    def build(self, spec: Spec) -> Heads:
        inputs = keras.Input(spec.input_shape, name="inputs")
        code = layers.Dense(self.latent_dim, name="encoder_code")(self.backbone.encode(inputs))
        encoder = keras.Model({"inputs": inputs}, {"code": code}, name="encoder")

        code = keras.Input((self.latent_dim,), name="code")
        logits = self.backbone.decode(code, spec.target_shape)
        reconstruction = layers.Activation(spec.activation, name="reconstruction")(logits)
        decoder = keras.Model({"code": code}, {"reconstruction": reconstruction}, name="decoder")

        return Heads.join(encoder, decoder, PriorDraws().beside)

    def terms(self) -> tuple[Term, ...]:
        return (Term("mmd", lambda outputs: mmd(outputs["code"], outputs["prior"]), self.weight),)


EXAMPLE = (Wasserstein(DenseBackbone((16,)), latent_dim=4), Spec((6, 6, 1), (6, 6, 1), "unit"))
