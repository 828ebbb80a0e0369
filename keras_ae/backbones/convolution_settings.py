"""The fields that convolutional backbones share, and their checks; each backbone has these in one order."""

from __future__ import annotations

from dataclasses import dataclass

from keras_ae.backbones.level_plan import Level, check_levels, level_of
from keras_ae.blocks.activations import check_activation
from keras_ae.blocks.tied import UNTIED
from keras_ae.errors import InputError, check_choices, check_least, check_widths, check_within

__all__ = ["ConvolutionSettings", "ConvolutionSizes", "SmallestSide"]

DOWN = ("stride", "max_pool", "average_pool")
UP = ("subpixel", "transposed", "nearest")


@dataclass(frozen=True)
class ConvolutionSizes:
    """The first fields of a convolutional backbone.

    What is said to be of each level may be one value for all levels, or one for each, from the example to the
    code; the decoder has the same levels in reverse order.

    Attributes:
        filters: Channels of each level, from the example to the code, each at least 1. Where a side is still
            longer than the shortest that is allowed, further levels are as the last one, unless its stride is
            1.
        kernel_size: Side of the convolutions of each level, in pixels, frames or steps, at least 1; even ones
            too.
        hidden: Width of the dense layer between the last level and the code; 0 leaves it out.
    """

    filters: tuple[int, ...] = (32, 64)
    kernel_size: int | tuple[int, ...] = 3
    hidden: int = 0

    def __post_init__(self) -> None:
        check_widths("filters", self.filters)
        check_least(self, hidden=0)

    @property
    def least(self) -> int:
        """The length at which further levels stop."""
        raise NotImplementedError


@dataclass(frozen=True)
class SmallestSide(ConvolutionSizes):
    """The next field, of images and clips.

    Attributes:
        smallest: Side in pixels and frames, at least 1, at which further levels stop.
    """

    smallest: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, smallest=1)

    @property
    def least(self) -> int:
        return self.smallest


@dataclass(frozen=True)
class ConvolutionSettings(ConvolutionSizes):
    """The fields after that.

    Attributes:
        activation: Activation of the hidden layers, by its Keras name, such as leaky_relu, elu, gelu or silu.
        l1: Factor of the kernels' absolute weights in the weight decay, at least 0; biases have none.
        l2: Factor of the kernels' squared weights in the weight decay, at least 0.
        strides: The factor by which each level divides every side, at least 1.
        padding: "same" pads the example, so that strides alone divide it; "valid" does not.
        down: What divides, of each level: "stride", that of its convolution; or "max_pool" or
            "average_pool", which follow a convolution of stride 1.
        up: What multiplies, of each level in the decoder: "subpixel", "transposed" for a transposed
            convolution, or "nearest", which repeats each pixel or step and then convolves.
        up_kernel_size: Side of the decoder's convolutions of each level; None for those of the encoder. A
            transposed one is at least as large as its strides.
        normalization: "none", "batch" or "group" (of at most 8 groups), before the activation of each
            convolution.
        residual_blocks: Blocks of two convolutions of kernel 3 and a shortcut on each level, in both
            directions, at least 0.
        dropout: Fraction of the features of each level that training leaves out, in both directions, in
            [0, 1).
        tied: Whether the decoder's weights are the transposes of the encoder's, with biases of its own.
    """

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
        check_activation(self.activation)
        check_within(self, l1="[0, inf)", l2="[0, inf)", dropout="[0, 1)")
        check_choices(self, padding=("same", "valid"), normalization=("none", "batch", "group"))
        check_least(self, residual_blocks=0)
        check_levels(self, {"kernel_size": None, "strides": None, "down": DOWN, "up": UP})
        if self.up_kernel_size is not None:
            check_levels(self, {"up_kernel_size": None})
        for index in range(len(self.filters)):
            self._check_transposed(level_of(self, index))

    def _check_transposed(self, level: Level) -> None:
        """Refuses transposed convolutions that leave pixels out, and tied ones that are no transpose."""
        size, strides = level.up_kernel_size, level.strides
        if level.up == "transposed" and size < strides:
            raise InputError(
                f"a transposed convolution of kernel {size} leaves out pixels at strides {strides}; "
                'take a kernel_size of at least the strides, or SET="variant.backbone.up=subpixel"'
            )
        pair = (level.down, level.up, level.kernel_size, self.residual_blocks)
        if self.tied and pair != ("stride", "transposed", size, 0):
            raise InputError(
                'tied weights need down="stride", up="transposed", one kernel_size for both sides and '
                f"residual_blocks=0; received {level.down}, {level.up}, {level.kernel_size} and {size}, and "
                f"{self.residual_blocks}; or {UNTIED}"
            )
