"""Contractive autoencoder: the code changes little as the input changes.

Rifai, Vincent, Muller, Glorot and Bengio, "Contractive Auto-Encoders: Explicit Invariance During
Feature Extraction", ICML 2011.
"""

from __future__ import annotations

from dataclasses import dataclass

from keras import ops

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.jacobian import DERIVATIVES, OneLayerJacobian, ProbedJacobian
from keras_ae.blocks.plain import plain_decoder, plain_encoder
from keras_ae.domains import UNIT
from keras_ae.errors import check_choices, check_least
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant

__all__ = ["Contractive"]


@dataclass(frozen=True)
class Contractive(Variant):
    """Reconstruction + lambda * squared Frobenius norm of the code's Jacobian with respect to the input.

    The norm is exact for an encoder of one layer, and estimated with random probes for deeper ones.

    Attributes:
        backbone: Layers between the data and the code.
        latent_dim: Size of a code, at least 1.
        lambda_: Weight of the penalty, at least 0.
        probes: Random directions in each training step for a deeper encoder, at least 1.
        activation: Activation of the code: linear, sigmoid, tanh or relu. The saturating ones suit an
            encoder of one layer, as in the paper; on deeper encoders they can leave units stuck.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    lambda_: float = 1e-4
    probes: int = 1
    activation: str = "linear"

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1, lambda_=0, probes=1)
        check_choices(self, activation=DERIVATIVES)

    def build(self, spec: Spec) -> Heads:
        encoder = plain_encoder(spec, self.backbone, self.latent_dim, self.activation)
        decoder = plain_decoder(spec, self.backbone, self.latent_dim, encoder)

        last = encoder.get_layer("encoder_code")
        if len(encoder.weights) == len(last.weights):
            exact = OneLayerJacobian(last)
            return Heads.join(encoder, decoder, lambda named: {"jacobian": exact(named["code"])})
        probed = ProbedJacobian(encoder, probes=self.probes)
        return Heads.join(
            encoder, decoder, lambda named: {"jacobian": probed(named["inputs"], named["seeds"])}
        )

    def terms(self) -> tuple[Term, ...]:
        return (
            Term("jacobian", lambda outputs: outputs["jacobian"], self.lambda_),
            Term("jacobian_norm", lambda outputs: ops.sqrt(outputs["jacobian"]), 0.0),
        )


EXAMPLE = (Contractive(DenseBackbone((16,)), latent_dim=4), Spec((6, 6, 1), (6, 6, 1), UNIT))
