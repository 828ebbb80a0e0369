"""Adversarial autoencoder: a critic separates codes from samples of the prior; the encoder learns to fool it.

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

__all__ = ["Adversarial"]


@dataclass(frozen=True)
class Adversarial(Variant):
    """Reconstruction - weight * log(critic's probability that the code is a sample of the prior).

    Attributes:
        backbone: Layers between the data and the code.
        latent_dim: Size of a code, at least 1.
        weight: Weight of the term that fools the critic, at least 0.
        sampler: The source of codes to generate from.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    weight: float = 0.003
    sampler: Sampler = StandardNormal()

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1, weight=0)

    def build(self, spec: Spec) -> Heads:
        encoder = plain_encoder(spec, self.backbone, self.latent_dim)
        decoder = plain_decoder(spec, self.backbone, self.latent_dim, encoder)

        judge, prior = critic(self.latent_dim), PriorSampling()

        def critic_logits(tensors: dict) -> dict:
            return {
                "logit_code": judge({"code": tensors["code"]})["logit"],
                "logit_detached": judge({"code": ops.stop_gradient(tensors["code"])})["logit"],
                "logit_prior": judge({"code": prior.sample(tensors)["prior"]})["logit"],
            }

        return replace(Heads.join(encoder, decoder, critic_logits), critic=judge)

    def terms(self) -> tuple[Term, ...]:
        fooling = Term(
            "fooling", lambda outputs: ops.softplus(-outputs["logit_code"]), self.weight, selects=False
        )
        return (fooling,)

    def critic_terms(self) -> tuple[Term, ...]:
        return (
            Term("critic", lambda outputs: critic_loss(outputs["logit_prior"], outputs["logit_detached"])),
        )


EXAMPLE = (Adversarial(DenseBackbone((16,)), latent_dim=4), Spec((6, 6, 1), (6, 6, 1), UNIT))
