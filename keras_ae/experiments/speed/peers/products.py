"""The ceiling of a step: its matrix products and convolutions alone, by TensorFlow and by NumPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from keras_ae.experiments.speed.clock import Clock
from keras_ae.experiments.speed.devices import tensorflow_device
from keras_ae.experiments.speed.layers import ConvLayer
from keras_ae.experiments.speed.peers import Peer
from keras_ae.experiments.speed.work import Work

__all__ = ["ORDER", "PEERS", "Products", "matrix_shapes"]

ORDER = 4


def matrix_shapes(work: Work) -> list[tuple[int, int, int]]:
    """The matrix products of a step: of each layer the forward one and those of its two gradients.

    A convolution counts as the product of its windows with its kernel. The first layer has no gradient of
    its input.

    Args:
        work: The network and the batch size.

    Returns:
        (rows, inner, columns) of each product.
    """
    shapes = []
    for number, (_, kernel, _, output) in enumerate(work.net.weighted_layers()):
        rows, inner, columns = work.batch_size * prod(output[:-1]), prod(kernel[:-1]), kernel[-1]
        shapes += [(rows, inner, columns), (inner, rows, columns)]
        if number:
            shapes.append((rows, columns, inner))
    return shapes


@dataclass(frozen=True)
class Products(Peer):
    """The products alone, on numbers that do not change.

    Attributes:
        in_numpy: Whether NumPy computes them, convolutions as products of their windows.
    """

    in_numpy: bool = False

    def train(self, work: Work, clock: Clock) -> None:
        """Computes the products of as many steps as an epoch has."""
        run = self._of_numpy(work, clock) if self.in_numpy else self._of_tensorflow(work, clock)
        steps = len(work.splits()[0]) // work.batch_size
        for _ in range(work.epochs):
            clock.begin_epoch()
            run(steps)
            clock.trained_epoch()
            clock.validated_epoch()
            clock.end_epoch(steps * work.batch_size, None, None)

    def _of_numpy(self, work: Work, clock: Clock) -> Callable[[int], Any]:
        clock.imported()
        random = np.random.default_rng(0)
        triples = [
            tuple(random.normal(size=size).astype(np.float32) for size in ((n, k), (k, m), (n, m)))
            for n, k, m in matrix_shapes(work)
        ]

        def run(steps):
            for _ in range(steps):
                for left, right, out in triples:
                    np.matmul(left, right, out=out)

        return run

    def _of_tensorflow(self, work: Work, clock: Clock) -> Callable[[int], Any]:
        import tensorflow as tf

        clock.imported(tensorflow_device)
        layers = [
            _LayerProducts.of(work.batch_size, layer, kernel, taken, output)
            for layer, kernel, taken, output in work.net.weighted_layers()
        ]

        @tf.function
        def run(steps):
            total = tf.zeros(())
            for _ in tf.range(steps):
                for number, layer in enumerate(layers):
                    for product in layer.products(first=number == 0):
                        total += tf.reshape(product, (-1,))[0]  # else nothing would be computed
            return total

        return lambda steps: float(run(tf.constant(steps)))


@dataclass(frozen=True)
class _LayerProducts:
    """Variables of a layer's sizes, which a graph cannot fold into constants."""

    inputs: Any
    kernel: Any
    gradients: Any
    strides: int | None

    @classmethod
    def of(cls, batch_size, layer, kernel, taken, output):
        """Those of a layer; a convolution along one axis is one along two, the first of length 1."""
        import tensorflow as tf

        strides = None
        if isinstance(layer, ConvLayer):
            strides = layer.strides
            if len(taken) == 2:
                kernel, taken, output = (1, *kernel), (1, *taken), (1, *output)
        shapes = ((batch_size, *taken), kernel, (batch_size, *output))
        return cls(*(tf.Variable(tf.random.normal(shape)) for shape in shapes), strides)

    def products(self, first: bool) -> list[Any]:
        """The layer's output and the gradients of its kernel and, unless it is the first one, its input."""
        import tensorflow as tf

        inputs, kernel, gradients = (each.read_value() for each in (self.inputs, self.kernel, self.gradients))
        if self.strides is None:
            found = [tf.matmul(inputs, kernel), tf.matmul(inputs, gradients, transpose_a=True)]
            return found if first else [*found, tf.matmul(gradients, kernel, transpose_b=True)]
        sizes = [1, 1 if inputs.shape[1] == 1 else self.strides, self.strides, 1]
        settings = {"strides": sizes, "padding": "SAME"}
        found = [
            tf.nn.conv2d(inputs, kernel, **settings),
            tf.raw_ops.Conv2DBackpropFilter(
                input=inputs, filter_sizes=kernel.shape, out_backprop=gradients, **settings
            ),
        ]
        if not first:
            back = tf.raw_ops.Conv2DBackpropInput(
                input_sizes=inputs.shape, filter=kernel, out_backprop=gradients, **settings
            )
            found.append(back)
        return found


PEERS = (
    Products("products", "ceiling: its products in TensorFlow"),
    Products("products_numpy", "ceiling: its products in NumPy", in_numpy=True),
)
