"""Compressive autoencoder: a code of whole numbers, trained for few bits as well as for little error.

Ballé, Laparra and Simoncelli, "End-to-end Optimized Image Compression", ICLR 2017, arXiv:1611.01704, with a
mixture of logistic densities for each dimension of the code.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import layers

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.rate import FactorizedPrior, Rounding
from keras_ae.blocks.table_output import output_layer
from keras_ae.domains import UNIT
from keras_ae.errors import check_least
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant

__all__ = ["Compressive"]

SPREAD = 4.0
"""Standard deviation of a code at the start, in steps: fine at first, and coarser where that costs little."""


@dataclass(frozen=True)
class Compressive(Variant):
    """Reconstruction + rate_weight * bits of the code, which is rounded to whole numbers.

    In training uniform noise stands for the rounding. What the code takes is estimated by a density for each
    dimension that is learned beside it; an entropy coder with tables of counts reaches about that.

    Attributes:
        backbone: Layers between the data and the code.
        latent_dim: Size of a code, at least 1. Dimensions that are not worth their bits become constant.
        rate_weight: Weight of a bit, at least 0: how much error it has to save.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    rate_weight: float = 1e-4

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1, rate_weight=0)

    def build(self, spec: Spec) -> Heads:
        inputs = keras.Input(spec.input_shape, name="inputs")
        values = layers.Dense(self.latent_dim, name="encoder_code")(self.backbone.encode(inputs))
        values = layers.Rescaling(SPREAD, name="encoder_scale")(values)
        rounding = Rounding(name="encoder_rounding")
        outputs = {"code": rounding(values), "unrounded": values}
        encoder = keras.Model({"inputs": inputs}, outputs, name="encoder")

        code = keras.Input((self.latent_dim,), name="code")
        scaled = layers.Rescaling(1 / SPREAD, name="decoder_scale")(code)
        logits = self.backbone.decode_with(encoder, scaled, spec.target_shape)
        reconstruction = output_layer(spec)(logits)
        decoder = keras.Model({"code": code}, {"reconstruction": reconstruction}, name="decoder")

        noise, prior = Rounding(name="noise"), FactorizedPrior(self.latent_dim, SPREAD, name="rate")

        def bottleneck(tensors: dict) -> dict:
            noisy = noise(tensors["unrounded"], tensors["seeds"])
            return {"code": noisy, "bits": prior(noisy)}

        return Heads.join(encoder, decoder, bottleneck)

    def terms(self) -> tuple[Term, ...]:
        return (Term("bits", lambda outputs: outputs["bits"], self.rate_weight),)


EXAMPLE = (Compressive(DenseBackbone((16,)), latent_dim=4), Spec((6, 6, 1), (6, 6, 1), UNIT))
