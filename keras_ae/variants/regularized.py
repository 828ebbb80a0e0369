"""Regularized deterministic autoencoder: a smooth decoder and short codes, with a sampler fitted afterwards.

Ghosh, Sajjadi, Vergari, Black and Schoelkopf, "From Variational to Deterministic Autoencoders", ICLR
2020, arXiv:1903.12436.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras import ops

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.jacobian import ProbedJacobian, SquaredWeights
from keras_ae.blocks.plain import plain_decoder, plain_encoder
from keras_ae.blocks.samplers import FittedMixture, Sampler
from keras_ae.domains import UNIT
from keras_ae.errors import check_least
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant

__all__ = ["Regularized"]


@dataclass(frozen=True)
class Regularized(Variant):
    """Reconstruction + beta * half the squared code + penalties on the decoder's weights and gradient.

    Attributes:
        backbone: Layers between the data and the code.
        latent_dim: Size of a code, at least 1.
        beta: Weight of half the code's squared length, at least 0.
        lambda_l2: Weight of the decoder's squared weights, at least 0.
        lambda_gp: Weight of the squared Frobenius norm of the decoder's Jacobian, estimated along one
            random direction in each training step; at least 0.
        sampler: The source of codes to generate from, fitted after training.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    beta: float = 1e-4
    lambda_l2: float = 1e-6
    lambda_gp: float = 0.0
    sampler: Sampler = FittedMixture()

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1, beta=0, lambda_l2=0, lambda_gp=0)

    def build(self, spec: Spec) -> Heads:
        encoder = plain_encoder(spec, self.backbone, self.latent_dim)
        decoder = plain_decoder(spec, self.backbone, self.latent_dim, encoder)

        weights = SquaredWeights(decoder)
        jacobian = ProbedJacobian(decoder, "code", "reconstruction") if self.lambda_gp else None

        def penalties(tensors: dict) -> dict:
            outputs = {"decoder_weights": weights(tensors["code"])}
            if jacobian is not None:
                outputs["decoder_gradient"] = jacobian(tensors["code"], tensors["seeds"])
            return outputs

        return Heads.join(encoder, decoder, penalties)

    def terms(self) -> tuple[Term, ...]:
        terms: tuple[Term, ...] = (
            Term("code_length", _half_square, self.beta),
            Term("decoder_weights", lambda outputs: outputs["decoder_weights"], self.lambda_l2),
        )
        if not self.lambda_gp:
            return terms
        return (*terms, Term("decoder_gradient", lambda outputs: outputs["decoder_gradient"], self.lambda_gp))


def _half_square(outputs: dict) -> Any:
    return 0.5 * ops.sum(ops.square(outputs["code"]), axis=-1)


EXAMPLE = (Regularized(DenseBackbone((16,)), 4, lambda_gp=1e-3), Spec((6, 6, 1), (6, 6, 1), UNIT))
