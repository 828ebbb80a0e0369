"""BatchTopK: of the units of all examples of a batch, the most active count, k an example on average.

Bussmann, Leask and Nanda, "BatchTopK sparse autoencoders", arXiv:2412.06410.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.domains import UNIT
from keras_ae.heads import Spec
from keras_ae.variants.top_k import TopK

__all__ = ["BatchTopK"]


@dataclass(frozen=True)
class BatchTopK(TopK):
    """As `TopK`, but some examples have more active units than others, k on average over a batch.

    In training the k * batch most active units of a batch count. Held-out examples, and the served encoder,
    take those above a fixed threshold, the mean of the least activity that counted in training: what an
    example gives does not depend on the others of its batch.
    """

    _per_batch: ClassVar[bool] = True


EXAMPLE = (
    BatchTopK(DenseBackbone((16,)), latent_dim=48, k=4, dead_after=8),
    Spec((6, 6, 1), (6, 6, 1), UNIT),
)
