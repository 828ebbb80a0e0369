"""A linear path beside the layers of an autoencoder, which begins as principal component analysis.

With few training examples a deep network generalizes worse than as many principal components. With this path
it begins as they are, and its layers learn what to add to them, from nothing (as in ReZero; Bachlechner et
al. 2021, arXiv:2003.04887).
"""

from __future__ import annotations

from math import prod
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from keras_ae.blocks.table_output import output_layer
from keras_ae.heads import Backbone, Heads, Spec

__all__ = ["Gain", "begin_as_principal_components", "has_linear_path", "linear_decoder", "linear_encoder"]

Tensor = Any
"""A tensor of Keras or TensorFlow."""

EDGE = 1e-3
"""How close to the ends of an output's range the linear path comes."""

INTO_LOGITS = {
    "linear": lambda values: values,
    "sigmoid": lambda values: ops.log(values) - ops.log(1.0 - values),
    "softmax": ops.log,
}
"""The inverse of each output activation."""


def linear_encoder(spec: Spec, backbone: Backbone, latent_dim: int) -> keras.Model:
    """An encoder whose code is a linear map of the inputs plus what its layers add.

    Args:
        spec: Shapes and domain of the data.
        backbone: Layers between the data and the code.
        latent_dim: Size of a code.

    Returns:
        {"inputs": (batch, *input_shape)} -> {"code": (batch, latent_dim)}.
    """
    inputs = keras.Input(spec.input_shape, name="inputs")
    linear = layers.Dense(latent_dim, name="encoder_linear")(layers.Flatten(name="encoder_values")(inputs))
    added = layers.Dense(latent_dim, name="encoder_code")(backbone.encode(inputs))
    code = layers.Add(name="encoder_sum")([linear, Gain(name="encoder_gain")(added)])
    return keras.Model({"inputs": inputs}, {"code": code}, name="encoder")


def linear_decoder(
    spec: Spec, backbone: Backbone, latent_dim: int, encoder: keras.Model | None = None
) -> keras.Model:
    """A decoder whose output is a linear map of the code plus what its layers add before the activation.

    Args:
        spec: Shapes and domain of the data.
        backbone: Layers between the code and the data.
        latent_dim: Size of a code.
        encoder: The encoder of the codes, for a backbone whose decoder shares its weights.

    Returns:
        {"code": (batch, latent_dim)} -> {"reconstruction": (batch, *target_shape)}.
    """
    code = keras.Input((latent_dim,), name="code")
    linear = layers.Dense(prod(spec.target_shape), name="decoder_linear")(code)
    linear = layers.Reshape(spec.target_shape, name="decoder_linear_reshape")(linear)
    if spec.domain.layout is not None:
        words = ops.log(ops.clip(linear, EDGE, 1.0 - EDGE))
        linear = ops.where(spec.domain.layout.classes > 0, words, linear)
    elif spec.activation != "linear":
        linear = INTO_LOGITS[spec.activation](ops.clip(linear, EDGE, 1.0 - EDGE))
    added = Gain(name="decoder_gain")(backbone.decode_with(encoder, code, spec.target_shape))
    logits = layers.Add(name="decoder_sum")([linear, added])
    reconstruction = output_layer(spec)(logits)
    return keras.Model({"code": code}, {"reconstruction": reconstruction}, name="decoder")


def has_linear_path(heads: Heads) -> bool:
    """Whether heads have linear paths.

    Args:
        heads: Heads of any variant.

    Returns:
        True for those of `linear_encoder`.
    """
    return any(layer.name == "encoder_linear" for layer in heads.encoder.layers)


def begin_as_principal_components(heads: Heads, examples: np.ndarray) -> None:
    """Sets the linear paths to the principal components of examples.

    Args:
        heads: Heads of `linear_encoder` and `linear_decoder`.
        examples: (n, ...), the clean training examples. If there are fewer than the code has dimensions, the
            others begin at random and without effect.
    """
    encoder, decoder = heads.encoder.get_layer("encoder_linear"), heads.decoder.get_layer("decoder_linear")
    flat = examples.reshape(len(examples), -1)
    into, from_ = encoder.kernel.numpy(), np.zeros(decoder.kernel.shape, np.float32)
    bias = np.zeros(encoder.bias.shape, np.float32)
    from sklearn.decomposition import PCA  # where a model is trained, and not where it is used

    components = PCA(min(*flat.shape, into.shape[1]), random_state=0).fit(flat)
    count = components.n_components_
    into[:, :count], from_[:count] = components.components_.T, components.components_
    bias[:count] = -components.components_ @ components.mean_
    encoder.set_weights([into, bias])
    decoder.set_weights([from_, components.mean_])


@keras.saving.register_keras_serializable("keras_ae")
class Gain(layers.Layer):
    """Multiplies features by one learned number that begins at 0."""

    def build(self, input_shape: Any) -> None:
        """Creates the number."""
        self.gain = self.add_weight((), "zeros", name="gain")

    def call(self, features: Tensor) -> Tensor:
        """(batch, ...) -> (batch, ...)."""
        return self.gain * features
