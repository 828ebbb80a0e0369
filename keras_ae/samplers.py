"""Where the codes to generate from are drawn: a prior, or what the training examples' codes show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import tensorflow as tf
from sklearn.mixture import GaussianMixture

from keras_ae.data.dataset import inference_batch
from keras_ae.errors import InputError
from keras_ae.heads import Heads, apply

Draw = Callable[[int, int], np.ndarray]
"""(count, seed) -> codes (count, ...), the same for the same seed."""


class Sampler(Protocol):
    """A frozen dataclass that draws codes for a decoder.

    check: raises InputError for heads that it cannot draw for.
    fit: heads, the examples' codes by output name (those of training for what is measured) -> Draw.
    """

    def check(self, heads: Heads) -> None: ...

    def fit(self, heads: Heads, codes: dict[str, np.ndarray]) -> Draw: ...


@dataclass(frozen=True)
class StandardNormal:
    """The prior N(0, 1) of variational, Wasserstein and adversarial autoencoders."""

    def check(self, heads: Heads) -> None:
        _check_real(self, heads)

    def fit(self, heads: Heads, codes: dict[str, np.ndarray]) -> Draw:
        shape = tuple(heads.decoder.get_layer("code").output.shape[1:])
        return lambda count, seed: _normal((count, *shape), seed)


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

    def fit(self, heads: Heads, codes: dict[str, np.ndarray]) -> Draw:
        flat = codes["code"].reshape(len(codes["code"]), -1).astype(np.float64)
        components = min(self.components, max(1, len(flat) // 2))
        least = 1e-4 * max(flat.var(), 1e-6)
        kind = "full" if flat.shape[1] <= MOST_CORRELATED else "diag"
        mixture = GaussianMixture(components, covariance_type=kind, reg_covar=least, random_state=0).fit(flat)
        shape = codes["code"].shape[1:]

        def draw(count, seed):
            drawn, _ = mixture.set_params(random_state=seed).sample(count)
            shuffled = np.random.default_rng(seed).permutation(drawn)  # it comes sorted by component
            return shuffled.reshape(count, *shape).astype(np.float32)

        return draw


@dataclass(frozen=True)
class AggregatePosterior:
    """The posterior of a training example drawn at random: an upper bound on what a prior can give."""

    def check(self, heads: Heads) -> None:
        _check_real(self, heads)

    def fit(self, heads: Heads, codes: dict[str, np.ndarray]) -> Draw:
        mean = codes["code"]
        deviation = np.exp(0.5 * codes["log_var"]) if "log_var" in codes else np.zeros_like(mean)

        def draw(count, seed):
            index = np.random.default_rng(seed).integers(len(mean), size=count)
            return mean[index] + deviation[index] * _normal((count, *mean.shape[1:]), seed + 1)

        return draw


@dataclass(frozen=True)
class OwnPrior:
    """The prior that the variant has learned with the rest."""

    def check(self, heads: Heads) -> None:
        if heads.prior is None:
            raise InputError(
                "OwnPrior draws from a prior that the variant has learned, and this one learns none; "
                'take another: SET="variant.sampler=StandardNormal"'
            )

    def fit(self, heads: Heads, codes: dict[str, np.ndarray]) -> Draw:
        shape = heads.prior.inputs[0].shape[1:]
        return lambda count, seed: np.asarray(
            apply(heads.prior, {"noise": _normal((count, *shape), seed)})["code"]
        )


def _check_real(sampler, heads):
    if heads.decoder.get_layer("code").output.dtype != "float32":
        raise InputError(
            f"{type(sampler).__name__} draws real numbers, and this variant's code is of whole ones; "
            'take its own prior: SET="variant.sampler=OwnPrior"'
        )


def takes_condition(heads: Heads) -> bool:
    """Whether the decoder wants a class beside the code."""
    return any(tensor.name == "condition" for tensor in heads.decoder.inputs)


def generate(heads: Heads, codes: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Decoded codes (n, ...): codes (n, ...), and labels (n,) for a decoder that takes a condition."""
    named = {"code": codes}
    if takes_condition(heads):
        named["condition"] = np.eye(classes, dtype=np.float32)[labels]
    size = inference_batch(heads.decoder.output["reconstruction"].shape[1:])
    parts = [
        apply(
            heads.decoder, {name: tf.constant(value[start : start + size]) for name, value in named.items()}
        )
        for start in range(0, len(codes), size)
    ]
    return np.concatenate([part["reconstruction"] for part in parts])


def _normal(shape, seed):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
