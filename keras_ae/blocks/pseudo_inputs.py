"""Learned inputs, and samples of the mixture of their posteriors, for a VampPrior."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from keras_ae.blocks.choices import normal_cdf
from keras_ae.blocks.table_output import RowActivation
from keras_ae.domains import domain_of

__all__ = ["AsServed", "PosteriorMixtureSampling", "PseudoInputs"]

UNKNOWN = 1e-6
"""The probability of an unknown word in a learned row of a table."""

Tensor = Any
"""A tensor of Keras, symbolic or not."""


@keras.saving.register_keras_serializable("keras_ae")
class PseudoInputs(layers.Layer):
    """Learned inputs, which are the same whatever goes in (Tomczak and Welling 2018, arXiv:1705.07120).

    Args:
        components: The number of learned inputs, at least 1.
        shape: The shape of an input, without the batch axis.
        domain: The domain of inputs, inside which the learned ones stay.
    """

    def __init__(self, components: int, shape: tuple[int, ...], domain: str, **kwargs: Any):
        super().__init__(**kwargs)
        self.components, self.shape, self.domain = components, tuple(shape), domain_of(domain)
        layout = self.domain.layout
        self.of_row = None if layout is None else RowActivation(str(layout), UNKNOWN)
        self.values = self.add_weight((components, *shape), "random_normal", name="values")
        self.built = True

    def call(self, anything: Tensor) -> Tensor:
        """The learned inputs.

        Args:
            anything: Any tensor of the graph, whose values do not matter.

        Returns:
            (components, *shape).
        """
        values = ops.convert_to_tensor(self.values)
        return self.of_row(values) if self.of_row else keras.activations.get(self.domain.activation)(values)

    def compute_output_spec(self, anything):
        return keras.KerasTensor((self.components, *self.shape), "float32")

    def get_config(self) -> dict[str, Any]:
        own = {"components": self.components, "shape": self.shape, "domain": str(self.domain)}
        return super().get_config() | own


class AsServed(layers.Layer):
    """An encoder inside a model that is trained, which runs as it is served, even in training.

    Dropout leaves nothing out there, and a normalization does not take learned inputs for examples. (Keras
    overrides the `training=False` of a model inside a functional one by that of the whole.)

    Args:
        encoder: The encoder, which is itself part of the model that is trained.
    """

    def __init__(self, encoder: keras.Model, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.encoder = lambda: encoder  # not a part of this layer

    def call(self, inputs: Tensor) -> dict[str, Tensor]:
        """(batch, *input_shape) -> the encoder's outputs by name."""
        return self.encoder()({"inputs": inputs}, training=False)

    def compute_output_spec(self, inputs):
        return {
            name: keras.KerasTensor((inputs.shape[0], *output.shape[1:]), output.dtype)
            for name, output in self.encoder().output.items()
        }


@keras.saving.register_keras_serializable("keras_ae", name="MixtureDraw")
class PosteriorMixtureSampling(layers.Layer):
    """Samples of the mixture of several posteriors, each as likely as the others."""

    def call(self, noise: Tensor, mean: Tensor, log_var: Tensor) -> Tensor:
        """Samples the mixture.

        Args:
            noise: (batch, n + 1), standard normal; the last number decides the component.
            mean: (components, n).
            log_var: (components, n).

        Returns:
            (batch, n).
        """
        cdf = normal_cdf(noise[:, -1])
        count = ops.shape(mean)[0]
        chosen = ops.clip(ops.cast(ops.floor(cdf * ops.cast(count, "float32")), "int32"), 0, count - 1)
        spread = ops.exp(0.5 * ops.take(log_var, chosen, axis=0))
        return ops.take(mean, chosen, axis=0) + spread * noise[:, :-1]

    def compute_output_spec(self, noise, mean, log_var):
        return keras.KerasTensor((noise.shape[0], mean.shape[-1]), "float32")
