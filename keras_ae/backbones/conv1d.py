"""One-dimensional convolutional backbone for series, by default strided inward and sub-pixel outward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from keras import layers

from keras_ae.backbones.convolutions import Convolutions
from keras_ae.errors import check_least
from keras_ae.heads import Backbone

__all__ = ["Conv1DBackbone"]


@dataclass(frozen=True)
class Conv1DBackbone(Convolutions, Backbone):
    """Convolutions that halve the series until it is short, then one dense layer in each direction.

    What is said to be of each level may be one value for all levels, or one for each, from the series to the
    code; the decoder has the same levels in reverse order.

    Attributes:
        filters: Channels of each level, from the series to the code, each at least 1. Where the series is
            longer than `shortest` after the last level, further levels are as the last one, unless its stride
            is 1.
        kernel_size: Length of the convolutions of each level in steps, at least 1; even ones too.
        hidden: Width of the dense layer between the last level and the code; 0 leaves it out.
        shortest: Length in steps, at least 1, at which further levels stop.
        activation: Activation of the hidden layers, by its Keras name, such as leaky_relu, elu, gelu or silu.
        l1: Factor of the kernels' absolute weights in the weight decay, at least 0; biases have none.
        l2: Factor of the kernels' squared weights in the weight decay, at least 0.
        strides: The factor by which each level divides the length, at least 1.
        padding: "same" pads the series, so that strides alone divide it; "valid" does not.
        down: What divides, of each level: "stride", that of its convolution; or "max_pool" or
            "average_pool", which follow a convolution of stride 1.
        up: What multiplies, of each level in the decoder: "subpixel", "transposed" for a transposed
            convolution, or "nearest", which repeats steps and then convolves.
        up_kernel_size: Length of the decoder's convolutions of each level in steps; None for those of the
            encoder. A transposed one is at least as large as its strides.
        normalization: "none", "batch" or "group" (of at most 8 groups), before the activation of each
            convolution.
        residual_blocks: Blocks of two convolutions of kernel 3 and a shortcut on each level, in both
            directions, at least 0.
        dropout: Fraction of the features of each level that training leaves out, in both directions, in
            [0, 1).
        tied: Whether the decoder's weights are the transposes of the encoder's, with biases of its own.
    """

    takes: ClassVar[str] = "a one-dimensional convolutional backbone takes (time, channels)"
    rank: ClassVar[int] = 1

    filters: tuple[int, ...] = (32, 64)
    kernel_size: int | tuple[int, ...] = 5
    hidden: int = 0
    shortest: int = 8
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
        check_least(self, shortest=1)

    @property
    def least(self) -> int:
        return self.shortest

    def into_space(self, features: Any, factor: int, name: str) -> Any:
        steps = features.shape[1]
        return layers.Reshape((factor * steps, features.shape[2] // factor), name=name)(features)
