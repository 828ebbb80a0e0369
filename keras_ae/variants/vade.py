"""VaDE: a variational autoencoder whose prior is a mixture of normals, and whose components are clusters.

Jiang, Zheng, Tan, Tang and Zhou, "Variational Deep Embedding: An Unsupervised and Generative Approach
to Clustering", IJCAI 2017, arXiv:1611.05148.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import keras
import numpy as np

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.mixture_prior import PRIOR, LearnedMixture, MixtureSampling, mixture_kl
from keras_ae.blocks.samplers import LearnedPrior, Sampler
from keras_ae.blocks.sampling import Sampling, check_likelihood, likelihood_decoder, posterior
from keras_ae.domains import UNIT
from keras_ae.errors import check_least
from keras_ae.heads import Backbone, Heads, Spec, Stage, Term, batched
from keras_ae.variants import Variant

__all__ = ["VaDE"]


@dataclass(frozen=True)
class VaDE(Variant):
    """Reconstruction + KL(q(code, cluster | x) || p(code, cluster)), in nats.

    First the mean of the posterior is trained as a plain autoencoder's code, and a mixture fitted to it; from
    there all of it is trained.

    Attributes:
        backbone: Layers between the data and the code.
        latent_dim: Size of a code, at least 1.
        clusters: Components of the prior, at least 2.
        pretraining_epochs: Epochs of the plain autoencoder, at least 1.
        likelihood: "auto", "bernoulli", "gaussian" or "categorical", as in `Variational`.
        sampler: The source of codes to generate from.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 10
    clusters: int = 10
    pretraining_epochs: int = 20
    likelihood: str = "auto"
    sampler: Sampler = LearnedPrior()

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1, clusters=2, pretraining_epochs=1)
        check_likelihood(self.likelihood)

    def build(self, spec: Spec) -> Heads:
        mixture = LearnedMixture(self.clusters, self.latent_dim, name="mixture")
        inputs = keras.Input(spec.input_shape, name="inputs")
        encoded = posterior(self.backbone.encode(inputs), self.latent_dim)
        assigned = mixture(encoded["mean"])["cluster_probabilities"]
        encoder = keras.Model(
            {"inputs": inputs}, encoded | {"cluster_probabilities": assigned}, name="encoder"
        )
        decoder = likelihood_decoder(spec, self.backbone, self.latent_dim, self.likelihood, encoder)

        sampling = Sampling()

        def bottleneck(tensors: dict) -> dict:
            sampled = sampling.sample(tensors)
            return sampled | mixture(sampled["code"])

        noise = keras.Input((self.latent_dim + 1,), name="noise")
        components = mixture(noise[:, :-1])
        code = MixtureSampling(name="draw")(noise, *(components[name] for name in PRIOR))
        prior = keras.Model({"noise": noise}, {"code": code}, name="prior")
        return replace(Heads.join(encoder, decoder, bottleneck), prior=prior)

    def terms(self) -> tuple[Term, ...]:
        return (Term("kl", mixture_kl),)

    def stages(self, heads: Heads) -> tuple[Stage, ...]:
        """One stage: the mean and the decoder as a plain autoencoder, at whose end the mixture is fitted."""
        decoded = heads.decoder({"code": heads.encoder.output["mean"]})
        inputs = {tensor.name: tensor for tensor in heads.encoder.inputs}
        model = keras.Model(inputs, decoded, name="pretraining")
        trained = tuple(layer.name for layer in model.layers if layer.weights)
        return (Stage("pretraining", model, trained, (), self.pretraining_epochs, self._fitting(heads)),)

    def _fitting(self, heads: Heads) -> Callable[[Callable[[], np.ndarray]], None]:
        """What fits the mixture to the codes of examples."""

        def fit(examples: Callable[[], np.ndarray]) -> None:
            from sklearn.exceptions import ConvergenceWarning
            from sklearn.mixture import GaussianMixture

            codes = batched(heads.encoder, {"inputs": examples()}, names=("mean",))["mean"]
            codes = codes.astype(np.float64)
            floor = 1e-4 * max(float(codes.var()), 1e-8)
            mixture = GaussianMixture(
                self.clusters, covariance_type="diag", reg_covar=floor, n_init=5, random_state=0
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # it is where training begins
                mixture.fit(codes)
            layer = heads.encoder.get_layer("mixture")
            layer.assign(mixture.weights_, mixture.means_, mixture.covariances_)

        return fit


EXAMPLE = (
    VaDE(DenseBackbone((16,)), latent_dim=4, clusters=3, pretraining_epochs=1),
    Spec((6, 6, 1), (6, 6, 1), UNIT),
)
