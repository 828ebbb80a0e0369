"""Inputs that are learned, and draws from the mixture of what an encoder makes of them."""

from __future__ import annotations

import keras
from keras import layers, ops

from keras_ae.domains import domain_of


@keras.saving.register_keras_serializable("keras_ae")
class PseudoInputs(layers.Layer):
    """The same learned inputs whatever goes in: (anything) -> (components, *shape), inside the domain.

    components: at least 1. shape: of an input, without the batch axis. domain: as in Spec.
    """

    def __init__(self, components: int, shape: tuple[int, ...], domain: str, **kwargs):
        super().__init__(**kwargs)
        self.components, self.shape, self.domain = components, tuple(shape), domain_of(domain)
        self.values = self.add_weight((components, *shape), "random_normal", name="values")
        self.built = True

    def call(self, anything):
        return keras.activations.get(self.domain.activation)(ops.convert_to_tensor(self.values))

    def compute_output_spec(self, anything):
        return keras.KerasTensor((self.components, *self.shape), "float32")

    def get_config(self):
        own = {"components": self.components, "shape": self.shape, "domain": str(self.domain)}
        return super().get_config() | own


@keras.saving.register_keras_serializable("keras_ae", name="MixtureDraw")
class PosteriorMixtureSampling(layers.Layer):
    """A draw from one of several normals, which one decided by the last number of the noise."""

    def call(self, noise, mean, log_var):
        """noise: standard normal (batch, n + 1), mean and log_var (components, n) -> (batch, n)."""
        share = 0.5 * (1.0 + ops.erf(noise[:, -1] / 2.0**0.5))
        count = ops.shape(mean)[0]
        chosen = ops.clip(ops.cast(ops.floor(share * ops.cast(count, "float32")), "int32"), 0, count - 1)
        spread = ops.exp(0.5 * ops.take(log_var, chosen, axis=0))
        return ops.take(mean, chosen, axis=0) + spread * noise[:, :-1]

    def compute_output_spec(self, noise, mean, log_var):
        return keras.KerasTensor((noise.shape[0], mean.shape[-1]), "float32")
