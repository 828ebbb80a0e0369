"""Three-dimensional convolutional backbone for clips and volumes, by default strided and sub-pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from keras import ops

from keras_ae.backbones.convolution_settings import SmallestSide
from keras_ae.backbones.convolutions import Convolutions
from keras_ae.blocks.sub_pixel import Shuffle
from keras_ae.heads import Backbone

__all__ = ["Conv3DBackbone"]


@dataclass(frozen=True)
class Conv3DBackbone(Convolutions, SmallestSide, Backbone):
    """Convolutions that halve frames, height and width until they are small, then a dense layer each way.

    The fields are those of `ConvolutionSizes`, `SmallestSide` and `ConvolutionSettings`, in this order.

    Attributes:
        filters: Channels of each level, from the clip to the code, each at least 1. Where a side is longer
            than `smallest` after the last level, further levels are as the last one, unless its stride is 1.
    """

    takes: ClassVar[str] = "a 3-D convolutional backbone takes (frames, height, width, channels)"
    rank: ClassVar[int] = 3

    filters: tuple[int, ...] = (16, 32)

    def into_space(self, features: Any, factor: int, name: str) -> Any:
        _, frames, height, width, channels = features.shape
        rest = channels // factor
        # one axis after the other, for not every runtime transposes arrays of eight axes
        longer = ops.reshape(features, (-1, frames, height * width, factor, rest))
        longer = ops.transpose(longer, (0, 1, 3, 2, 4))
        images = Shuffle(factor, name=name)(ops.reshape(longer, (-1, height, width, rest)))
        sides = (factor * frames, factor * height, factor * width)
        return ops.reshape(images, (-1, *sides, rest // factor**2))
