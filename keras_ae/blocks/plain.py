"""The encoder and the decoder of variants that have a code between them and nothing else."""

from __future__ import annotations

import keras
from keras import layers

from keras_ae.blocks.table_output import output_layer
from keras_ae.heads import Backbone, Spec

__all__ = ["plain_decoder", "plain_encoder"]


def plain_encoder(
    spec: Spec, backbone: Backbone, latent_dim: int, activation: str | None = None
) -> keras.Model:
    """An encoder that ends in one dense layer, `encoder_code`.

    Args:
        spec: Shapes and domain of the data.
        backbone: Layers between the data and the code.
        latent_dim: Size of a code.
        activation: Of the code, by its Keras name; None is linear.

    Returns:
        {"inputs": (batch, *input_shape)} -> {"code": (batch, latent_dim)}.
    """
    inputs = keras.Input(spec.input_shape, name="inputs")
    code = layers.Dense(latent_dim, activation, name="encoder_code")(backbone.encode(inputs))
    return keras.Model({"inputs": inputs}, {"code": code}, name="encoder")


def plain_decoder(
    spec: Spec, backbone: Backbone, latent_dim: int, encoder: keras.Model | None = None
) -> keras.Model:
    """A decoder with the output activation of the data's domain.

    Args:
        spec: Shapes and domain of the data.
        backbone: Layers between the code and the data.
        latent_dim: Size of a code.
        encoder: The encoder of the codes, for a backbone whose decoder shares its weights.

    Returns:
        {"code": (batch, latent_dim)} -> {"reconstruction": (batch, *target_shape)}.
    """
    code = keras.Input((latent_dim,), name="code")
    logits = backbone.decode_with(encoder, code, spec.target_shape)
    reconstruction = output_layer(spec)(logits)
    return keras.Model({"code": code}, {"reconstruction": reconstruction}, name="decoder")
