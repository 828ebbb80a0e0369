"""The kinds of layers of the networks that are compared, of which each framework has its own."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

__all__ = ["ConvLayer", "DenseLayer", "FlattenLayer", "NetworkLayer", "ReshapeLayer", "SubpixelLayer"]


class NetworkLayer:
    """Base class of the kinds of layers.

    Attributes:
        name: Of a layer with weights.
    """

    name: str

    def shapes(self, shape: tuple[int, ...]) -> tuple[tuple[int, ...] | None, tuple[int, ...]]:
        """Gives the shapes of a layer.

        Args:
            shape: Of what it takes, without the batch.

        Returns:
            The kernel's, None without weights, and the output's.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class DenseLayer(NetworkLayer):
    """A dense layer.

    Attributes:
        name: Its name.
        units: Its width.
        relu: Whether a rectifier follows.
    """

    name: str
    units: int
    relu: bool = True

    def shapes(self, shape: tuple[int, ...]) -> tuple[tuple[int, ...] | None, tuple[int, ...]]:
        return (shape[-1], self.units), (self.units,)


@dataclass(frozen=True)
class ConvLayer(NetworkLayer):
    """A convolution along one or two axes with padding "same".

    Attributes:
        name: Its name.
        filters: Channels of its output.
        kernel_size: Side of its kernel.
        strides: By which each side is divided.
        relu: Whether a rectifier follows.
    """

    name: str
    filters: int
    kernel_size: int = 3
    strides: int = 1
    relu: bool = True

    def shapes(self, shape: tuple[int, ...]) -> tuple[tuple[int, ...] | None, tuple[int, ...]]:
        *sides, channels = shape
        kernel = (*(self.kernel_size for _ in sides), channels, self.filters)
        return kernel, (*(-(-side // self.strides) for side in sides), self.filters)


@dataclass(frozen=True)
class FlattenLayer(NetworkLayer):
    """All axes of an example as one, the channels running fastest."""

    def shapes(self, shape: tuple[int, ...]) -> tuple[tuple[int, ...] | None, tuple[int, ...]]:
        return None, (prod(shape),)


@dataclass(frozen=True)
class ReshapeLayer(NetworkLayer):
    """Another shape of the same number of elements.

    Attributes:
        shape: The shape, without the batch.
    """

    shape: tuple[int, ...]

    def shapes(self, shape: tuple[int, ...]) -> tuple[tuple[int, ...] | None, tuple[int, ...]]:
        return None, self.shape


@dataclass(frozen=True)
class SubpixelLayer(NetworkLayer):
    """The sub-pixel step: channels become twice as many pixels or steps along each axis."""

    def shapes(self, shape: tuple[int, ...]) -> tuple[tuple[int, ...] | None, tuple[int, ...]]:
        *sides, channels = shape
        return None, (*(2 * side for side in sides), channels // 2 ** len(sides))
