"""Undercomplete autoencoder: a code smaller than the input is the only constraint.

Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", Science 2006.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import layers

from keras_ae.blocks.dense import DenseBackbone
from keras_ae.heads import Backbone, Heads, Spec, Term


@dataclass(frozen=True)
class Undercomplete:
    """Vanilla with a backbone of no hidden layer, deep with more, convolutional with another one.

    backbone: layers between the data and the code.
    latent_dim: numbers in the code, at least 1.
    """

    backbone: Backbone = DenseBackbone()
    latent_dim: int = 32

    def __post_init__(self):
        if self.latent_dim < 1:
            raise ValueError(f"latent_dim is at least 1, received {self.latent_dim}")

    def build(self, spec: Spec) -> Heads:
        inputs = keras.Input(spec.input_shape, name="inputs")
        code = layers.Dense(self.latent_dim, name="encoder_code")(self.backbone.encode(inputs))
        encoder = keras.Model({"inputs": inputs}, {"code": code}, name="encoder")

        code = keras.Input((self.latent_dim,), name="code")
        logits = self.backbone.decode(code, spec.target_shape)
        reconstruction = layers.Activation(spec.activation, name="reconstruction")(logits)
        decoder = keras.Model({"code": code}, {"reconstruction": reconstruction}, name="decoder")

        return Heads.join(encoder, decoder)

    def terms(self) -> tuple[Term, ...]:
        return ()


EXAMPLE = (Undercomplete(DenseBackbone((16,)), latent_dim=4), Spec((6, 6, 1), (6, 6, 1), "unit"))
