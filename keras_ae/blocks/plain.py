"""An encoder and a decoder with a code between them and nothing else: what plain variants share."""

from __future__ import annotations

import keras
from keras import layers

from keras_ae.heads import Backbone, Spec


def plain_encoder(
    spec: Spec, backbone: Backbone, latent_dim: int, activation: str | None = None
) -> keras.Model:
    """{"inputs": (batch, *input_shape)} -> {"code": (batch, latent_dim)}, a dense layer on the features.

    The layer is `encoder_code`. activation: of the code, by its Keras name; None is linear.
    """
    inputs = keras.Input(spec.input_shape, name="inputs")
    code = layers.Dense(latent_dim, activation, name="encoder_code")(backbone.encode(inputs))
    return keras.Model({"inputs": inputs}, {"code": code}, name="encoder")


def plain_decoder(spec: Spec, backbone: Backbone, latent_dim: int) -> keras.Model:
    """{"code": (batch, latent_dim)} -> {"reconstruction": (batch, *target_shape)}, in the targets' domain."""
    code = keras.Input((latent_dim,), name="code")
    logits = backbone.decode(code, spec.target_shape)
    reconstruction = layers.Activation(spec.activation, name="reconstruction")(logits)
    return keras.Model({"code": code}, {"reconstruction": reconstruction}, name="decoder")
