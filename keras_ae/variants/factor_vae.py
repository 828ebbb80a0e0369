"""FactorVAE: a critic estimates how far the code's units depend on each other, and that is penalized.

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


@dataclass(frozen=True)
class FactorVAE(Variant):
    """The evidence lower bound + gamma * total correlation, by the density ratio that a critic learns.

    backbone: layers between the data and the code.
    latent_dim: numbers in the code, at least 1.
    gamma: weight of the total correlation, at least 0.
    likelihood: "auto", "bernoulli", "gaussian" or "categorical", as of the variational autoencoder.
    sampler: where codes to generate from are drawn.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    gamma: float = 6.0
    likelihood: str = "auto"
    sampler: Sampler = StandardNormal()

    def __post_init__(self):
        check_least(self, latent_dim=1, gamma=0)
        check_likelihood(self.likelihood)

    def build(self, spec: Spec) -> Heads:
        judge, sampling, permuted = critic(self.latent_dim), Sampling(), PermuteDimensions()

        def judged(named):
            drawn = sampling.sample(named)
            seen = ops.stop_gradient(drawn["code"])
            return drawn | {
                "logit_code": judge({"code": drawn["code"]})["logit"],
                "logit_seen": judge({"code": seen})["logit"],
                "logit_permuted": judge({"code": permuted(seen, named["seeds"])})["logit"],
            }

        heads = variational_heads(spec, self.backbone, self.latent_dim, self.likelihood, judged)
        return replace(heads, critic=judge)

    def terms(self) -> tuple[Term, ...]:
        return (
            Term("kl", kl_divergence),
            Term("total_correlation", lambda outputs: outputs["logit_code"], self.gamma),
        )

    def critic_terms(self) -> tuple[Term, ...]:
        return (
            Term("critic", lambda outputs: critic_loss(outputs["logit_seen"], outputs["logit_permuted"])),
        )


EXAMPLE = (FactorVAE(DenseBackbone((16,)), latent_dim=4), Spec((6, 6, 1), (6, 6, 1), UNIT))
