"""One-dimensional convolutional backbone for series, by default strided inward and sub-pixel outward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from keras import layers

from keras_ae.backbones.convolution_settings import ConvolutionSizes
from keras_ae.backbones.convolutions import Convolutions
from keras_ae.errors import check_least
from keras_ae.heads import Backbone

__all__ = ["Conv1DBackbone"]


@dataclass(frozen=True)
class ShortestLength(ConvolutionSizes):
    """The fourth field, of series.

    Attributes:
        shortest: Length in steps, at least 1, at which further levels stop.
    """

    shortest: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, shortest=1)

    @property
    def least(self) -> int:
        return self.shortest


@dataclass(frozen=True)
class Conv1DBackbone(Convolutions, ShortestLength, Backbone):
    """Convolutions that halve the series until it is short, then one dense layer in each direction.

    The fields are those of `ConvolutionSizes`, `ShortestLength` and `ConvolutionSettings`, in this order.

    Attributes:
        kernel_size: Length of the convolutions of each level in steps, at least 1; even ones too.
    """

    takes: ClassVar[str] = "a one-dimensional convolutional backbone takes (time, channels)"
    rank: ClassVar[int] = 1

    kernel_size: int | tuple[int, ...] = 5

    def into_space(self, features: Any, factor: int, name: str) -> Any:
        steps = features.shape[1]
        return layers.Reshape((factor * steps, features.shape[2] // factor), name=name)(features)
