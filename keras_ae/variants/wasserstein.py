"""Wasserstein autoencoder: the codes of all examples together, rather than each one's, resemble the prior.

Tolstikhin, Bousquet, Gelly and Schoelkopf, "Wasserstein Auto-Encoders", 2018, arXiv:1711.01558, in
its form with the maximum mean discrepancy.
"""

from __future__ import annotations

from dataclasses import dataclass

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.divergences import mmd
from keras_ae.blocks.plain import plain_decoder, plain_encoder
from keras_ae.blocks.samplers import Sampler, StandardNormal
from keras_ae.blocks.sampling import PriorSampling
from keras_ae.domains import UNIT
from keras_ae.errors import check_least
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant

__all__ = ["Wasserstein"]


@dataclass(frozen=True)
class Wasserstein(Variant):
    """Reconstruction + lambda * MMD(codes, N(0, 1)), with a deterministic encoder.

    Attributes:
        backbone: Layers between the data and the code.
        latent_dim: Size of a code, at least 1.
        lambda_: Weight of the discrepancy, at least 0.
        sampler: The source of codes to generate from.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    lambda_: float = 1.0
    sampler: Sampler = StandardNormal()

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1, lambda_=0)

    def build(self, spec: Spec) -> Heads:
        encoder = plain_encoder(spec, self.backbone, self.latent_dim)
        decoder = plain_decoder(spec, self.backbone, self.latent_dim, encoder)

        return Heads.join(encoder, decoder, PriorSampling().sample)

    def terms(self) -> tuple[Term, ...]:
        return (Term("mmd", lambda outputs: mmd(outputs["code"], outputs["prior"]), self.lambda_),)


EXAMPLE = (Wasserstein(DenseBackbone((16,)), latent_dim=4), Spec((6, 6, 1), (6, 6, 1), UNIT))
