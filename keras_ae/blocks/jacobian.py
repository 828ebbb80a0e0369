"""The squared Frobenius norm of a Jacobian: in closed form for one layer, by random probes for more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

from keras_ae.blocks.sampling import normal
from keras_ae.errors import InputError

__all__ = ["DERIVATIVES", "OneLayerJacobian", "ProbedJacobian", "SquaredWeights"]

Tensor = Any
"""A tensor of Keras or TensorFlow, symbolic or not."""

DERIVATIVES: dict[str, Callable] = {
    "sigmoid": lambda code: code * (1.0 - code),
    "tanh": lambda code: 1.0 - ops.square(code),
    "relu": lambda code: ops.cast(code > 0, "float32"),
    "linear": ops.ones_like,
}
"""Derivatives of activations as functions of their values."""


class OneLayerJacobian(layers.Layer):
    """sum_j f'(a_j)^2 sum_i W_ij^2, the norm for code = f(W x + b) (Rifai et al. 2011).

    Args:
        dense: That layer, with an activation of `DERIVATIVES`.
    """

    def __init__(self, dense: layers.Dense, **kwargs: Any):
        super().__init__(**kwargs)
        self.dense = dense

    def call(self, code: Tensor) -> Tensor:
        """The squared norm of each example.

        Args:
            code: (batch, n).

        Returns:
            (batch,).
        """
        slope = DERIVATIVES[self.dense.activation.__name__](code)
        return ops.sum(ops.square(slope) * ops.sum(ops.square(self.dense.kernel), axis=0), axis=-1)

    def compute_output_shape(self, code_shape):
        return code_shape[:1]


class ProbedJacobian(layers.Layer):
    """The mean of |J v|^2 over standard normal v, whose expectation is the norm (Hutchinson 1990).

    The derivatives are forward-mode, so a probe costs about as much as one more pass through the encoder.

    Args:
        model: The model to differentiate.
        input_name: The input that it is differentiated by.
        output_name: The output that is differentiated.
        probes: Random directions, at least 1; pure functions of the batch's seeds.

    Raises:
        InputError: The model has recurrent layers.
    """

    def __init__(
        self,
        model: keras.Model,
        input_name: str = "inputs",
        output_name: str = "code",
        probes: int = 1,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if any(isinstance(layer, layers.RNN | layers.Bidirectional) for layer in model.layers):
            raise InputError(
                "forward-mode derivatives do not pass a recurrent layer; use another backbone: "
                'SET="variant.backbone=Conv1DBackbone"'
            )
        self.model = model
        self.input_name, self.output_name = input_name, output_name
        self.probes = probes

    def call(self, inputs: Tensor, seeds: Tensor) -> Tensor:
        """The estimate for each example.

        Args:
            inputs: (batch, ...).
            seeds: (batch, 2), int64.

        Returns:
            (batch,).
        """
        total = 0.0
        for probe in range(self.probes):
            direction = normal(tf.shape(inputs), seeds, stream=2 + probe)
            with tf.autodiff.ForwardAccumulator(inputs, tf.ensure_shape(direction, inputs.shape)) as forward:
                # as it is served, where no example depends on the others of its batch
                output = self.model({self.input_name: inputs}, training=False)[self.output_name]
            slope = forward.jvp(output)
            total += ops.sum(ops.reshape(ops.square(slope), (tf.shape(slope)[0], -1)), axis=-1)
        return total / self.probes

    def compute_output_shape(self, inputs_shape, seeds_shape):
        return inputs_shape[:1]


class SquaredWeights(layers.Layer):
    """The sum of the squares of a model's trainable weights, as a scalar output of a graph.

    Args:
        model: The model.
    """

    def __init__(self, model: keras.Model, **kwargs: Any):
        super().__init__(**kwargs)
        self.model = model

    def call(self, anything: Tensor) -> Tensor:
        """The sum.

        Args:
            anything: Any tensor of the graph, whose values do not matter.

        Returns:
            A scalar.
        """
        return ops.sum(ops.stack([ops.sum(ops.square(weight)) for weight in self.model.trainable_weights]))

    def compute_output_spec(self, anything):
        return keras.KerasTensor((), "float32")
