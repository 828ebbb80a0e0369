"""Sparse autoencoder: a code of many units, few of which are active for any one example.

Olshausen and Field, "Emergence of simple-cell receptive field properties by learning a sparse code
for natural images", Nature 1996; the divergence penalty after Lee, Ekanadham and Ng, "Sparse deep
belief net model for visual area V2", NIPS 2007, in the form of Ng's lecture notes (CS294A, 2011).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.activations import check_activation
from keras_ae.blocks.dictionary import dictionary_heads, initialize_dictionary, patterns_of
from keras_ae.blocks.plain import plain_decoder, plain_encoder
from keras_ae.blocks.sparsity import DeadFraction, ExplainedVariance, SplitMetric, active_units
from keras_ae.domains import UNIT
from keras_ae.errors import InputError, check_least, check_within
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant

__all__ = ["Sparse"]

ACTIVE = 0.01
"""Absolute value above which a unit of the code counts as active."""


@dataclass(frozen=True)
class Sparse(Variant):
    """An L1 penalty on the code, or a divergence that pulls each unit's mean activity towards a target.

    Attributes:
        backbone: Layers between the data and the code; None for one dense layer to the code, and vectors of
            length 1 that its units add up to real values.
        latent_dim: Size of a code, at least 1; it may exceed the size of an input.
        l1: Weight of the code's absolute values, summed over its units, at least 0.
        rho: Target of each unit's mean activity over a batch, above 0 and below 1.
        beta: Weight of the sum over units of KL(rho || mean activity), at least 0.
        activation: Activation of the code, by its Keras name; None takes sigmoid where beta is above 0,
            whose values lie in (0, 1), and relu otherwise, whose values may be 0.
    """

    backbone: Backbone | None = DenseBackbone()
    latent_dim: int = 256
    l1: float = 1e-4
    rho: float = 0.05
    beta: float = 0.0
    activation: str | None = None

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1, l1=0, beta=0)
        check_within(self, rho="(0, 1)")
        check_activation(self.activation)
        if self.beta and self.activation not in (None, "sigmoid"):
            raise InputError(
                f"a beta above 0 needs activities in (0, 1), so the sigmoid; received {self.activation!r}; "
                "take activation sigmoid or None"
            )

    def build(self, spec: Spec) -> Heads:
        activation = self._activation
        if self.backbone is None:
            return dictionary_heads(spec, None, self.latent_dim, activation)
        encoder = plain_encoder(spec, self.backbone, self.latent_dim, activation)
        decoder = plain_decoder(spec, self.backbone, self.latent_dim, encoder)

        return Heads.join(encoder, decoder)

    def initialize(self, heads: Heads, examples: Callable[[], np.ndarray]) -> None:
        """Ties the encoder to the vectors, around the mean of the examples, where there is no backbone."""
        if self.backbone is None:
            initialize_dictionary(heads, examples)

    @property
    def _activation(self) -> str:
        return self.activation or ("sigmoid" if self.beta else "relu")

    @property
    def _least(self) -> float:
        """The absolute value above which a unit counts as active: others than a ReLU's are never just 0."""
        return 0.0 if self._activation == "relu" else ACTIVE

    def split_metrics(self, heads: Heads) -> tuple[SplitMetric, ...]:
        """The fraction of dead units, and of real values the explained variance."""
        reconstruction = heads.decoder.output["reconstruction"]
        dead = DeadFraction(self.latent_dim, self._least)
        return (dead, ExplainedVariance(reconstruction.shape)) if self.backbone is None else (dead,)

    def active_dim(self, metrics: dict[str, float]) -> int | None:
        """The mean number of active units."""
        return max(1, round(metrics["l0"]))

    def patterns(self, heads: Heads) -> np.ndarray | None:
        """The vectors, if there is no backbone."""
        return patterns_of(heads) if self.backbone is None else None

    def terms(self) -> tuple[Term, ...]:
        penalties = (
            Term("l1_activity", _absolute, self.l1),
            Term("kl_activity", self._divergence, self.beta),
        )
        least = self._least
        shown = (
            Term("mean_activity", _mean, 0.0),
            Term("active_fraction", _active, 0.0),
            Term("l0", lambda outputs: active_units(outputs, least), 0.0),
        )
        return tuple(term for term in penalties if term.weight) + shown

    def _divergence(self, outputs: dict) -> Any:
        activity = ops.clip(ops.mean(outputs["code"], axis=0), 1e-6, 1.0 - 1e-6)
        return ops.sum(
            self.rho * ops.log(self.rho / activity)
            + (1.0 - self.rho) * ops.log((1.0 - self.rho) / (1.0 - activity))
        )


def _absolute(outputs: dict) -> Any:
    return ops.sum(ops.abs(outputs["code"]), axis=-1)


def _mean(outputs: dict) -> Any:
    return ops.mean(outputs["code"], axis=-1)


def _active(outputs: dict) -> Any:
    return ops.mean(ops.cast(ops.abs(outputs["code"]) > ACTIVE, "float32"), axis=-1)


EXAMPLE = (Sparse(DenseBackbone((16,)), latent_dim=48, beta=0.1), Spec((6, 6, 1), (6, 6, 1), UNIT))
