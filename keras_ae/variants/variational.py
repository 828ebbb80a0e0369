"""Variational autoencoder: the code is a distribution, held near a standard normal one.

Kingma and Welling, "Auto-Encoding Variational Bayes", 2014, arXiv:1312.6114. With a weight beta on
the divergence (Higgins et al. 2017), its warm-up (Bowman et al. 2016) and cycles (Fu et al. 2019),
a capacity (Burgess et al. 2018) and free bits (Kingma et al. 2016).
"""

from __future__ import annotations

from dataclasses import dataclass

from keras import ops

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.samplers import Sampler, StandardNormal
from keras_ae.blocks.sampling import check_likelihood, kl_divergence, kl_per_dimension, variational_heads
from keras_ae.domains import UNIT
from keras_ae.errors import check_least
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant


@dataclass(frozen=True)
class Variational(Variant):
    """The evidence lower bound in nats an example: reconstruction + beta * KL(q(code | x) || N(0, 1)).

    backbone: layers between the data and the code.
    latent_dim: numbers in the code, at least 1.
    beta: weight of the divergence, at least 0; above 1 the beta-VAE.
    kl_warmup: fraction of the run, in [0, 1], over which the weight rises from 0 to beta.
    cycles: times that the rise is repeated in the run, at least 1; each takes its share of a cycle.
    capacity: nats, at least 0; above 0 the divergence is held at it, beta * |KL - capacity|, and it
        is the capacity that rises in place of the weight.
    free_bits: nats of each unit, averaged over a batch, that cost nothing, at least 0.
    likelihood: "bernoulli" for [0, 1], "gaussian" (a learned variance an element) for that or for
        real values, "unit_gaussian" for those (a variance of 1: squared errors), "categorical"; "auto" takes
        what fits the data.
    sampler: where codes to generate from are drawn.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    beta: float = 1.0
    kl_warmup: float = 0.0
    cycles: int = 1
    capacity: float = 0.0
    free_bits: float = 0.0
    likelihood: str = "auto"
    sampler: Sampler = StandardNormal()

    def __post_init__(self):
        check_least(self, latent_dim=1, cycles=1, beta=0, capacity=0, free_bits=0)
        if not 0 <= self.kl_warmup <= 1:
            raise ValueError(f"kl_warmup is a fraction of the run, from 0 to 1, received {self.kl_warmup}")
        check_likelihood(self.likelihood)

    def build(self, spec: Spec) -> Heads:
        return variational_heads(spec, self.backbone, self.latent_dim, self.likelihood)

    def terms(self) -> tuple[Term, ...]:
        if self.capacity:
            return (Term("kl", kl_divergence, 0.0), Term("capacity_gap", self._gap, self.beta))
        schedule = self._risen if self.kl_warmup else None
        if self.free_bits:
            return (Term("kl", kl_divergence, 0.0), Term("kl_paid", self._paid, self.beta, schedule))
        return (Term("kl", kl_divergence, self.beta, schedule),)

    def _paid(self, outputs):
        return ops.sum(ops.maximum(ops.mean(kl_per_dimension(outputs), axis=0), self.free_bits))

    def _gap(self, outputs):
        kl = self._paid(outputs) if self.free_bits else ops.mean(kl_divergence(outputs))
        return ops.abs(kl - self.capacity * self._risen(outputs["progress"]))

    def _risen(self, progress):
        """How far the warm-up is, in [0, 1]; at the end of the run it is done."""
        if not self.kl_warmup:
            return ops.ones(())
        within = ops.where(progress < 1.0, (progress * self.cycles) % 1.0, 1.0)
        return ops.minimum(within / self.kl_warmup, 1.0)


COMPARED = {"variational": Variational(), "beta_4": Variational(beta=4.0)}

EXAMPLE = (Variational(DenseBackbone((16,)), latent_dim=4), Spec((6, 6, 1), (6, 6, 1), UNIT))
