"""Draws from a mixture of normals that was fitted elsewhere, as a pure function of standard normal noise."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops


@keras.saving.register_keras_serializable("keras_ae")
class MixtureDraws(layers.Layer):
    """(batch, width + 1) standard normal -> (batch, width); the last number decides the component.

    components, width: at least 1. correlated: whether each component has a full matrix for its
        spread, rather than a number a unit.
    """

    def __init__(self, components: int, width: int, correlated: bool, **kwargs):
        super().__init__(**kwargs)
        self.components, self.width, self.correlated = components, width, correlated
        spread = (components, width, width) if correlated else (components, width)
        for name, shape in (("upto", (components,)), ("mean", (components, width)), ("spread", spread)):
            setattr(self, name, self.add_weight(shape, "zeros", trainable=False, name=name))
        self.built = True

    @classmethod
    def of(cls, shares: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> MixtureDraws:
        """A mixture of components with these shares (k,), which sum to 1, means (k, n) and spreads.

        spread: (k, n), standard deviations, or (k, n, n), lower Cholesky factors of covariances.
        """
        layer = cls(*mean.shape, correlated=spread.ndim == 3, name="mixture")
        layer.set_weights([np.cumsum(shares), mean, spread])
        return layer

    def call(self, noise):
        share = 0.5 * (1.0 + ops.erf(noise[:, -1] / 2.0**0.5))
        last = self.components - 1
        chosen = ops.minimum(ops.searchsorted(self.upto, share, side="right"), last)
        if self.correlated:
            each = ops.einsum("bn,kmn->bkm", noise[:, :-1], self.spread)
            spread = ops.take_along_axis(each, chosen[:, None, None], axis=1)[:, 0]
        else:
            spread = ops.take(self.spread, chosen, axis=0) * noise[:, :-1]
        return ops.take(self.mean, chosen, axis=0) + spread

    def compute_output_shape(self, noise_shape):
        return (noise_shape[0], self.width)

    def get_config(self):
        own = {"components": self.components, "width": self.width, "correlated": self.correlated}
        return super().get_config() | own
