"""Importance-weighted autoencoder: a bound on the likelihood that more samples per example make tighter.

Burda, Grosse and Salakhutdinov, "Importance Weighted Autoencoders", 2016, arXiv:1509.00519.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras import ops

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.samplers import Sampler, StandardNormal
from keras_ae.blocks.sampling import check_likelihood, kl_divergence, log_normal, variational_heads
from keras_ae.domains import UNIT
from keras_ae.errors import check_least
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant

__all__ = ["ImportanceWeighted"]


@dataclass(frozen=True)
class ImportanceWeighted(Variant):
    """-log of the mean over samples of p(x | code) p(code) / q(code | x), in nats per example.

    Attributes:
        backbone: Layers between the data and the code.
        latent_dim: Size of a code, at least 1.
        samples: Codes sampled for each example, at least 1; the decoder runs on each of them. With 1 the
            objective is that of a variational autoencoder whose divergence is estimated from the sample.
        likelihood: "auto", "bernoulli", "gaussian" or "categorical", as in `Variational`.
        sampler: The source of codes to generate from.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    samples: int = 8
    likelihood: str = "auto"
    sampler: Sampler = StandardNormal()

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1, samples=1)
        check_likelihood(self.likelihood)

    def build(self, spec: Spec) -> Heads:
        return variational_heads(spec, self.backbone, self.latent_dim, self.likelihood, samples=self.samples)

    def terms(self) -> tuple[Term, ...]:
        return (
            Term("log_ratio", self._log_ratio),
            Term("kl", kl_divergence, 0.0),
        )

    def _log_ratio(self, outputs: dict) -> Any:
        """log q(code | x) - log p(code) of each sample: (batch, samples), or (batch,) of a single one."""
        mean, log_var = outputs["mean"], outputs["log_var"]
        code = ops.reshape(outputs["code"], (-1, self.samples, self.latent_dim))
        ratio = log_normal(code, mean[:, None], log_var[:, None]) - log_normal(
            code, 0.0, ops.zeros_like(code)
        )
        return ratio if self.samples > 1 else ratio[:, 0]


EXAMPLE = (
    ImportanceWeighted(DenseBackbone((16,)), latent_dim=4, samples=3),
    Spec((6, 6, 1), (6, 6, 1), UNIT),
)
