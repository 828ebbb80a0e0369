"""VampPrior: the prior is a mixture of the posteriors of learned pseudo-inputs.

Tomczak and Welling, "VAE with a VampPrior", AISTATS 2018, arXiv:1705.07120.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log
from typing import Any

import keras
from keras import ops

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.pseudo_inputs import AsServed, PosteriorMixtureSampling, PseudoInputs
from keras_ae.blocks.samplers import LearnedPrior, Sampler
from keras_ae.blocks.sampling import (
    Sampling,
    check_likelihood,
    likelihood_decoder,
    log_normal,
    posterior_encoder,
)
from keras_ae.domains import UNIT
from keras_ae.errors import check_least
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant

__all__ = ["VampPrior"]


@dataclass(frozen=True)
class VampPrior(Variant):
    """Reconstruction + log q(code | x) - log mean over pseudo-inputs of q(code | pseudo-input), in nats.

    Attributes:
        backbone: Layers between the data and the code.
        latent_dim: Size of a code, at least 1.
        num_pseudo_inputs: Components of the prior, at least 1.
        likelihood: "auto", "bernoulli", "gaussian" or "categorical", as in `Variational`.
        sampler: The source of codes to generate from.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    num_pseudo_inputs: int = 100
    likelihood: str = "auto"
    sampler: Sampler = LearnedPrior()

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1, num_pseudo_inputs=1)
        check_likelihood(self.likelihood)

    def build(self, spec: Spec) -> Heads:
        encoder = posterior_encoder(spec, self.backbone, self.latent_dim)
        decoder = likelihood_decoder(spec, self.backbone, self.latent_dim, self.likelihood, encoder)

        pseudo = PseudoInputs(self.num_pseudo_inputs, spec.input_shape, spec.domain, name="pseudo_inputs")
        sampling, served = Sampling(), AsServed(encoder, name="pseudo_posteriors")

        def bottleneck(tensors: dict) -> dict:
            components = served(pseudo(tensors["seeds"]))
            prior = {"prior_mean": components["mean"], "prior_log_var": components["log_var"]}
            return sampling.sample(tensors) | prior

        noise = keras.Input((self.latent_dim + 1,), name="noise")
        components = encoder({"inputs": pseudo(noise)})
        code = PosteriorMixtureSampling(name="draw")(noise, components["mean"], components["log_var"])
        prior = keras.Model({"noise": noise}, {"code": code}, name="prior")
        return replace(Heads.join(encoder, decoder, bottleneck), prior=prior)

    def terms(self) -> tuple[Term, ...]:
        return (Term("kl", self._kl),)

    def _kl(self, outputs: dict) -> Any:
        """The divergence from the prior estimated from the sampled code, (batch,)."""
        code = outputs["code"]
        components = log_normal(code[:, None], outputs["prior_mean"][None], outputs["prior_log_var"][None])
        log_prior = ops.logsumexp(components, axis=1) - log(self.num_pseudo_inputs)
        return log_normal(code, outputs["mean"], outputs["log_var"]) - log_prior


EXAMPLE = (
    VampPrior(DenseBackbone((16,)), latent_dim=4, num_pseudo_inputs=5),
    Spec((6, 6, 1), (6, 6, 1), UNIT),
)
