"""Samplers of codes to generate from: a prior, or a distribution fitted to the training examples' codes.

Each sampler is a model from standard normal noise to codes, so that it can be exported as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod

import keras
import numpy as np

from keras_ae.blocks.mixture import MixtureDraws
from keras_ae.blocks.mixture_prior import MixtureSampling
from keras_ae.blocks.pseudo_inputs import PosteriorMixtureSampling
from keras_ae.blocks.quantizer import CodePrior
from keras_ae.checked import Checked
from keras_ae.errors import InputError, check_least
from keras_ae.heads import Heads, apply, batched, inference_batch

__all__ = [
    "AggregatePosterior",
    "CodeSampler",
    "FittedMixture",
    "LearnedPrior",
    "Sampler",
    "StandardNormal",
    "apply_temperature",
    "code_sampler",
    "generate",
    "takes_condition",
]

CodeSampler = Callable[[int, int], dict[str, np.ndarray]]
"""(count, seed) -> a decoder's inputs by name: "code" (count, ...), and "choices" where it takes some."""


class Sampler(metaclass=Checked):
    """A frozen dataclass that samples codes for a decoder; the base class of all samplers."""

    def check(self, heads: Heads) -> None:
        """Checks that the sampler fits a variant's code, before the heads are trained.

        Args:
            heads: The heads to sample codes for.

        Raises:
            InputError: The code is of another kind than the sampler's.
        """

    def fit(self, heads: Heads, codes: Mapping[str, np.ndarray]) -> keras.Model:
        """Fits the sampler to codes, if it has parameters to fit.

        Args:
            heads: Trained heads.
            codes: The encoder's outputs for training examples by name, (n, ...) each.

        Returns:
            A model {"noise": (batch, ...)}, standard normal, -> {"code": (batch, ...)}, and "choices" for
            a decoder that takes some, whose noise comes before that of the code.
        """
        raise NotImplementedError


class _RealSampler(Sampler):
    """A sampler of real-valued codes."""

    def check(self, heads: Heads) -> None:
        if heads.decoder.get_layer("code").output.dtype != "float32":
            raise InputError(
                f"{type(self).__name__} samples real numbers, and this variant's code is of integers; "
                'take its own prior: SET="variant.sampler=LearnedPrior"'
            )


@dataclass(frozen=True)
class StandardNormal(_RealSampler):
    """The prior N(0, 1) of variational, Wasserstein and adversarial autoencoders."""

    def fit(self, heads: Heads, codes: Mapping[str, np.ndarray]) -> keras.Model:
        shape = heads.decoder.get_layer("code").output.shape[1:]
        return _model(heads, shape, keras.layers.Identity(name="code"))


MOST_CORRELATED = 512
"""Size of a code up to which a mixture's covariances are full."""


