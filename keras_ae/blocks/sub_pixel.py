"""Channels moved into space, the sub-pixel way of enlarging (Shi et al. 2016, arXiv:1609.05158)."""

from __future__ import annotations

from typing import Any

from keras import ops

__all__ = ["depth_to_space"]


def depth_to_space(features: Any, factor: int) -> Any:
    """Moves channels into rows and columns.

    The same as TensorFlow's `depth_to_space`, whose kernels, forward and back, take up to seven times as long
    where few channels are left.

    Args:
        features: (batch, height, width, channels * factor^2).
        factor: By which height and width grow.

    Returns:
        (batch, factor * height, factor * width, channels).
    """
    _, height, width, channels = ops.shape(features)
    wide = channels // factor
    rows = ops.transpose(ops.reshape(features, (-1, width, factor, wide)), (0, 2, 1, 3))
    return ops.reshape(rows, (-1, factor * height, factor * width, wide // factor))
