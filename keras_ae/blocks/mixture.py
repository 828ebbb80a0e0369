"""Samples of a mixture of normals, as a pure function of standard normal noise."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from keras_ae.blocks.choices import normal_cdf

__all__ = ["MixtureDraws"]

Tensor = Any
"""A tensor of Keras, symbolic or not."""


@keras.saving.register_keras_serializable("keras_ae")
class MixtureDraws(layers.Layer):
    """Samples of a fixed mixture of normals.

    Args:
        components: At least 1.
        width: Numbers in a sample, at least 1.
        correlated: Whether each component's spread is a full matrix rather than a number for each dimension.
    """

    def __init__(self, components: int, width: int, correlated: bool, **kwargs: Any):
        super().__init__(**kwargs)
        self.components, self.width, self.correlated = components, width, correlated
        spread = (components, width, width) if correlated else (components, width)
        for name, shape in (("upto", (components,)), ("mean", (components, width)), ("spread", spread)):
            setattr(self, name, self.add_weight(shape, "zeros", trainable=False, name=name))
        self.built = True

    @classmethod
    def of(cls, weights: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> MixtureDraws:
        """A layer that samples a given mixture.

        Args:
            weights: (components,), the probabilities of the components, which sum to 1.
            mean: (components, width).
            spread: (components, width), standard deviations, or (components, width, width), the lower
                Cholesky factors of covariances.

        Returns:
            The layer.
        """
        components, width = mean.shape
        layer = cls(components, width, correlated=spread.ndim == 3, name="mixture")
        layer.set_weights([np.cumsum(weights), mean, spread])
        return layer

    def call(self, noise: Tensor) -> Tensor:
        """Samples the mixture.

        Args:
            noise: (batch, width + 1), standard normal; the last number decides the component.

        Returns:
            (batch, width).
        """
        cdf = normal_cdf(noise[:, -1])
        last = self.components - 1
        chosen = ops.minimum(ops.searchsorted(self.upto, cdf, side="right"), last)
        if self.correlated:
            each = ops.einsum("bn,kmn->bkm", noise[:, :-1], self.spread)
            spread = ops.take_along_axis(each, chosen[:, None, None], axis=1)[:, 0]
        else:
            spread = ops.take(self.spread, chosen, axis=0) * noise[:, :-1]
        return ops.take(self.mean, chosen, axis=0) + spread

    def compute_output_shape(self, noise_shape):
        return (noise_shape[0], self.width)

    def get_config(self) -> dict[str, Any]:
        own = {"components": self.components, "width": self.width, "correlated": self.correlated}
        return super().get_config() | own
