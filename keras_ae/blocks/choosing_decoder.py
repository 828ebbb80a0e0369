"""The models around steps that choose classes one after another: by noise, the likeliest, and given ones.

The steps are a layer "decoder_steps" with the modes "sample" and "score", such as `StepByStep`.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from keras_ae.blocks.choices import Likeliest

__all__ = ["choosing_decoder", "teacher_forced", "with_likeliest"]


def choosing_decoder(
    steps: keras.Layer, code: Any, features: Any, choices_shape: tuple[int, int], noise_scale: float
) -> keras.Model:
    """Builds a decoder that chooses classes by noise.

    Args:
        steps: The layer that chooses.
        code: The input of the code, (batch, latent_dim).
        features: What the layer takes of the code; the output of a layer "decoder_features".
        choices_shape: (steps, positions) of the noise.
        noise_scale: The factor on the noise.

    Returns:
        {"code", "choices"} -> {"reconstruction"}, probabilities of which the chosen class has the largest.
    """
    choices = keras.Input(choices_shape, name="choices")
    scaled = layers.Rescaling(noise_scale, name="decoder_spread")(choices)
    samples = layers.Identity(name="reconstruction")(steps(features, scaled, mode="sample"))
    return keras.Model({"code": code, "choices": choices}, {"reconstruction": samples}, name="decoder")


def with_likeliest(encoder: keras.Model, decoder: keras.Model) -> keras.Model:
    """Builds the autoencoder that takes the likeliest choices.

    Args:
        encoder: The encoder.
        decoder: The decoder, of `choosing_decoder`.

    Returns:
        {"inputs"} -> the outputs of both.
    """
    inputs = encoder.inputs[0]
    encoded = encoder({"inputs": inputs})
    shape = tuple(decoder.input["choices"].shape[1:])
    likeliest = Likeliest(shape, name="likeliest")(encoded["code"])
    outputs = encoded | decoder({"code": encoded["code"], "choices": likeliest})
    return keras.Model({"inputs": inputs}, outputs, name="autoencoder")


def teacher_forced(decoder: keras.Model) -> keras.Model:
    """Builds a model that scores given targets with an autoregressive decoder.

    Args:
        decoder: A decoder with the layer "decoder_steps".

    Returns:
        {"code", "targets"} -> {"reconstruction"}, the class probabilities given the previous targets.
    """
    steps = decoder.get_layer("decoder_steps")
    targets = keras.Input(steps.shape, name="targets")
    inputs = {"code": decoder.get_layer("code").output, "targets": targets}
    probabilities = steps(decoder.get_layer("decoder_features").output, targets, mode="score")
    return keras.Model(inputs, {"reconstruction": probabilities}, name="teacher_forced")
