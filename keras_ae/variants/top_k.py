"""k-sparse autoencoder: of a code's many units, the k most active of each example count.

Makhzani and Frey, "k-Sparse Autoencoders", arXiv:1312.5663; in the form of Gao et al. 2024, "Scaling and
evaluating sparse autoencoders", arXiv:2406.04093, for the activations of other networks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from keras import ops

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.dictionary import TopUnits, dictionary_heads, initialize_dictionary, patterns_of
from keras_ae.blocks.sparsity import DeadFraction, ExplainedVariance, SplitMetric, active_units
from keras_ae.domains import REAL
from keras_ae.errors import InputError, check_least
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.replicas import replicas
from keras_ae.variants import Variant

__all__ = ["TopK"]


@dataclass(frozen=True)
class TopK(Variant):
    """The k most active units of each example, which add vectors of length 1 to its reconstruction.

    The units' activities are those of one dense layer with a ReLU, tied to the vectors at the start. Dead
    units learn what the others leave over: an auxiliary loss (AuxK) of the reconstruction of the residual by
    the most active ones among them.

    Attributes:
        backbone: Layers between the data and the features that units encode and vectors add up to; None for
            the data themselves, which must be real values.
        latent_dim: Units of the code, at least 1; many times the size of an input where units shall each
            stand for one thing.
        k: Active units of an example, at least 1 and at most latent_dim.
        dead_after: Examples in which a unit was not active once, after which it counts as dead, at least 1.
        auxiliary_weight: Weight of the auxiliary loss, at least 0.
        auxiliary_units: Dead units of an example that take part in it, at least 1; None for half the size of
            what is encoded.
    """

    _per_batch: ClassVar[bool] = False
    backbone: Backbone | None = DenseBackbone()
    latent_dim: int = 1024
    k: int = 32
    dead_after: int = 20_000
    auxiliary_weight: float = 1 / 32
    auxiliary_units: int | None = None

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1, k=1, dead_after=1, auxiliary_weight=0)
        if self.auxiliary_units is not None:
            check_least(self, auxiliary_units=1)
        if self.k > self.latent_dim:
            raise InputError(f"k must be at most latent_dim, {self.latent_dim}; received {self.k}")

    def build(self, spec: Spec) -> Heads:
        size = int(np.prod(spec.input_shape))
        select = TopUnits(
            self.latent_dim,
            self.k,
            self._per_batch,
            self.dead_after,
            min(self.auxiliary_units or max(1, size // 2), self.latent_dim),
            name="encoder_code",
        )

        return dictionary_heads(spec, self.backbone, self.latent_dim, select=select)

    def initialize(self, heads: Heads, examples: Callable[[], np.ndarray]) -> None:
        """Ties the encoder to the vectors, around the mean of the examples."""
        initialize_dictionary(heads, examples)

    def terms(self) -> tuple[Term, ...]:
        return (
            Term("auxiliary", _auxiliary, self.auxiliary_weight, selects=False),
            Term("l0", active_units, 0.0),
        )

    def split_metrics(self, heads: Heads) -> tuple[SplitMetric, ...]:
        """The fraction of dead units, and the explained variance."""
        return DeadFraction(self.latent_dim), ExplainedVariance(heads.decoder.output["reconstruction"].shape)

    def active_dim(self, metrics: dict[str, float]) -> int | None:
        """The mean number of active units."""
        return max(1, round(metrics["l0"]))

    def patterns(self, heads: Heads) -> np.ndarray | None:
        """The vectors, if there are no layers behind them."""
        return patterns_of(heads) if self.backbone is None else None


def _auxiliary(outputs: dict) -> Any:
    """The mean squared error of the residual's reconstruction by dead units; 0 where there are none."""
    error = ops.square(ops.stop_gradient(outputs["residual"]) - outputs["revived"])
    revives = ops.any(outputs["revived"] != 0)
    if replicas().count > 1:  # any in the whole batch
        revives = replicas().summed([ops.cast(revives, "float32")])[0] > 0
    return ops.mean(ops.where(revives, error, 0.0), axis=-1)


EXAMPLE = (TopK(None, latent_dim=96, k=5, dead_after=8), Spec((6, 6, 1), (6, 6, 1), REAL))
