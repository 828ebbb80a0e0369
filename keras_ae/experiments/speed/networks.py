"""The networks that are compared, as lists of layers that each framework builds, and their first weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod, sqrt

import numpy as np

from keras_ae.experiments.speed.layers import (
    ConvLayer,
    DenseLayer,
    FlattenLayer,
    NetworkLayer,
    ReshapeLayer,
    SubpixelLayer,
)

__all__ = ["NETWORKS", "Network", "initial_weights"]


@dataclass(frozen=True)
class Network:
    """A variational autoencoder of Bernoulli outputs.

    Attributes:
        title: What it is, in words.
        shape: Of an example.
        latent_dim: Size of a code.
        encoder: Layers from the example to what the code's mean and log-variance are computed from.
        decoder: Layers from the code to the logits of the example.
        variant: The same for a recipe of keras_ae.
        examples: How many to make for a comparison.
        series: Whether the first axis of an example is time.
    """

    title: str
    shape: tuple[int, ...]
    latent_dim: int
    encoder: tuple[NetworkLayer, ...]
    decoder: tuple[NetworkLayer, ...]
    variant: str
    examples: int
    series: bool = False

    @property
    def posterior(self) -> tuple[DenseLayer, DenseLayer]:
        """The layers of the code's mean and log-variance."""
        mean, log_var = (
            DenseLayer(f"encoder_{name}", self.latent_dim, relu=False) for name in ("mean", "log_var")
        )
        return mean, log_var

    def weighted_layers(
        self,
    ) -> Iterator[tuple[NetworkLayer, tuple[int, ...], tuple[int, ...], tuple[int, ...]]]:
        """The layers with weights, in the order of the network.

        Yields:
            A layer, and the shapes of its kernel, of what it takes and of its output.
        """
        taken = self.shape
        for layer in (*self.encoder, *self.posterior, *self.decoder):
            if layer is self.decoder[0]:
                taken = (self.latent_dim,)
            kernel, output = layer.shapes(taken)
            if kernel is not None:
                yield layer, kernel, taken, output
            if layer not in self.posterior:
                taken = output


def initial_weights(network: Network, seed: int = 0) -> dict[str, np.ndarray]:
    """Kernels by the rule of Glorot and Bengio (2010) and biases of 0, as Keras begins.

    Args:
        network: The network.
        seed: Random seed.

    Returns:
        "<layer>/kernel" and "<layer>/bias", float32, in Keras's axes: inputs before outputs.
    """
    random = np.random.default_rng(seed)
    weights = {}
    for layer, kernel, _, _ in network.weighted_layers():
        limit = sqrt(6 / (prod(kernel[:-2]) * (kernel[-2] + kernel[-1])))
        weights[f"{layer.name}/kernel"] = random.uniform(-limit, limit, kernel).astype(np.float32)
        weights[f"{layer.name}/bias"] = np.zeros(kernel[-1], np.float32)
    return weights


def _convolutional(title, shape, filters, latent_dim, kernel_size, backbone, examples, series=False):
    """A network of convolutions that halve each side, and sub-pixel steps back, as the backbones have it."""
    rank = len(shape) - 1
    sides = [side // 2 ** len(filters) for side in shape[:-1]]
    widths = (shape[-1], *filters)
    encoder = [
        ConvLayer(f"encoder_conv_{n}", width, kernel_size, 2) for n, width in enumerate(filters, start=1)
    ]
    small = (*sides, filters[-1])
    decoder: list[NetworkLayer] = [DenseLayer("decoder_unflatten", prod(small)), ReshapeLayer(small)]
    for n in range(len(filters), 0, -1):
        name = "decoder_logits" if n == 1 else f"decoder_conv_{n}"
        decoder += [ConvLayer(name, widths[n - 1] * 2**rank, kernel_size, relu=n > 1), SubpixelLayer()]
    variant = f"Variational(backbone={backbone}(filters={tuple(filters)}), latent_dim={latent_dim})"
    layers = (*encoder, FlattenLayer()), tuple(decoder)
    return Network(title, shape, latent_dim, *layers, variant, examples, series)


NETWORKS = {
    "dense": Network(
        "dense, 784-512-16",
        (28, 28, 1),
        16,
        (FlattenLayer(), DenseLayer("encoder_dense_1", 512)),
        (
            DenseLayer("decoder_dense_1", 512),
            DenseLayer("decoder_logits", 784, relu=False),
            ReshapeLayer((28, 28, 1)),
        ),
        "Variational(backbone=DenseBackbone(units=(512,)), latent_dim=16)",
        20_000,
    ),
    "conv": _convolutional(
        "2-D convolutions (24, 48), code 64", (28, 28, 1), (24, 48), 64, 3, "ConvBackbone", 6_000
    ),
    "conv1d": _convolutional(
        "1-D convolutions of 128 steps of 4 channels, code 16",
        (128, 4),
        (32, 64, 64, 64),
        16,
        5,
        "Conv1DBackbone",
        6_000,
        series=True,
    ),
    "color": _convolutional(
        "2-D convolutions of 64 x 64 colors, code 64", (64, 64, 3), (24, 48, 48), 64, 3, "ConvBackbone", 1_600
    ),
}
"""The networks that are compared."""
