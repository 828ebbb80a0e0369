"""Undercomplete autoencoder: its only constraint is a code smaller than the input.

Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", Science 2006.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.activations import check_activation
from keras_ae.blocks.linear_path import (
    begin_as_principal_components,
    has_linear_path,
    linear_decoder,
    linear_encoder,
)
from keras_ae.blocks.plain import plain_decoder, plain_encoder
from keras_ae.domains import UNIT
from keras_ae.errors import check_least
from keras_ae.heads import Backbone, Heads, Spec, Term
from keras_ae.variants import Variant

__all__ = ["Undercomplete"]


@dataclass(frozen=True)
class Undercomplete(Variant):
    """The plain autoencoder: vanilla, deep or convolutional, as its backbone is.

    Attributes:
        backbone: Layers between the data and the code; without hidden layers the autoencoder is vanilla.
        latent_dim: Size of a code, at least 1.
        linear_below: With fewer training examples than this, a linear path beside the layers begins as the
            principal components of the examples, so that the autoencoder is hardly worse than those; at
            least 0, which leaves it out. Inputs and targets must have one shape, and the code be linear.
        activation: Activation of the code, by its Keras name, such as leaky_relu.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32
    linear_below: int = 0
    activation: str = "linear"

    def __post_init__(self) -> None:
        check_least(self, latent_dim=1, linear_below=0)
        check_activation(self.activation)

    def build(self, spec: Spec) -> Heads:
        few = 0 < spec.train_examples < self.linear_below and spec.input_shape == spec.target_shape
        sizes = (spec, self.backbone, self.latent_dim)
        if few and self.activation == "linear":
            encoder = linear_encoder(*sizes)
            return Heads.join(encoder, linear_decoder(*sizes, encoder))
        encoder = plain_encoder(*sizes, self.activation)
        decoder = plain_decoder(*sizes, encoder)
        return Heads.join(encoder, decoder)

    def initialize(self, heads: Heads, examples: Callable[[], np.ndarray]) -> None:
        if has_linear_path(heads):
            begin_as_principal_components(heads, examples())

    def terms(self) -> tuple[Term, ...]:
        return ()


EXAMPLE = (Undercomplete(DenseBackbone((16,)), latent_dim=4), Spec((6, 6, 1), (6, 6, 1), UNIT))