@dataclass(frozen=True)
class FittedMixture(_RealSampler):
    """A Gaussian mixture fitted to the codes (Ghosh et al. 2020, arXiv:1903.12436).

    Its covariances are full, or diagonal where a code has more than 512 numbers.

    Attributes:
        components: Gaussians in the mixture, at least 1; fewer where there are fewer codes.
    """

    components: int = 10

    def __post_init__(self) -> None:
        check_least(self, components=1)

    def fit(self, heads: Heads | None, codes: Mapping[str, np.ndarray]) -> keras.Model:
        flat = codes["code"].reshape(len(codes["code"]), -1).astype(np.float64)
        components = min(self.components, max(1, len(flat) // 2))
        floor = 1e-4 * max(flat.var(), 1e-6)
        covariance = "full" if flat.shape[1] <= MOST_CORRELATED else "diag"
        from sklearn.mixture import GaussianMixture  # a third of a second, which no other sampler takes

        mixture = GaussianMixture(components, covariance_type=covariance, reg_covar=floor, random_state=0)
        mixture.fit(flat)
        root = np.linalg.cholesky if covariance == "full" else np.sqrt
        layer = MixtureDraws.of(mixture.weights_, mixture.means_, root(mixture.covariances_))
        return _mixture_model(heads, layer, codes["code"].shape[1:])


@dataclass(frozen=True)
class AggregatePosterior(_RealSampler):
    """The posterior of a random training example: an upper bound on what a prior can reach."""

    def fit(self, heads: Heads, codes: Mapping[str, np.ndarray]) -> keras.Model:
        mean = codes["code"].reshape(len(codes["code"]), -1)
        deviation = np.exp(0.5 * codes["log_var"]) if "log_var" in codes else np.zeros_like(mean)
        weights = np.full(len(mean), 1 / len(mean))
        layer = MixtureDraws.of(weights, mean, deviation.reshape(mean.shape))
        return _mixture_model(heads, layer, codes["code"].shape[1:])


@dataclass(frozen=True)
class LearnedPrior(Sampler):
    """The prior that the variant learns, such as that of a VampPrior."""

    def check(self, heads: Heads) -> None:
        if heads.prior is None:
            raise InputError(
                "LearnedPrior samples from a prior that the variant learns, and this one learns none; "
                'use another: SET="variant.sampler=StandardNormal"'
            )

    def fit(self, heads: Heads, codes: Mapping[str, np.ndarray]) -> keras.Model:
        assert heads.prior is not None  # as `check` makes sure
        return heads.prior


def apply_temperature(sampler: keras.Model, noise: np.ndarray, temperature: float) -> np.ndarray:
    """Noise at a temperature, with which samples spread less or more than in training.

    Of normal codes, and of a decoder's choices, the temperature is a factor on their deviations. Of a
    mixture it leaves the choice of the component as it is. Of a prior over discrete codes it divides the
    log-probabilities.

    Args:
        sampler: A fitted sampler.
        noise: (n, ...), standard normal.
        temperature: Above 0; below 1 samples are likelier, above 1 more varied.

    Returns:
        The noise to sample with, of the same shape; at a temperature of 1 the noise itself.

    Raises:
        InputError: The temperature is not above 0.
    """
    if not 0 < temperature < np.inf:
        raise InputError(f"expected a temperature above 0, such as 0.8; received {temperature}")
    if temperature == 1.0:
        return noise
    layers = [type(layer) for layer in sampler.layers]
    if CodePrior in layers:
        from scipy.special import ndtr, ndtri

        # it takes -log(-log(cdf)) of each number for its Gumbel noise
        cdf = np.clip(ndtr(noise.astype(np.float64)), 1e-12, 1 - 1e-12)
        cooled = np.clip(np.exp(-((-np.log(cdf)) ** temperature)), 1e-12, 1 - 1e-12)
        return ndtri(cooled).astype(np.float32)
    factor = np.full(noise.shape[1:], temperature, np.float32)
    if {MixtureDraws, PosteriorMixtureSampling, MixtureSampling} & set(layers):
        factor[-1] = 1.0
    return noise * factor


def code_sampler(sampler: keras.Model) -> CodeSampler:
    """A function that samples codes with a fitted sampler.

    Args:
        sampler: A model {"noise"} -> {"code", ...}, as `Sampler.fit` returns it.

    Returns:
        (count, seed) -> the sampler's outputs by name, (count, ...) each; the same seed gives the same.
    """
    shape = sampler.inputs[0].shape[1:]

    def sample(count: int, seed: int) -> dict[str, np.ndarray]:
        noise = np.random.default_rng(seed).standard_normal((count, *shape)).astype(np.float32)
        return {name: np.asarray(value) for name, value in apply(sampler, {"noise": noise}).items()}

    return sample


def _mixture_model(heads, layer, shape):
    to_shape = keras.layers.Reshape(shape, name="code")
    return _model(heads, (prod(shape) + 1,), lambda noise: to_shape(layer(noise)))


def _model(heads, shape, code_of):
    """A model from noise of a shape to codes; noise for a decoder's choices comes before it."""
    choices_shape = heads and heads.choices_shape
    if not choices_shape:
        noise = keras.Input(shape, name="noise")
        return keras.Model({"noise": noise}, {"code": code_of(noise)}, name="sampler")
    first = prod(choices_shape)
    noise = keras.Input((first + prod(shape),), name="noise")
    choices = keras.layers.Reshape(choices_shape, name="choices")(noise[:, :first])
    code = code_of(keras.layers.Reshape(shape, name="noise_of_code")(noise[:, first:]))
    return keras.Model({"noise": noise}, {"code": code, "choices": choices}, name="sampler")


STEPWISE_BATCH = 256
"""Examples in a batch of a decoder that goes step by step: its steps are small, and each call costs."""


def takes_condition(heads: Heads) -> bool:
    """Whether the decoder takes a class in addition to the code.

    Args:
        heads: The heads of a variant.

    Returns:
        True for those of a conditional variant.
    """
    return any(tensor.name == "condition" for tensor in heads.decoder.inputs)


def generate(
    heads: Heads, codes: Mapping[str, np.ndarray], labels: np.ndarray | None, classes: int
) -> np.ndarray:
    """Examples decoded from codes.

    Args:
        heads: Trained heads.
        codes: The decoder's inputs by name: "code" (n, ...), and "choices" where it takes some; without
            them it makes the likeliest choices.
        labels: (n,) integers, for a decoder that takes a class; None for others.
        classes: The number of classes.

    Returns:
        (n, ...), as a model sees examples.
    """
    inputs = dict(codes)
    if takes_condition(heads):
        inputs["condition"] = np.eye(classes, dtype=np.float32)[labels]
    size = inference_batch(heads.decoder.output["reconstruction"].shape[1:])
    return batched(heads.decode, inputs, STEPWISE_BATCH if heads.choices_shape else size)["reconstruction"]
