"""InfoVAE: the divergence of each posterior has less weight, the discrepancy of all codes together more.

Zhao, Song and Ermon, "InfoVAE: Balancing Learning and Inference in Variational Autoencoders", 2019,
arXiv:1706.02262, in its form with the maximum mean discrepancy.
"""

from __future__ import annotations

from dataclasses import dataclass

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.divergences import mmd
from keras_ae.blocks.samplers import Sampler, StandardNormal
from keras_ae.blocks.sampling import (
    PriorSampling,
    Sampling,
    check_likelihood,
    kl_divergence,
    variational_heads,
)
from keras_ae.domains import UNIT
from keras_ae.errors import InputError, check_least, check_within
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant

__all__ = ["InfoVAE"]


@dataclass(frozen=True)
class InfoVAE(Variant):
    """Reconstruction + (1 - alpha) * KL + (alpha + lambda - 1) * MMD(codes, N(0, 1)), in nats per example.

    Attributes:
        backbone: Layers between the data and the code.
        latent_dim: Size of a code, at least 1.
        alpha: 1 - the weight of each posterior's divergence; at most 1.
        lambda_: The paper's lambda, in the weight of the discrepancy; alpha + lambda_ is at least 1.
        likelihood: "auto", "bernoulli", "gaussian" or "categorical", as in `Variational`.
        sampler: The source of codes to generate from.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    alpha: float = 0.5
    lambda_: float = 100.0
    likelihood: str = "auto"
    sampler: Sampler = StandardNormal()

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1)
        check_within(self, alpha="(-inf, 1]", lambda_="(-inf, inf)")
        if not self.alpha + self.lambda_ >= 1:
            raise InputError(f"alpha + lambda_ must be at least 1, received {self.alpha} + {self.lambda_}")
        check_likelihood(self.likelihood)

    def build(self, spec: Spec) -> Heads:
        sampling, prior = Sampling(), PriorSampling()

        def bottleneck(tensors: dict) -> dict:
            samples = sampling.sample(tensors)
            return samples | prior.sample(tensors | samples)

        return variational_heads(spec, self.backbone, self.latent_dim, self.likelihood, bottleneck)

    def terms(self) -> tuple[Term, ...]:
        return (
            Term("kl", kl_divergence, 1.0 - self.alpha),
            Term(
                "mmd", lambda outputs: mmd(outputs["code"], outputs["prior"]), self.alpha + self.lambda_ - 1.0
            ),
        )


EXAMPLE = (InfoVAE(DenseBackbone((16,)), latent_dim=4), Spec((6, 6, 1), (6, 6, 1), UNIT))
