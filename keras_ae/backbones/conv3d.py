"""Three-dimensional convolutional backbone for clips and volumes, by default strided and sub-pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from keras import ops

from keras_ae.backbones.convolutions import Convolutions
from keras_ae.errors import check_least
from keras_ae.heads import Backbone

__all__ = ["Conv3DBackbone"]


@dataclass(frozen=True)
class Conv3DBackbone(Convolutions, Backbone):
    """Convolutions that halve frames, height and width until they are small, then a dense layer each way.

    What is said to be of each level may be one value for all levels, or one for each, from the clip to the
    code; the decoder has the same levels in reverse order.

    Attributes:
        filters: Channels of each level, from the clip to the code, each at least 1. Where a side is
            larger than `smallest` after the last level, further levels are as the last one, unless its stride
            is 1.
        kernel_size: Side of the convolutions of each level in frames and pixels, at least 1.
        hidden: Width of the dense layer between the last level and the code; 0 leaves it out.
        smallest: Frames and pixels a side, at least 1, at which further levels stop.
        activation: Activation of the hidden layers, by its Keras name, such as leaky_relu, elu, gelu or silu.
        l1: Factor of the kernels' absolute weights in the weight decay, at least 0; biases have none.
        l2: Factor of the kernels' squared weights in the weight decay, at least 0.
        strides: The factor by which each level divides frames, height and width, at least 1.
        padding: "same" pads the clip, so that strides alone divide it; "valid" does not.
        down: What divides, of each level: "stride", that of its convolution; or "max_pool" or
            "average_pool", which follow a convolution of stride 1.
        up: What multiplies, of each level in the decoder: "subpixel", "transposed" for a transposed
            convolution, or "nearest", which repeats pixels and then convolves.
        up_kernel_size: Side of the decoder's convolutions of each level in pixels; None for those of the
            encoder. A transposed one is at least as large as its strides.
        normalization: "none", "batch" or "group" (of at most 8 groups), before the activation of each
            convolution.
        residual_blocks: Blocks of two convolutions of kernel 3 and a shortcut on each level, in both
            directions, at least 0.
        dropout: Fraction of the features of each level that training leaves out, in both directions, in
            [0, 1).
        tied: Whether the decoder's weights are the transposes of the encoder's, with biases of its own.
    """

    takes: ClassVar[str] = "a 3-D convolutional backbone takes (frames, height, width, channels)"
    rank: ClassVar[int] = 3

    filters: tuple[int, ...] = (16, 32)
    kernel_size: int | tuple[int, ...] = 3
    hidden: int = 0
    smallest: int = 8
    activation: str = "relu"
    l1: float = 0.0
    l2: float = 0.0
    strides: int | tuple[int, ...] = 2
    padding: str = "same"
    down: str | tuple[str, ...] = "stride"
    up: str | tuple[str, ...] = "subpixel"
    up_kernel_size: int | tuple[int, ...] | None = None
    normalization: str = "none"
    residual_blocks: int = 0
    dropout: float = 0.0
    tied: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, smallest=1)

    @property
    def least(self) -> int:
        return self.smallest

    def into_space(self, features: Any, factor: int, name: str) -> Any:
        _, frames, height, width, channels = features.shape
        rest = channels // factor
        # one axis after the other, for not every runtime transposes arrays of eight axes
        longer = ops.reshape(features, (-1, frames, height * width, factor, rest))
        longer = ops.transpose(longer, (0, 1, 3, 2, 4))
        images = ops.depth_to_space(ops.reshape(longer, (-1, height, width, rest)), factor)
        sides = (factor * frames, factor * height, factor * width)
        return ops.reshape(images, (-1, *sides, rest // factor**2))
