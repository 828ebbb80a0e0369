"""Undercomplete autoencoder: its only constraint is a code smaller than the input.

Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", Science 2006.
"""

from __future__ import annotations

from dataclasses import dataclass

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.plain import plain_decoder, plain_encoder
from keras_ae.domains import UNIT
from keras_ae.errors import check_least
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant

__all__ = ["Undercomplete"]


@dataclass(frozen=True)
class Undercomplete(Variant):
    """The plain autoencoder: vanilla, deep or convolutional, as its backbone is.

    Attributes:
        backbone: Layers between the data and the code; without hidden layers the autoencoder is vanilla.
        latent_dim: Size of a code, at least 1.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1)

    def build(self, spec: Spec) -> Heads:
        encoder = plain_encoder(spec, self.backbone, self.latent_dim)
        decoder = plain_decoder(spec, self.backbone, self.latent_dim)
        return Heads.join(encoder, decoder)

    def terms(self) -> tuple[Term, ...]:
        return ()


EXAMPLE = (Undercomplete(DenseBackbone((16,)), latent_dim=4), Spec((6, 6, 1), (6, 6, 1), UNIT))
