"""DIP-VAE: the covariance of the codes over all examples is pulled towards the prior's, the identity.

Kumar, Sattigeri and Balakrishnan, "Variational Inference of Disentangled Latent Concepts from
Unlabeled Observations", ICLR 2018, arXiv:1711.00848.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras import ops

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.divergences import covariance
from keras_ae.blocks.samplers import Sampler, StandardNormal
from keras_ae.blocks.sampling import check_likelihood, kl_divergence, variational_heads
from keras_ae.domains import UNIT
from keras_ae.errors import check_least
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant

__all__ = ["DIPVAE"]


@dataclass(frozen=True)
class DIPVAE(Variant):
    """The evidence lower bound and penalties on the batch's covariance, in nats per example.

    The penalties are lambda_od * sum of squared covariances + lambda_d * sum of (variance - 1)^2.

    Attributes:
        backbone: Layers between the data and the code.
        latent_dim: Size of a code, at least 1.
        lambda_od: Weight of the covariance matrix's elements off the diagonal, at least 0.
        lambda_d: Weight of the elements on the diagonal, at least 0.
        of_means: Whether the covariance is that of the posteriors' means (DIP-VAE-I) rather than that of
            the codes sampled from the posteriors (DIP-VAE-II).
        likelihood: "auto", "bernoulli", "gaussian" or "categorical", as in `Variational`.
        sampler: The source of codes to generate from.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    lambda_od: float = 5.0
    lambda_d: float = 5.0
    of_means: bool = False
    likelihood: str = "auto"
    sampler: Sampler = StandardNormal()

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1, lambda_od=0, lambda_d=0)
        check_likelihood(self.likelihood)

    def build(self, spec: Spec) -> Heads:
        return variational_heads(spec, self.backbone, self.latent_dim, self.likelihood)

    def terms(self) -> tuple[Term, ...]:
        return (
            Term("kl", kl_divergence),
            Term("covariances", self._off_diagonal, self.lambda_od),
            Term("variances", self._diagonal, self.lambda_d),
        )

    def _covariance(self, outputs: dict) -> Any:
        matrix = covariance(outputs["mean"])
        if self.of_means:
            return matrix
        return matrix + ops.diag(ops.mean(ops.exp(outputs["log_var"]), axis=0))

    def _off_diagonal(self, outputs: dict) -> Any:
        matrix = self._covariance(outputs)
        return ops.sum(ops.square(matrix)) - ops.sum(ops.square(ops.diagonal(matrix)))

    def _diagonal(self, outputs: dict) -> Any:
        return ops.sum(ops.square(ops.diagonal(self._covariance(outputs)) - 1.0))


EXAMPLE = (DIPVAE(DenseBackbone((16,)), latent_dim=4), Spec((6, 6, 1), (6, 6, 1), UNIT))
