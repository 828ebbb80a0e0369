"""Where the codes to generate from are drawn: a prior, or what the training examples' codes show.

Each is a model from standard normal noise to codes, so that what draws here also serves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Protocol

import keras
import numpy as np
from scipy.stats import norm
from sklearn.mixture import GaussianMixture

from keras_ae.blocks.mixture import MixtureDraws
from keras_ae.blocks.pseudo_inputs import PosteriorMixtureSampling
from keras_ae.blocks.quantizer import CodePrior
from keras_ae.errors import InputError
from keras_ae.heads import Heads, apply, batched, inference_batch

CodeSampler = Callable[[int, int], dict[str, np.ndarray]]
"""(count, seed) -> what a decoder takes by name: "code" (count, ...), and "choices" where it makes some."""


class Sampler(Protocol):
    """A frozen dataclass that draws codes for a decoder.

    check: raises InputError for heads that it cannot draw for.
    fit: heads, the examples' codes by output name (those of training for what is measured) ->
        a model {"noise": (batch, ...)} standard normal -> {"code": (batch, ...)}, and "choices" for a decoder
        that makes some, whose noise stands before that of the code.
    """

    def check(self, heads: Heads) -> None: ...

    def fit(self, heads: Heads, codes: dict[str, np.ndarray]) -> keras.Model: ...


@dataclass(frozen=True)
class StandardNormal:
    """The prior N(0, 1) of variational, Wasserstein and adversarial autoencoders."""

    def check(self, heads: Heads) -> None:
        _check_real(self, heads)

    def fit(self, heads: Heads, codes: dict[str, np.ndarray]) -> keras.Model:
        shape = heads.decoder.get_layer("code").output.shape[1:]
        return _model(heads, shape, keras.layers.Identity(name="code"))


MOST_CORRELATED = 512
"""Numbers in a code up to which a mixture's covariances are full."""


