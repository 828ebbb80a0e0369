"""Adversarial autoencoder: a critic that tells codes from draws of the prior, and an encoder that fools it.

Makhzani, Shlens, Jaitly, Goodfellow and Frey, "Adversarial Autoencoders", 2016, arXiv:1511.05644.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from keras import ops

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.critic import critic, critic_loss
from keras_ae.blocks.plain import plain_decoder, plain_encoder
from keras_ae.blocks.samplers import Sampler, StandardNormal
from keras_ae.blocks.sampling import PriorSampling
from keras_ae.domains import UNIT
from keras_ae.errors import check_least
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant


@dataclass(frozen=True)
class Adversarial(Variant):
    """Reconstruction + weight * -log(chance that the critic gives to a code of being the prior's).

    backbone: layers between the data and the code.
    latent_dim: numbers in the code, at least 1.
    weight: of fooling the critic, at least 0.
    sampler: where codes to generate from are drawn.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    weight: float = 0.003
    sampler: Sampler = StandardNormal()

    def __post_init__(self):
        check_least(self, latent_dim=1, weight=0)

    def build(self, spec: Spec) -> Heads:
        encoder = plain_encoder(spec, self.backbone, self.latent_dim)
        decoder = plain_decoder(spec, self.backbone, self.latent_dim)

        judge, prior = critic(self.latent_dim), PriorSampling()

        def judged(named):
            drawn = prior.sample(named)["prior"]
            return {
                "logit_code": judge({"code": named["code"]})["logit"],
                "logit_seen": judge({"code": ops.stop_gradient(named["code"])})["logit"],
                "logit_prior": judge({"code": drawn})["logit"],
            }

        return replace(Heads.join(encoder, decoder, judged), critic=judge)

    def terms(self) -> tuple[Term, ...]:
        fooling = Term(
            "fooling", lambda outputs: ops.softplus(-outputs["logit_code"]), self.weight, selects=False
        )
        return (fooling,)

    def critic_terms(self) -> tuple[Term, ...]:
        return (Term("critic", lambda outputs: critic_loss(outputs["logit_prior"], outputs["logit_seen"])),)


EXAMPLE = (Adversarial(DenseBackbone((16,)), latent_dim=4), Spec((6, 6, 1), (6, 6, 1), UNIT))
