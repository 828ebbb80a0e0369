"""Two-dimensional convolutional backbone, by default strided inward and sub-pixel outward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from keras_ae.backbones.convolution_settings import SmallestSide
from keras_ae.backbones.convolutions import Convolutions
from keras_ae.blocks.sub_pixel import Shuffle
from keras_ae.heads import Backbone

__all__ = ["ConvBackbone"]


@dataclass(frozen=True)
class ConvBackbone(Convolutions, SmallestSide, Backbone):
    """Convolutions that halve the image until it is small, then one dense layer in each direction.

    The fields are those of `ConvolutionSizes`, `SmallestSide` and `ConvolutionSettings`, in this order.
    """

    takes: ClassVar[str] = "a convolutional backbone takes (height, width, channels)"
    rank: ClassVar[int] = 2

    def into_space(self, features: Any, factor: int, name: str) -> Any:
        return Shuffle(factor, name=name)(features)