@dataclass(frozen=True)
class FittedMixture:
    """A Gaussian mixture fitted to the codes (Ghosh et al. 2020, arXiv:1903.12436).

    Of full covariances; of diagonal ones where a code has more than 512 numbers.

    components: at least 1; fewer where there are fewer codes.
    """

    components: int = 10

    def __post_init__(self):
        if self.components < 1:
            raise ValueError(f"components is at least 1, received {self.components}")

    def check(self, heads: Heads) -> None:
        _check_real(self, heads)

    def fit(self, heads: Heads, codes: dict[str, np.ndarray]) -> keras.Model:
        flat = codes["code"].reshape(len(codes["code"]), -1).astype(np.float64)
        components = min(self.components, max(1, len(flat) // 2))
        least = 1e-4 * max(flat.var(), 1e-6)
        kind = "full" if flat.shape[1] <= MOST_CORRELATED else "diag"
        fitted = GaussianMixture(components, covariance_type=kind, reg_covar=least, random_state=0).fit(flat)
        root = np.linalg.cholesky if kind == "full" else np.sqrt
        layer = MixtureDraws.of(fitted.weights_, fitted.means_, root(fitted.covariances_))
        return _mixture(heads, layer, codes["code"].shape[1:])


@dataclass(frozen=True)
class AggregatePosterior:
    """The posterior of a training example drawn at random: an upper bound on what a prior can give."""

    def check(self, heads: Heads) -> None:
        _check_real(self, heads)

    def fit(self, heads: Heads, codes: dict[str, np.ndarray]) -> keras.Model:
        mean = codes["code"].reshape(len(codes["code"]), -1)
        deviation = np.exp(0.5 * codes["log_var"]) if "log_var" in codes else np.zeros_like(mean)
        shares = np.full(len(mean), 1 / len(mean))
        layer = MixtureDraws.of(shares, mean, deviation.reshape(mean.shape))
        return _mixture(heads, layer, codes["code"].shape[1:])


@dataclass(frozen=True)
class LearnedPrior:
    """The prior that the variant has learned with the rest."""

    def check(self, heads: Heads) -> None:
        if heads.prior is None:
            raise InputError(
                "LearnedPrior draws from a prior that the variant has learned, and this one learns none; "
                'take another: SET="variant.sampler=StandardNormal"'
            )

    def fit(self, heads: Heads, codes: dict[str, np.ndarray]) -> keras.Model:
        return heads.prior


def apply_temperature(sampler: keras.Model, noise: np.ndarray, temperature: float) -> np.ndarray:
    """Noise (n, ...) for a sampler whose draws spread by a temperature above 0; at 1 it is as it was.

    Of normal codes, and of the choices of a decoder, the temperature is a factor on their deviations. Of a
    mixture it leaves the choice of the component alone. Of a prior over numbers of codes it divides the
    log-probabilities.
    Raises InputError for a temperature that is not above 0.
    """
    if not 0 < temperature < np.inf:
        raise InputError(f"expected a temperature above 0, such as 0.8; received {temperature}")
    if temperature == 1.0:
        return noise
    layers = [type(layer) for layer in sampler.layers]
    if CodePrior in layers:  # which takes -log(-log(share)) of each number for its Gumbel noise
        share = np.clip(norm.cdf(noise.astype(np.float64)), 1e-12, 1 - 1e-12)
        return norm.ppf(np.clip(np.exp(-((-np.log(share)) ** temperature)), 1e-12, 1 - 1e-12)).astype(
            np.float32
        )
    factor = np.full(noise.shape[1:], temperature, np.float32)
    if MixtureDraws in layers or PosteriorMixtureSampling in layers:
        factor[-1] = 1.0
    return noise * factor


def code_sampler(sampler: keras.Model) -> CodeSampler:
    """The draws of a fitted sampler, from the noise of a seed."""
    shape = sampler.inputs[0].shape[1:]

    def draw(count, seed):
        noise = np.random.default_rng(seed).standard_normal((count, *shape)).astype(np.float32)
        return {name: np.asarray(drawn) for name, drawn in apply(sampler, {"noise": noise}).items()}

    return draw


def _mixture(heads, layer, shape):
    to_shape = keras.layers.Reshape(shape, name="code")
    return _model(heads, (prod(shape) + 1,), lambda noise: to_shape(layer(noise)))


def _model(heads, shape, code_of):
    """A sampler of a code from noise of a shape, behind the noise of choices where a decoder makes some."""
    chosen = heads and heads.choices_shape
    if not chosen:
        noise = keras.Input(shape, name="noise")
        return keras.Model({"noise": noise}, {"code": code_of(noise)}, name="sampler")
    first = prod(chosen)
    noise = keras.Input((first + prod(shape),), name="noise")
    choices = keras.layers.Reshape(chosen, name="choices")(noise[:, :first])
    code = code_of(keras.layers.Reshape(shape, name="noise_of_code")(noise[:, first:]))
    return keras.Model({"noise": noise}, {"code": code, "choices": choices}, name="sampler")


def _check_real(sampler, heads):
    if heads.decoder.get_layer("code").output.dtype != "float32":
        raise InputError(
            f"{type(sampler).__name__} draws real numbers, and this variant's code is of whole ones; "
            'take its own prior: SET="variant.sampler=LearnedPrior"'
        )


AT_ONCE = 256
"""Examples that a decoder which goes step by step decodes at once: a step is small, and costs its start."""


def takes_condition(heads: Heads) -> bool:
    """Whether the decoder wants a class beside the code."""
    return any(tensor.name == "condition" for tensor in heads.decoder.inputs)


def generate(
    heads: Heads, drawn: Mapping[str, np.ndarray], labels: np.ndarray | None, classes: int
) -> np.ndarray:
    """What is decoded (n, ...), of "code" (n, ...), and labels (n,) for a decoder that takes a condition.

    A decoder that makes choices makes the likeliest where no "choices" are given.
    """
    named = dict(drawn)
    if takes_condition(heads):
        named["condition"] = np.eye(classes, dtype=np.float32)[labels]
    size = inference_batch(heads.decoder.output["reconstruction"].shape[1:])
    return batched(heads.decode, named, AT_ONCE if heads.choices_shape else size)["reconstruction"]
