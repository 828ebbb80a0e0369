"""FactorVAE: a critic estimates how much the latent dimensions depend on each other, which is penalized.

Kim and Mnih, "Disentangling by Factorising", ICML 2018, arXiv:1802.05983.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from keras import ops

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.critic import PermuteDimensions, critic, critic_loss
from keras_ae.blocks.samplers import Sampler, StandardNormal
from keras_ae.blocks.sampling import Sampling, check_likelihood, kl_divergence, variational_heads
from keras_ae.domains import UNIT
from keras_ae.errors import check_least
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant

__all__ = ["FactorVAE"]


@dataclass(frozen=True)
class FactorVAE(Variant):
    """The evidence lower bound + gamma * total correlation, by the density ratio that a critic learns.

    Attributes:
        backbone: Layers between the data and the code.
        latent_dim: Size of a code, at least 1.
        gamma: Weight of the total correlation, at least 0.
        likelihood: "auto", "bernoulli", "gaussian" or "categorical", as in `Variational`.
        sampler: The source of codes to generate from.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    gamma: float = 6.0
    likelihood: str = "auto"
    sampler: Sampler = StandardNormal()

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1, gamma=0)
        check_likelihood(self.likelihood)

    def build(self, spec: Spec) -> Heads:
        judge, sampling, permute = critic(self.latent_dim), Sampling(), PermuteDimensions()

        def sampled_codes_and_logits(tensors: dict) -> dict:
            samples = sampling.sample(tensors)
            detached = ops.stop_gradient(samples["code"])
            return samples | {
                "logit_code": judge({"code": samples["code"]})["logit"],
                "logit_detached": judge({"code": detached})["logit"],
                "logit_permuted": judge({"code": permute(detached, tensors["seeds"])})["logit"],
            }

        bottleneck = sampled_codes_and_logits
        heads = variational_heads(spec, self.backbone, self.latent_dim, self.likelihood, bottleneck)
        return replace(heads, critic=judge)

    def terms(self) -> tuple[Term, ...]:
        return (
            Term("kl", kl_divergence),
            Term("total_correlation", lambda outputs: outputs["logit_code"], self.gamma),
        )

    def critic_terms(self) -> tuple[Term, ...]:
        return (
            Term("critic", lambda outputs: critic_loss(outputs["logit_detached"], outputs["logit_permuted"])),
        )


EXAMPLE = (FactorVAE(DenseBackbone((16,)), latent_dim=4), Spec((6, 6, 1), (6, 6, 1), UNIT))
