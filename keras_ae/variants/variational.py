"""Variational autoencoder: the encoder gives a distribution of codes, pulled towards a standard normal one.

Kingma and Welling, "Auto-Encoding Variational Bayes", 2014, arXiv:1312.6114. With a weight beta on
the divergence (Higgins et al. 2017), its warm-up (Bowman et al. 2016) and cycles (Fu et al. 2019),
a capacity (Burgess et al. 2018) and free bits (Kingma et al. 2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras import ops

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.samplers import Sampler, StandardNormal
from keras_ae.blocks.sampling import check_likelihood, kl_divergence, kl_per_dimension, variational_heads
from keras_ae.domains import UNIT
from keras_ae.errors import check_least, check_within
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant

__all__ = ["Variational"]


@dataclass(frozen=True)
class Variational(Variant):
    """The evidence lower bound in nats per example: reconstruction + beta * KL(q(code | x) || N(0, 1)).

    Attributes:
        backbone: Layers between the data and the code.
        latent_dim: Size of a code, at least 1.
        beta: Weight of the divergence, at least 0; above 1 the beta-VAE.
        kl_warmup: Fraction of the run, in [0, 1], over which the weight rises from 0 to beta.
        cycles: Times that the rise is repeated in the run, at least 1; kl_warmup is then a fraction of a
            cycle.
        capacity: Nats, at least 0. Above 0 the penalty is beta * |KL - capacity|, and the capacity rises
            instead of the weight.
        free_bits: Nats of each latent dimension, averaged over a batch, that are not penalized, at least 0.
        likelihood: "bernoulli" for values in [0, 1]; "gaussian" (a learned variance for each element) for
            those or real values; "unit_gaussian" for real values (a variance of 1, so squared errors);
            "categorical"; or "auto", which takes the one that fits the data.
        sampler: The source of codes to generate from.
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

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1, cycles=1, beta=0, capacity=0, free_bits=0)
        check_within(self, kl_warmup="[0, 1]")
        check_likelihood(self.likelihood)

    def build(self, spec: Spec) -> Heads:
        return variational_heads(spec, self.backbone, self.latent_dim, self.likelihood)

    def terms(self) -> tuple[Term, ...]:
        if self.capacity:
            return (Term("kl", kl_divergence, 0.0), Term("capacity_gap", self._gap, self.beta))
        schedule = self._warmup if self.kl_warmup else None
        if self.free_bits:
            return (
                Term("kl", kl_divergence, 0.0),
                Term("kl_with_free_bits", self._floored_kl, self.beta, schedule),
            )
        return (Term("kl", kl_divergence, self.beta, schedule),)

    def _floored_kl(self, outputs: dict) -> Any:
        """The batch's mean KL of each dimension, at least `free_bits`, summed: a scalar."""
        return ops.sum(ops.maximum(ops.mean(kl_per_dimension(outputs), axis=0), self.free_bits))

    def _gap(self, outputs: dict) -> Any:
        kl = self._floored_kl(outputs) if self.free_bits else ops.mean(kl_divergence(outputs))
        return ops.abs(kl - self.capacity * self._warmup(outputs["progress"]))

    def _warmup(self, progress: Any) -> Any:
        """The fraction of the warm-up that is done, in [0, 1]; 1 at the end of the run."""
        if not self.kl_warmup:
            return ops.ones(())
        cycle_progress = ops.where(progress < 1.0, (progress * self.cycles) % 1.0, 1.0)
        return ops.minimum(cycle_progress / self.kl_warmup, 1.0)


COMPARED = {"variational": Variational(), "beta_4": Variational(beta=4.0)}

EXAMPLE = (Variational(DenseBackbone((16,)), latent_dim=4), Spec((6, 6, 1), (6, 6, 1), UNIT))
