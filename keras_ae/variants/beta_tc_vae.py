"""Beta-TCVAE: of the parts of the divergence, the dependence among latent dimensions has a weight of its own.

Chen, Li, Grosse and Duvenaud, "Isolating Sources of Disentanglement in Variational Autoencoders",
NeurIPS 2018, arXiv:1802.04942, with minibatch-weighted sampling.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.divergences import decomposed_kl
from keras_ae.blocks.samplers import Sampler, StandardNormal
from keras_ae.blocks.sampling import check_likelihood, variational_heads
from keras_ae.domains import UNIT
from keras_ae.errors import check_least
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant

__all__ = ["BetaTCVAE"]


@dataclass(frozen=True)
class BetaTCVAE(Variant):
    """Reconstruction + alpha * mutual information + beta * total correlation + gamma * marginal KL, in nats.

    The estimates treat the batch as the whole data set; the paper's estimates differ by constants, and
    have the same gradients.

    Attributes:
        backbone: Layers between the data and the code.
        latent_dim: Size of a code, at least 1.
        alpha: Weight of the mutual information, at least 0. With alpha, beta and gamma all at 1 the
            objective is that of the variational autoencoder.
        beta: Weight of the total correlation, at least 0.
        gamma: Weight of the marginal KL, at least 0.
        likelihood: "auto", "bernoulli", "gaussian" or "categorical", as in `Variational`.
        sampler: The source of codes to generate from.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    alpha: float = 1.0
    beta: float = 4.0
    gamma: float = 1.0
    likelihood: str = "auto"
    sampler: Sampler = StandardNormal()

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1, alpha=0, beta=0, gamma=0)
        check_likelihood(self.likelihood)

    def build(self, spec: Spec) -> Heads:
        return variational_heads(spec, self.backbone, self.latent_dim, self.likelihood)

    def terms(self) -> tuple[Term, ...]:
        return (
            Term("mutual_information", partial(_part, "mutual_information"), self.alpha),
            Term("total_correlation", partial(_part, "total_correlation"), self.beta),
            Term("marginal_kl", partial(_part, "marginal_kl"), self.gamma),
        )


def _part(name: str, outputs: dict) -> Any:
    """A part of the batch's mean KL by its name: a scalar."""
    return decomposed_kl(outputs["code"], outputs["mean"], outputs["log_var"])[name]


EXAMPLE = (BetaTCVAE(DenseBackbone((16,)), latent_dim=4), Spec((6, 6, 1), (6, 6, 1), UNIT))
