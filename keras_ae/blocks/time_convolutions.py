"""Residual blocks of dilated convolutions along time, for sequences of any length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import initializers, layers, ops

__all__ = ["reach_of", "time_block", "time_conv"]

Tensor = Any
"""A tensor of Keras or TensorFlow, symbolic or not."""

KERNEL = 3
"""Taps of a convolution."""


def time_conv(
    features: Tensor, width: int, name: str, dilation: int = 1, kernel: int = KERNEL, gain: float = 1.0
) -> Tensor:
    """A convolution along time, with zeros beyond the ends.

    Args:
        features: (batch, steps, channels).
        width: Channels of the output.
        name: Name of the layer.
        dilation: Steps between taps.
        kernel: Number of taps, odd.
        gain: Scale of the variance of the initial weights.

    Returns:
        (batch, steps, width).
    """
    return layers.Conv1D(
        width,
        kernel,
        padding="same",
        dilation_rate=dilation,
        kernel_initializer=initializers.VarianceScaling(gain),
        name=name,
    )(features)


def time_block(features: Tensor, dilation: int, name: str) -> Tensor:
    """A normalization of each step, a dilated and a pointwise convolution, added to the input.

    Args:
        features: (batch, steps, channels).
        dilation: Steps between taps.
        name: Name of the block; the names of its layers begin with it.

    Returns:
        (batch, steps, channels).
    """
    inner = layers.LayerNormalization(name=f"{name}_norm")(features)
    inner = time_conv(inner, features.shape[-1], f"{name}_first", dilation, gain=2.0)
    inner = ops.relu(inner)
    # small at first, so that a network of many blocks begins near the identity
    return ops.add(features, time_conv(inner, features.shape[-1], f"{name}_second", kernel=1, gain=0.1))


def reach_of(dilations: Sequence[int]) -> int:
    """Steps to either side of a step that a chain of such blocks depends on.

    Args:
        dilations: Of the blocks.

    Returns:
        The number of steps, with one more for a convolution before them.
    """
    return 1 + sum(dilations)
